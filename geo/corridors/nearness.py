"""The tests of one null model as tables: bands, whole distributions, curves.

One hypothesis, a kind and a band, is named beforehand: the primary one.  The others are
exploratory, and adjusted together for being many.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.arrays import Bools, Floats, Ints
from geo.chance.envelopes import Envelope, envelope
from geo.chance.nulls import Null
from geo.corridors import monte_carlo, small_samples
from geo.corridors.distance import Corridor, located_from, names_of
from geo.corridors.family import Family
from geo.corridors.monte_carlo import Frame, Group, Pool, Simulated, Singles, Statistics
from geo.corridors.small_samples import Design
from geo.network import segments as seg
from geo.params import CorridorParams
from geo.sightings.laws import laws_of
from layers.schema import CORRIDOR_BANDS, CORRIDOR_CURVES, CORRIDOR_TESTS

ON_LINE: Final = 1e-6
"""A null that is nowhere farther from a kind than this lies on it: nothing can be nearer."""

LEFT_OUT: Final = 50
"""Sightings alike in law that are left out one by one at most."""

SLIGHT: Final = 1.05
"""A result that reporting so little likelier would explain hangs on the assumed effort."""


@dataclass(frozen=True)
class NullTests:
    """Tables `CORRIDOR_TESTS`, `CORRIDOR_BANDS`, `CORRIDOR_CURVES` of one null model."""

    tests: pd.DataFrame
    bands: pd.DataFrame
    curves: pd.DataFrame
    null_distance: Mapping[str, Floats]
    """Distances of the null's positions by kind, in their order."""


@dataclass(frozen=True)
class Study:
    """One null model, the sightings in it, and data sets simulated like them."""

    name: str
    ids: pd.Series
    frame: Frame
    groups: list[Group]
    pools: list[Pool]
    observed: Singles
    """(sightings, kinds, width): features of the sightings."""
    tests: Bools
    """(sightings, kinds): which test which."""
    simulated: Simulated
    params: CorridorParams

    @property
    def n(self) -> list[int]:
        """Number of sightings that test each kind."""
        return [int(k) for k in self.tests.sum(axis=0)]

    def reports(self, kind: int) -> float:
        """Return how many reports know a mean over the sightings that test a kind as well.

        As well as the pools of their laws do, each for its own share of them.
        """
        laws = [group.law for group in self.groups if group.tests[kind]]
        n = np.bincount(laws, [len(g.members) for g in self.groups if g.tests[kind]])
        size = np.array([len(pool.report) for pool in self.pools])[: len(n)]
        return float(n.sum() ** 2 / (n**2 / size).sum())

    @property
    def tested(self) -> list[int]:
        """Numbers of the kinds that have sightings to test and that the null does not lie on."""
        return [
            k
            for k, kind in enumerate(self.frame.kinds)
            if self.n[k] and self.frame.reference[kind][-1] > ON_LINE
        ]

    def statistics(self, kind: int) -> tuple[Statistics, Statistics]:
        """Return the statistics of the sightings, one row, and of the simulated data sets."""
        bands = len(self.frame.bands)
        seen = self.observed[self.tests[:, kind], kind].sum(axis=0, dtype=float)[None]
        return (
            Statistics.of(seen, self.n[kind], bands),
            Statistics.of(self.simulated.sums[:, kind], self.n[kind], bands),
        )

    def within(self, features: Floats | Singles) -> Floats:
        """Return the features (…, kinds, width) that count within bands, as (…, hypotheses)."""
        some = features[..., self.tested, 2 : 2 + len(self.frame.bands)]
        return np.asarray(some.reshape(*some.shape[:-2], -1), dtype=float)


def nearness_tests(
    sightings: gpd.GeoDataFrame,
    corridors: Mapping[str, Corridor],
    null: Null,
    params: CorridorParams,
) -> NullTests:
    """Test whether sightings lie nearer to each corridor kind than under a null model.

    A sighting that was located from a kind is left out of that kind's tests.

    Parameters
    ----------
    sightings : geopandas.GeoDataFrame, projected CRS in metres
        Events only, inside the window of the null; columns as for
        `geo.corridors.distance.proximity`.
    corridors : mapping of Corridor by kind
        Kinds without ways are passed over.
    null : geo.chance.nulls.Null
    params : geo.params.CorridorParams

    Raises
    ------
    geo.sightings.laws.UncertaintyError
        If an uncertainty is not known.
    """
    lines = {kind: c.segments for kind, c in corridors.items() if len(c.segments)}
    laws, law = laws_of(sightings)
    frame, distance = monte_carlo.frame(null, lines, params.bands_m)
    tests = np.stack([~located_from(sightings, kind).to_numpy(bool) for kind in lines], axis=1)
    counts = np.bincount(law, minlength=len(laws)).tolist()
    made = monte_carlo.pools(null, laws, lines, frame, sightings=counts, seed=params.seed)
    groups = monte_carlo.groups_of(law, tests)
    xy = seg.points_xy(sightings)
    observed = np.empty((len(xy), len(lines), frame.width), dtype=np.float32)
    for number, one in enumerate(laws):
        own = law == number
        distinct, which = np.unique(xy[own], axis=0, return_inverse=True)
        observed[own] = monte_carlo.features(distinct, one, lines, frame)[which.reshape(-1)]
    study = Study(
        name=null.name,
        ids=names_of(sightings),
        frame=frame,
        groups=groups,
        pools=made,
        observed=observed,
        tests=tests,
        simulated=monte_carlo.simulate(
            made, groups, simulations=params.simulations, seed=params.seed + 1
        ),
        params=params,
    )
    return NullTests(tests_table(study), bands_table(study), curves_table(study), distance)


def tests_table(study: Study) -> pd.DataFrame:
    """Return table `CORRIDOR_TESTS`; a kind with nothing to test has rows without values."""
    rows: list[dict[str, object]] = []
    total = len(study.tests)
    for k, kind in enumerate(study.frame.kinds):
        n = study.n[k]
        base: dict[str, object] = {"null": study.name, "corridor": kind, "sightings": n}
        base |= {"left_out": total - n}
        if k not in study.tested:
            rows += [base | {"test": test} for test in ("z1", "z2", "ks", "envelope")]
            continue
        seen, null = study.statistics(k)
        reference = study.frame.reference[kind]
        z1 = (seen.mean_distance[0] - reference.mean()) * np.sqrt(n) / reference.std()
        z2 = (seen.mean_rank[0] - 0.5) * np.sqrt(12 * n)
        values = {"z1": z1, "z2": z2, "ks": seen.ks[0], "envelope": np.nan}
        p = [*monte_carlo.p_value(_extremes(seen)[0], _extremes(null)), _envelope(study, k).p]
        error = monte_carlo.p_error(np.array(p), study.params.simulations, n / study.reports(k))
        rows += [
            base | {"test": test, "statistic": values[test], "p": p[j], "p_error": error[j]}
            for j, test in enumerate(values)
        ]
    return CORRIDOR_TESTS.frame(rows)


def _extremes(found: Statistics) -> Floats:
    """Return columns that grow with nearness, or with distance from the null: Z1, Z2, KS."""
    return np.stack([-found.mean_distance, -found.mean_rank, found.ks], axis=1)


def _envelope(study: Study, kind: int) -> Envelope:
    seen, null = study.statistics(kind)
    return envelope(seen.curve[0], null.curve, level=study.params.level, alternative="greater")


def curves_table(study: Study) -> pd.DataFrame:
    """Return table `CORRIDOR_CURVES`."""
    rows = []
    for k in study.tested:
        kind, whole = study.frame.kinds[k], _envelope(study, k)
        rows.append(
            pd.DataFrame(
                {
                    "null": study.name,
                    "corridor": kind,
                    "distance_m": study.frame.argument[kind],
                    "observed": study.statistics(k)[0].curve[0],
                    "central": whole.central,
                    "high": whole.high,
                }
            )
        )
    return CORRIDOR_CURVES.frame(pd.concat(rows, ignore_index=True) if rows else ())


def bands_table(study: Study) -> pd.DataFrame:
    """Return table `CORRIDOR_BANDS`: a row per kind and band."""
    params, total = study.params, len(study.tests)
    rows = [
        {
            "null": study.name,
            "corridor": kind,
            "band_m": band,
            "primary": (kind, band) == (params.primary_kind, params.primary_band_m),
            "sightings": study.n[k],
            "left_out": total - study.n[k],
            "verdict": "cannot_be_decided",
        }
        for k, kind in enumerate(study.frame.kinds)
        for band in params.bands_m
    ]
    table = CORRIDOR_BANDS.frame(rows)
    tested = table["corridor"].isin([study.frame.kinds[k] for k in study.tested])
    if tested.any():
        values = _judged(study, table.loc[tested, "primary"].to_numpy(bool))
        for name in values:
            table.loc[tested, name] = values[name].to_numpy()
    return CORRIDOR_BANDS.frame(table)


def _judged(study: Study, primary: Bools) -> pd.DataFrame:
    """Return what the tests say of each hypothesis: a row per tested kind and band."""
    level, simulations = study.params.level, study.params.simulations
    family = Family(study.within(study.simulated.sums), primary)
    counts = study.within(study.observed) * study.tests[:, np.repeat(study.tested, _width(study))]
    seen = counts.sum(axis=0)
    n = np.repeat([study.n[k] for k in study.tested], _width(study))
    reports = np.repeat([study.reports(k) for k in study.tested], _width(study))
    p = monte_carlo.p_value(seen, family.null)
    adjusted = family.adjusted(seen)
    smallest = np.minimum(family.smallest(_best(study)), adjusted)
    table = pd.DataFrame(
        {
            "null_share": family.null.mean(axis=0) / n,
            "expected_within": seen,
            "p": p,
            "p_error": monte_carlo.p_error(adjusted, simulations, n / reports),
            "p_adjusted": adjusted,
            "smallest_p": smallest,
        }
    )
    many, critical = int((~primary).sum()), family.critical(seen, level)
    design = pd.DataFrame(
        [_design(study, h, seen[h], int(n[h]), critical[h], many) for h in range(len(seen))]
    )
    verdict = np.select(
        [smallest > level, adjusted <= level], ["cannot_be_decided", "nearer"], "not_shown"
    ).astype(object)
    left_out, hangs_on = np.full(len(seen), np.nan), np.full(len(seen), None, dtype=object)
    nearer = np.flatnonzero(verdict == "nearer")
    if len(nearer):
        worst, which = _left_out(study, family, counts)
        left_out[nearer] = worst[nearer]
    for h in nearer:
        ratio = design["tipping_ratio"].iloc[h]
        if left_out[h] > level:
            verdict[h], hangs_on[h] = "fragile", study.ids.iloc[which[h]]
        elif not (np.isnan(ratio) or ratio >= SLIGHT):
            verdict[h], hangs_on[h] = "fragile", "reporting effort"
    return table.join(design).assign(p_left_out=left_out, hangs_on=hangs_on, verdict=verdict)


def _width(study: Study) -> int:
    """Return the number of bands."""
    return len(study.frame.bands)


def _best(study: Study) -> Floats:
    """Return the largest count within each band that these sightings could have anywhere.

    A wide disc never lies in a narrow band whole.
    """
    best = np.zeros(len(study.tested) * _width(study))
    for group in study.groups:
        highest = study.within(study.pools[group.law].features).max(axis=0)
        uses = np.repeat(group.tests[study.tested], _width(study))
        best += len(group.members) * highest * uses
    return best


def _left_out(study: Study, family: Family, counts: Floats) -> tuple[Floats, Ints]:
    """Return by hypothesis the largest adjusted p with a sighting left out, and which that is.

    Its like is taken from each simulation.  Of more than `LEFT_OUT` sightings that are alike in law
    those are tried that count most in any of the bands.
    """
    seen = counts.sum(axis=0)
    worst, which = np.zeros(len(seen)), np.zeros(len(seen), dtype=np.int64)
    for number, group in enumerate(study.groups):
        uses = np.repeat(group.tests[study.tested], _width(study))
        without = Family(
            family.null - study.within(study.simulated.first[:, number]) * uses, family.primary
        )
        rows, first = np.unique(counts[group.members], axis=0, return_index=True)
        most = np.unique(np.argsort(-rows, axis=0, kind="stable")[:LEFT_OUT])
        for row, sighting in zip(rows[most], group.members[first[most]], strict=True):
            p = without.adjusted(seen - row)
            which[p > worst] = sighting
            worst = np.maximum(worst, p)
    return worst, which


def _design(
    study: Study, hypothesis: int, seen: float, n: int, critical: float, many: int
) -> dict[str, float]:
    """Return what so many sightings could show of one hypothesis, and what would explain it."""
    k, band = divmod(hypothesis, _width(study))
    kind = study.tested[k]
    design = design_of(study, kind, band)
    level = study.params.level
    if not np.isnan(critical):
        level = float(np.clip(small_samples.level_beyond(design, critical, n), level / many, level))
    highest = max(
        float(study.pools[g.law].features[:, kind, 2 + band].max())
        for g in study.groups
        if g.tests[kind]
    )
    exact = small_samples.ratio_seen(design, seen / n)
    return {
        "needed_for_level": small_samples.sightings_for_level(design, highest, level),
        "needed_for_effect": small_samples.sightings_for_effect(design, exact, level),
        "tipping_ratio": small_samples.tipping_ratio(design, seen, n, level),
    }


def design_of(study: Study, kind: int, band: int) -> Design:
    """Return the design of one hypothesis, the mean over the laws of the sightings that test it."""
    weights, moments = [], []
    for group in study.groups:
        if not group.tests[kind]:
            continue
        pool = study.pools[group.law]
        share = pool.features[pool.report, kind, 2 + band].astype(float)
        inside = pool.true_distance[:, kind] <= study.frame.bands[band]
        parts = [share[inside], share[~inside]]
        moments.append(
            [
                inside.mean(),
                *(f(part) if len(part) else 0.0 for part in parts for f in (np.mean, np.var)),
            ]
        )
        weights.append(len(group.members))
    q, m1, v1, m0, v0 = np.average(moments, axis=0, weights=weights)
    pools = study.reports(kind) / monte_carlo.pool_size(sum(weights))
    inside, outside = (float(m1), float(v1)), (float(m0), float(v0))
    return Design(float(q), inside, outside, pools, study.params.simulations)
