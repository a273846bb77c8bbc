"""The tests of one null model as tables: bands, whole distributions, curves.

One hypothesis, a kind and a band, is named beforehand: the primary one.  The others are
exploratory, and adjusted together for being many.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.arrays import Bools, Floats, Ints, Objects
from geo.chance.envelopes import envelope
from geo.corridors import monte_carlo
from geo.corridors.distance import fill_by_law, located_from
from geo.corridors.monte_carlo import Family, Group, NullDistances, Pool, Singles
from geo.params import CorridorParams
from geo.schema import BAND_TESTS, CORRIDOR_CURVES, CORRIDOR_TESTS
from geo.sightings.laws import ids_of, laws_of

ON_LINE: Final = 1e-6
"""A null that is nowhere farther from a kind than this lies on it: nothing can be nearer."""
LEFT_OUT: Final = 50
"""Sightings alike in law that are left out one by one at most."""


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
        return np.asarray(self.tests.sum(axis=0), dtype=int)

    @cached_property
    def tested(self) -> list[int]:
        """Numbers of the kinds that have sightings to test and that the null does not lie on."""
        farthest = [pool.true_distance.max(axis=0) for pool in self.pools]
        off_line = np.max(farthest, axis=0) > ON_LINE
        return np.flatnonzero((self.n > 0) & off_line).tolist()

    @cached_property
    def hypotheses(self) -> list[tuple[int, int]]:
        """Number of kind and of band of each hypothesis."""
        return list(product(self.tested, range(len(self.reference.bands))))

    @cached_property
    def kind_of(self) -> Ints:
        """Number of the kind of each hypothesis."""
        return np.array([kind for kind, _ in self.hypotheses], dtype=int)

    @cached_property
    def counts(self) -> Floats:
        """(sightings, hypotheses): what each sighting counts, 0 where it tests another kind."""
        return self.within(self.observed) * self.tests[:, self.kind_of]

    @cached_property
    def family(self) -> Family:
        """Counts in the simulated data sets; one hypothesis is named beforehand."""
        kinds, bands = self.reference.kinds, self.reference.bands
        named = (self.params.primary_kind, self.params.primary_band_m)
        primary = [(kinds[k], bands[band]) == named for k, band in self.hypotheses]
        return Family(self.within(self.sums), np.array(primary, dtype=bool))

    @cached_property
    def adjusted(self) -> Floats:
        """(hypotheses,): p-values, adjusted for all that were not named beforehand."""
        return self.family.adjusted(self.counts.sum(axis=0))

    @cached_property
    def smallest(self) -> Floats:
        """(hypotheses,): the least such p that so many sightings could reach, wherever they lay."""
        best = np.zeros(len(self.hypotheses))
        for group in self.groups:
            # A wide disc never lies in a narrow band as a whole.
            of_pool = self.within(self.pools[group.law].features)
            tested = group.tests[self.kind_of]
            best += len(group.members) * of_pool.max(axis=0) * tested
        return np.minimum(self.family.smallest(best), self.adjusted)

    def testing(self, kind: int) -> list[Group]:
        """Return the groups that test a kind."""
        return [group for group in self.groups if group.tests[kind]]

    def reports(self, kind: int) -> float:
        """Return how large a single pool would be that has the error of the pools of all laws."""
        n_by_law = np.zeros(len(self.pools))
        for group in self.testing(kind):
            n_by_law[group.law] += len(group.members)
        size = np.array([len(pool.report) for pool in self.pools])
        return float(n_by_law.sum() ** 2 / (n_by_law**2 / size).sum())

    def within(self, features: Floats | Singles) -> Floats:
        """Return the features (…, kinds, width) that count within bands, as (…, hypotheses)."""
        by_kind = features[..., self.tested, : len(self.reference.bands)]
        return np.asarray(by_kind.reshape(*by_kind.shape[:-2], -1), dtype=float)


def nearness_tests(
    sightings: gpd.GeoDataFrame, reference: NullDistances, params: CorridorParams
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return tables `CORRIDOR_TESTS`, `BAND_TESTS` and `CORRIDOR_CURVES` of one null model."""
    comparison = compared(sightings, reference, params)
    of_kinds, curves = tests_and_curves(comparison)
    return of_kinds, bands_table(comparison), curves


def compared(
    sightings: gpd.GeoDataFrame, reference: NullDistances, params: CorridorParams
) -> Comparison:
    """Return sightings beside simulated ones; they are events inside the window of the null.

    One that was located from a kind of corridor does not test that kind.
    """
    laws, law = laws_of(sightings)
    located = [located_from(sightings, kind) for kind in reference.kinds]
    tests = ~np.stack(located, axis=1)
    counts = np.bincount(law, minlength=len(laws)).tolist()
    pools = monte_carlo.pools(laws, reference, counts, params.seed)
    observed = np.empty((*tests.shape, reference.width), dtype=np.float32)
    observed = fill_by_law(observed, sightings, reference.features)
    groups = monte_carlo.groups_of(law, tests)
    return beside_pools(
        ids_of(sightings), observed, tests, groups, pools, reference, params
    )


def beside_pools(
    ids: Objects,
    observed: Singles,
    tests: Bools,
    groups: list[Group],
    pools: list[Pool],
    reference: NullDistances,
    params: CorridorParams,
) -> Comparison:
    """Return sightings beside simulated ones, from pools that are drawn: proofs call this."""
    sums, first = monte_carlo.simulate(
        pools,
        groups,
        simulations=params.simulations,
        seed=params.seed + 1,
        each=reference.each,
    )
    return Comparison(
        ids, reference, groups, pools, observed, tests, sums, first, params
    )


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
    params, reference = comparison.params, comparison.reference
    n = comparison.n[kind]
    curve_part = slice(len(reference.bands), None)
    testing = comparison.tests[:, kind]
    total = comparison.observed[testing, kind].sum(axis=0, dtype=float)
    observed = (total / n)[curve_part]
    simulated = (comparison.sums[:, kind] / n)[:, curve_part]
    curve = envelope(observed, simulated, level=params.level, alternative="greater")
    drawn = n / comparison.reports(kind)
    error = float(monte_carlo.p_error(np.array(curve.p), params.simulations, drawn))
    columns = {
        "distance_m": reference.curve_m[reference.kinds[kind]],
        "observed": observed,
        "central": curve.central,
        "high": curve.high,
    }
    return {"p": curve.p, "p_error": error}, pd.DataFrame(columns)


def bands_table(comparison: Comparison) -> pd.DataFrame:
    """Return table `BAND_TESTS`: a row per kind and band."""
    params, kinds = comparison.params, comparison.reference.kinds
    table = pd.DataFrame(product(kinds, params.bands_m), columns=["corridor", "band_m"])
    n = comparison.n.repeat(len(params.bands_m))
    table = table.assign(
        null=comparison.reference.null.name,
        primary=(table["corridor"] == params.primary_kind)
        & (table["band_m"] == params.primary_band_m),
        sightings=n,
        left_out=len(comparison.tests) - n,
        verdict="cannot_be_decided",
    )
    table = BAND_TESTS.frame(table)
    tested = table["corridor"].isin([kinds[kind] for kind in comparison.tested])
    if tested.any():
        values = _verdicts(comparison)
        for name in values:
            table.loc[tested, name] = values[name].to_numpy()
    return BAND_TESTS.frame(table)


def _verdicts(comparison: Comparison) -> pd.DataFrame:
    """Return what the tests say about each hypothesis: a row per tested kind and band."""
    level, simulations = comparison.params.level, comparison.params.simulations
    kind_of, family = comparison.kind_of, comparison.family
    total, n = comparison.counts.sum(axis=0), comparison.n[kind_of]
    reports = np.array([comparison.reports(kind) for kind in kind_of])
    adjusted = comparison.adjusted
    verdicts = np.select(
        [comparison.smallest > level, adjusted <= level],
        ["cannot_be_decided", "nearer"],
        "not_shown",
    )
    table = pd.DataFrame(
        {
            "null_share": family.null.mean(axis=0) / n,
            "expected_within": total,
            "p": monte_carlo.monte_carlo_p(total, family.null),
            "p_error": monte_carlo.p_error(adjusted, simulations, n / reports),
            "p_adjusted": adjusted,
            "smallest_p": comparison.smallest,
            "p_left_out": np.nan,
            "depends_on": None,
            "verdict": verdicts.astype(object),
        }
    )
    nearer = table.index[table["verdict"] == "nearer"].tolist()
    if nearer:
        _mark_fragile(table, nearer, comparison)
    return table


def _mark_fragile(
    table: pd.DataFrame, nearer: list[int], comparison: Comparison
) -> None:
    """Enter which hypotheses hang on one report."""
    worst, which = _left_out(comparison)
    table.loc[nearer, "p_left_out"] = worst[nearer]
    for h in nearer:
        if worst[h] > comparison.params.level:
            sighting = comparison.ids[which[h]]
            table.loc[h, ["verdict", "depends_on"]] = "fragile", sighting


def _left_out(comparison: Comparison) -> tuple[Floats, Ints]:
    """Return by hypothesis the largest adjusted p with a sighting left out, and which that is."""
    counts, family = comparison.counts, comparison.family
    total = counts.sum(axis=0)
    worst, which = np.zeros(len(total)), np.zeros(len(total), dtype=int)
    for number, group in enumerate(comparison.groups):
        first = comparison.within(comparison.first[:, number])
        null = family.null - first * group.tests[comparison.kind_of]
        without = Family(null, family.primary)
        rows, position = np.unique(counts[group.members], axis=0, return_index=True)
        most = np.unique(np.argsort(-rows, axis=0, kind="stable")[:LEFT_OUT])
        for row in most:
            p = without.adjusted(total - rows[row])
            which[p > worst] = group.members[position[row]]
            worst = np.maximum(worst, p)
    return worst, which
