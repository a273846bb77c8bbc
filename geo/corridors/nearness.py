"""The tests of one null model as tables: bands, whole distributions, curves.

One hypothesis, a kind and a band, is named beforehand: the primary one.  The others are
exploratory, and adjusted together for being many.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.arrays import Bools, Each, Floats, Ints, Objects
from geo.chance.envelopes import envelope
from geo.corridors import monte_carlo, small_samples
from geo.corridors.distance import fill_by_law, located_from
from geo.corridors.monte_carlo import Family, Group, NullDistances, Pool, Singles
from geo.corridors.small_samples import Design
from geo.params import CorridorParams
from geo.schema import BAND_TESTS, CORRIDOR_CURVES, CORRIDOR_TESTS
from geo.sightings.laws import ids_of, laws_of

ON_LINE: Final = 1e-6
"""A null that is nowhere farther from a kind than this lies on it: nothing can be nearer."""
LEFT_OUT: Final = 50
"""Sightings alike in law that are left out one by one at most."""
SLIGHT: Final = 1.05
"""A result that a smaller reporting ratio would explain is fragile: it depends on the effort."""


@dataclass(frozen=True)
class Comparison:
    """Sightings beside data sets simulated like them under one null model.

    A *hypothesis* is a kind and a band; hypotheses are ordered by `tested` kind, then by band.
    """

    ids: Objects
    reference: NullDistances
    groups: list[Group]
    pools: list[Pool]
    observed: Singles
    """(sightings, kinds, width): features of the sightings."""
    tests: Bools
    """(sightings, kinds): which sighting tests which kind."""
    sums: Floats
    """(simulations, kinds, width): of the features of simulated sightings."""
    first: Singles
    """(simulations, groups, kinds, width): features of one of them a group, to leave out."""
    params: CorridorParams

    @cached_property
    def n(self) -> Ints:
        """Number of sightings that test each kind."""
        return np.asarray(self.tests.sum(axis=0), dtype=np.int64)

    @cached_property
    def tested(self) -> list[int]:
        """Numbers of the kinds that have sightings to test and that the null does not lie on."""
        off_line = [d.max() > ON_LINE for d in self.reference.distance.values()]
        return np.flatnonzero((self.n > 0) & off_line).tolist()

    @cached_property
    def kind_of(self) -> Ints:
        """Number of the kind of each hypothesis."""
        return np.repeat(
            np.array(self.tested, dtype=np.int64), len(self.reference.bands)
        )

    @cached_property
    def highest(self) -> list[Floats]:
        """Largest count of one sighting of each group for each hypothesis, wherever it lay.

        A wide disc never lies in a narrow band as a whole.
        """
        return [
            self.within(self.pools[group.law].features).max(axis=0)
            for group in self.groups
        ]

    def reports(self, kind: int) -> float:
        """Return how large a single pool would be that has the error of the pools of all laws."""
        laws = [group.law for group in self.groups if group.tests[kind]]
        n = np.bincount(laws, [len(g.members) for g in self.groups if g.tests[kind]])
        size = np.array([len(pool.report) for pool in self.pools])[: len(n)]
        return float(n.sum() ** 2 / (n**2 / size).sum())

    def within(self, features: Floats | Singles) -> Floats:
        """Return the features (…, kinds, width) that count within bands, as (…, hypotheses)."""
        some = features[..., self.tested, : len(self.reference.bands)]
        return np.asarray(some.reshape(*some.shape[:-2], -1), dtype=float)


def nearness_tests(
    sightings: gpd.GeoDataFrame,
    reference: NullDistances,
    params: CorridorParams,
    each: Each = map,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Test whether sightings lie nearer to each corridor kind than under a null model.

    A sighting that was located from a kind is left out of that kind's tests.  Sightings are events
    inside the window of the null.  The result is the tables `CORRIDOR_TESTS`, `BAND_TESTS` and
    `CORRIDOR_CURVES`.
    """
    laws, law = laws_of(sightings)
    tests = np.stack(
        [~located_from(sightings, kind) for kind in reference.kinds], axis=1
    )
    counts = np.bincount(law, minlength=len(laws)).tolist()
    pools = monte_carlo.pools(laws, reference, counts, params.seed)
    groups = monte_carlo.groups_of(law, tests)
    observed = np.empty((*tests.shape, reference.width), dtype=np.float32)
    observed = fill_by_law(observed, sightings, reference.features)
    sums, first = monte_carlo.simulate(
        pools, groups, simulations=params.simulations, seed=params.seed + 1, each=each
    )
    comparison = Comparison(
        ids_of(sightings),
        reference,
        groups,
        pools,
        observed,
        tests,
        sums,
        first,
        params,
    )
    of_kinds, curves = tests_and_curves(comparison)
    return of_kinds, bands_table(comparison), curves


def tests_and_curves(comparison: Comparison) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return tables `CORRIDOR_TESTS`, without values where nothing is tested, and its curves."""
    rows, curves, name = [], [pd.DataFrame()], comparison.reference.null.name
    for k, kind in enumerate(comparison.reference.kinds):
        n = comparison.n[k]
        left_out = len(comparison.tests) - n
        row = {"null": name, "corridor": kind, "sightings": n, "left_out": left_out}
        if k in comparison.tested:
            values, curve = _whole_distribution(comparison, k)
            row |= values
            curves.append(curve.assign(null=name, corridor=kind))
        rows.append(row)
    table = CORRIDOR_CURVES.frame(pd.concat(curves, ignore_index=True))
    return CORRIDOR_TESTS.frame(rows), table


def _whole_distribution(
    comparison: Comparison, kind: int
) -> tuple[dict[str, float], pd.DataFrame]:
    """Return p and its error of the whole curve of a kind, and the curve with its envelope."""
    params, n, reference = comparison.params, comparison.n[kind], comparison.reference
    observed = (
        comparison.observed[comparison.tests[:, kind], kind].sum(axis=0, dtype=float)
        / n
    )
    simulated = comparison.sums[:, kind] / n
    part = slice(len(reference.bands), None)
    curve = envelope(
        observed[part], simulated[:, part], level=params.level, alternative="greater"
    )
    drawn = n / comparison.reports(kind)
    error = float(monte_carlo.p_error(np.array(curve.p), params.simulations, drawn))
    distance_m = reference.curve_m[reference.kinds[kind]]
    columns = {"distance_m": distance_m, "observed": observed[part]}
    table = pd.DataFrame({**columns, "central": curve.central, "high": curve.high})
    return {"p": curve.p, "p_error": error}, table


def bands_table(comparison: Comparison) -> pd.DataFrame:
    """Return table `BAND_TESTS`: a row per kind and band."""
    params, total = comparison.params, len(comparison.tests)
    rows = [
        {
            "null": comparison.reference.null.name,
            "corridor": kind,
            "band_m": band,
            "primary": (kind, band) == (params.primary_kind, params.primary_band_m),
            "sightings": n,
            "left_out": total - n,
            "verdict": "cannot_be_decided",
        }
        for kind, n in zip(comparison.reference.kinds, comparison.n, strict=True)
        for band in params.bands_m
    ]
    table = BAND_TESTS.frame(rows)
    tested = table["corridor"].isin(
        [comparison.reference.kinds[k] for k in comparison.tested]
    )
    if tested.any():
        values = _verdicts(comparison, table.loc[tested, "primary"].to_numpy(bool))
        for name in values:
            table.loc[tested, name] = values[name].to_numpy()
    return BAND_TESTS.frame(table)


def _verdicts(comparison: Comparison, primary: Bools) -> pd.DataFrame:
    """Return what the tests say about each hypothesis: a row per tested kind and band."""
    level, simulations = comparison.params.level, comparison.params.simulations
    family = Family(comparison.within(comparison.sums), primary)
    counts = (
        comparison.within(comparison.observed) * comparison.tests[:, comparison.kind_of]
    )
    total, n = counts.sum(axis=0), comparison.n[comparison.kind_of]
    reports = np.array([comparison.reports(kind) for kind in comparison.kind_of])
    adjusted = family.adjusted(total)
    best = [
        len(g.members) * highest * g.tests[comparison.kind_of]
        for g, highest in zip(comparison.groups, comparison.highest, strict=True)
    ]
    smallest = np.minimum(family.smallest(np.sum(best, axis=0)), adjusted)
    table = pd.DataFrame(
        {
            "null_share": family.null.mean(axis=0) / n,
            "expected_within": total,
            "p": monte_carlo.monte_carlo_p(total, family.null),
            "p_error": monte_carlo.p_error(adjusted, simulations, n / reports),
            "p_adjusted": adjusted,
            "smallest_p": smallest,
        }
    )
    many, critical = int((~primary).sum()), family.critical(total, level)
    few = [
        _few(comparison, h, total[h], int(n[h]), critical[h], many)
        for h in range(len(total))
    ]
    design = pd.DataFrame(few)
    verdict = np.select(
        [smallest > level, adjusted <= level],
        ["cannot_be_decided", "nearer"],
        "not_shown",
    ).astype(object)
    p_left_out, depends_on = (
        np.full(len(total), np.nan),
        np.full(len(total), None, dtype=object),
    )
    nearer = np.flatnonzero(verdict == "nearer")
    if len(nearer):
        worst, which = _left_out(comparison, family, counts)
        p_left_out[nearer] = worst[nearer]
    for h in nearer:
        if p_left_out[h] > level:
            verdict[h], depends_on[h] = "fragile", comparison.ids[which[h]]
        elif design["tipping_ratio"][h] < SLIGHT:
            verdict[h], depends_on[h] = "fragile", "reporting effort"
    return table.join(design).assign(
        p_left_out=p_left_out, depends_on=depends_on, verdict=verdict
    )


def _left_out(
    comparison: Comparison, family: Family, counts: Floats
) -> tuple[Floats, Ints]:
    """Return by hypothesis the largest adjusted p with a sighting left out, and which that is."""
    total = counts.sum(axis=0)
    worst, which = np.zeros(len(total)), np.zeros(len(total), dtype=np.int64)
    for number, group in enumerate(comparison.groups):
        first = comparison.within(comparison.first[:, number])
        without = Family(
            family.null - first * group.tests[comparison.kind_of], family.primary
        )
        rows, position = np.unique(counts[group.members], axis=0, return_index=True)
        most = np.unique(np.argsort(-rows, axis=0, kind="stable")[:LEFT_OUT])
        for row, sighting in zip(
            rows[most], group.members[position[most]], strict=True
        ):
            p = without.adjusted(total - row)
            which[p > worst] = sighting
            worst = np.maximum(worst, p)
    return worst, which


def _few(
    comparison: Comparison,
    hypothesis: int,
    total: float,
    n: int,
    critical: float,
    many: int,
) -> dict[str, float]:
    """Return what so few sightings could show of one hypothesis, and what would explain it."""
    kind = int(comparison.kind_of[hypothesis])
    design = design_of(comparison, kind, hypothesis % len(comparison.reference.bands))
    level = comparison.params.level
    if not np.isnan(critical):
        level = float(
            np.clip(
                small_samples.level_beyond(design, critical, n), level / many, level
            )
        )
    pairs = zip(comparison.groups, comparison.highest, strict=True)
    highest = max(
        float(counts[hypothesis]) for group, counts in pairs if group.tests[kind]
    )
    return {
        "needed_for_level": small_samples.sightings_for_level(design, highest, level),
        "tipping_ratio": small_samples.tipping_ratio(design, total, n, level),
    }


def design_of(comparison: Comparison, kind: int, band: int) -> Design:
    """Return the design of one hypothesis, the mean over the groups that test it."""
    groups = [group for group in comparison.groups if group.tests[kind]]
    moments = []
    for group in groups:
        pool = comparison.pools[group.law]
        share = pool.features[pool.report, kind, band].astype(float)
        inside = pool.true_distance[:, kind] <= comparison.reference.bands[band]
        parts = [
            part if len(part) else np.zeros(1)
            for part in (share[inside], share[~inside])
        ]
        moments.append(
            [inside.mean(), *(m for part in parts for m in (part.mean(), part.var()))]
        )
    weights = [len(group.members) for group in groups]
    q, m1, v1, m0, v0 = map(float, np.average(moments, axis=0, weights=weights))
    pools = comparison.reports(kind) / monte_carlo.pool_size(sum(weights))
    return Design(q, (m1, v1), (m0, v0), pools)
