"""The tests of one null model as tables: bands, whole distributions, curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.stats import binom

from geo import chance, small_samples
from geo import segments as seg
from geo.chance import Prepared, Statistics
from geo.discs import probability_within
from geo.envelopes import envelope
from geo.nulls import Null
from geo.params import CorridorParams
from geo.proximity import Corridor, gaussian, located_from
from geo.segments import Bools, Floats, Ints
from layers.schema import CORRIDOR_BANDS, CORRIDOR_CURVES, CORRIDOR_TESTS

ON_LINE: Final = 1e-6
"""A null that is nowhere farther from a kind than this lies on it: nothing can be nearer."""


class UncertaintyError(ValueError):
    """How far a sighting's true place may lie from its point is not known."""


@dataclass(frozen=True)
class NullTests:
    """Tables `CORRIDOR_TESTS`, `CORRIDOR_BANDS`, `CORRIDOR_CURVES` of one null model."""

    tests: pd.DataFrame
    bands: pd.DataFrame
    curves: pd.DataFrame
    null_distance: Mapping[str, Floats]
    """Sorted distances of the null's positions, by kind."""


@dataclass(frozen=True)
class _Data:
    """The sightings as arrays, with what belongs to each kind."""

    xy: Floats
    uncertainty: Floats
    gaussian: Bools
    law: Ints
    laws: tuple[chance.Law, ...]
    used: Mapping[str, Bools]


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
    sightings : geopandas.GeoDataFrame, table `SIGHTINGS`
        Events only, inside the window of the null.  Uncertainties must be known.
    corridors : mapping of Corridor by kind
        Kinds without ways are passed over.
    null : geo.nulls.Null
    params : geo.params.CorridorParams

    Raises
    ------
    UncertaintyError
        If an uncertainty is not known.
    """
    lines = {kind: c.segments for kind, c in corridors.items() if len(c.segments)}
    data = _data(sightings, list(lines))
    prepared = chance.prepare(null, lines, data.laws, seed=params.seed)
    bands = np.asarray(params.bands_m, dtype=float)
    tested = {
        kind: used
        for kind, used in data.used.items()
        if used.any() and prepared.reference[kind][-1] > ON_LINE
    }
    observed = _observed(data, tested, corridors, prepared, bands)
    simulated = chance.simulate(
        prepared, data.law, tested, bands, simulations=params.simulations, seed=params.seed
    )
    redrawn = _redraws(data, tested, corridors, prepared, params)
    return NullTests(
        tests=_tests(data, prepared, observed, simulated, redrawn, params),
        bands=_bands(data, corridors, prepared, observed, simulated, redrawn, params),
        curves=_curves(prepared, observed, simulated, params.level),
        null_distance=prepared.reference,
    )


def _data(sightings: gpd.GeoDataFrame, kinds: list[str]) -> _Data:
    uncertainty = np.asarray(sightings["uncertainty_m"], dtype=float)
    if np.isnan(uncertainty).any():
        row = sightings.index[np.isnan(uncertainty)][0]
        raise UncertaintyError(
            f"uncertainty_m of sighting {row!r} is not known, so it cannot be tested. Cure: give "
            "it, 0 for an exact position, or drop the sighting and say so"
        )
    device = gaussian(sightings).to_numpy()
    laws, law = chance.laws_of(uncertainty, device)
    used = {kind: ~located_from(sightings, kind).to_numpy() for kind in kinds}
    return _Data(seg.points_xy(sightings), uncertainty, device, law, laws, used)


def _observed(
    data: _Data,
    tested: Mapping[str, Bools],
    corridors: Mapping[str, Corridor],
    prepared: Prepared,
    bands: Floats,
) -> dict[str, Statistics]:
    """Return the statistics of the sightings, by kind that has any to test."""
    spread = prepared.pool[0][prepared.kinds[0]].shape[1]
    lines = {kind: corridors[kind].segments for kind in tested}
    discs = np.stack([law.spread(spread) for law in data.laws])[data.law]
    distance = chance.measure(data.xy, discs, lines)
    return {
        kind: chance.statistics(distance[kind][None, used], prepared, kind, bands)
        for kind, used in tested.items()
    }


def _extremes(found: Statistics) -> Floats:
    """Return columns that grow with nearness, or with distance from the null: Z1, Z2, KS."""
    return np.stack([-found.mean_distance, -found.mean_rank, found.ks], axis=1)


def _redraws(
    data: _Data,
    tested: Mapping[str, Bools],
    corridors: Mapping[str, Corridor],
    prepared: Prepared,
    params: CorridorParams,
) -> dict[str, tuple[Floats, Floats]]:
    """Return by kind the p of Z1, Z2, KS (redraws, 3) and of the bands (redraws, bands)."""
    rng = np.random.default_rng(params.seed)
    drawn = np.stack(
        [data.laws[k].draw(params.redraws, rng) for k in data.law], axis=1
    )  # (redraws, sightings, 2)
    at = (data.xy + drawn).reshape(-1, 2)
    bands = np.asarray(params.bands_m, dtype=float)
    out = {}
    for kind, used in tested.items():
        reference, n = prepared.reference[kind], int(used.sum())
        distance = corridors[kind].segments.nearest(at)[0].reshape(params.redraws, -1)[:, used]
        chosen = rng.integers(0, len(reference), (params.simulations, n))
        null = chance.statistics(reference[chosen][..., None], prepared, kind, bands)
        seen = chance.statistics(distance[..., None], prepared, kind, bands)
        order = np.sort(_extremes(null), axis=0)
        extremes = _extremes(seen)
        at_least = [
            params.simulations - np.searchsorted(order[:, k], extremes[:, k]) for k in range(3)
        ]
        shares = np.searchsorted(reference, bands, side="right") / len(reference)
        out[kind] = (
            (np.stack(at_least, axis=1) + 1) / (params.simulations + 1),
            np.asarray(binom.sf(seen.within - 1, n, shares)),
        )
    return out


def _tests(
    data: _Data,
    prepared: Prepared,
    observed: Mapping[str, Statistics],
    simulated: Mapping[str, Statistics],
    redrawn: Mapping[str, tuple[Floats, Floats]],
    params: CorridorParams,
) -> pd.DataFrame:
    """Return table `CORRIDOR_TESTS`; a kind with nothing to test has rows without values."""
    rows = []
    for kind, used in data.used.items():
        n = int(used.sum())
        base = {"null": prepared.null.name, "corridor": kind, "sightings": n}
        base |= {"left_out": len(used) - n}
        if kind not in observed:
            rows += [base | {"test": test} for test in ("z1", "z2", "ks", "envelope")]
            continue
        seen, reference = observed[kind], prepared.reference[kind]
        z1 = (seen.mean_distance[0] - reference.mean()) * np.sqrt(n) / reference.std()
        z2 = (seen.mean_rank[0] - 0.5) * np.sqrt(12 * n)
        p = chance.p_value(_extremes(seen)[0], _extremes(simulated[kind]))
        low, high = np.quantile(redrawn[kind][0], [0.05, 0.95], axis=0)
        rows += [
            base | {"test": test, "statistic": value, "p": p[k], "p_low": low[k], "p_high": high[k]}
            for k, (test, value) in enumerate((("z1", z1), ("z2", z2), ("ks", seen.ks[0])))
        ]
        whole = envelope(
            seen.curve[0], simulated[kind].curve, level=params.level, alternative="greater"
        )
        rows.append(base | {"test": "envelope", "p": whole.p})
    return CORRIDOR_TESTS.frame(rows)


def _bands(
    data: _Data,
    corridors: Mapping[str, Corridor],
    prepared: Prepared,
    observed: Mapping[str, Statistics],
    simulated: Mapping[str, Statistics],
    redrawn: Mapping[str, tuple[Floats, Floats]],
    params: CorridorParams,
) -> pd.DataFrame:
    """Return table `CORRIDOR_BANDS`: one family of hypotheses, adjusted together."""
    rows = []
    bands = np.asarray(params.bands_m, dtype=float)
    for kind, used in data.used.items():
        n = int(used.sum())
        base = {"null": prepared.null.name, "corridor": kind, "sightings": n}
        base |= {"left_out": len(used) - n, "verdict": "cannot_be_decided"}
        for k, band in enumerate(params.bands_m):
            design = _share(prepared.reference[kind], band, n, params.level)
            row = base | {"band_m": band} | design
            if kind in observed:
                share = design["null_share"]
                row |= _counts(data, corridors[kind], band, used, share, params.level)
                low, high = np.quantile(redrawn[kind][1][:, k], [0.05, 0.95])
                row |= {"p_low": low, "p_high": high}
            rows.append(row)
    table = CORRIDOR_BANDS.frame(rows)
    tested = table["corridor"].isin(list(observed))
    if tested.any():
        most = np.concatenate(
            [
                chance.most_within(prepared, data.law[data.used[kind]], kind, bands)
                for kind in observed
            ]
        )
        table.loc[tested] = _adjusted(table[tested], observed, simulated, most, params.level)
    return table


def _share(reference: Floats, band: float, n: int, level: float) -> dict[str, float]:
    """Return what the design can show, before any sighting is looked at."""
    share = float(np.searchsorted(reference, band, side="right") / len(reference))
    return {
        "null_share": share,
        "smallest_p": small_samples.smallest_p(n, share) if n else np.nan,
        "effect_found": small_samples.effect_found(n, share, level) if n else np.nan,
        "needed_for_level": small_samples.sightings_for_level(share, level),
    }


def _counts(
    data: _Data, corridor: Corridor, band: float, used: Bools, share: float, level: float
) -> dict[str, float]:
    """Return how many sightings lie within a band, as recorded and as expected."""
    n, xy = int(used.sum()), data.xy[used]
    recorded = int((corridor.segments.nearest(xy)[0] <= band).sum())
    expected = probability_within(
        xy, data.uncertainty[used], corridor.segments, np.full(n, band), data.gaussian[used]
    ).sum()
    return {
        "recorded_within": recorded,
        "expected_within": expected,
        "p_binomial": float(binom.sf(recorded - 1, n, share)),
        "needed_for_effect": small_samples.sightings_for_effect(share, expected / n, level),
        "tipping_ratio": small_samples.tipping_ratio(n, expected, share, level),
    }


def _adjusted(
    table: pd.DataFrame,
    observed: Mapping[str, Statistics],
    simulated: Mapping[str, Statistics],
    most: Floats,
    level: float,
) -> pd.DataFrame:
    """Add p, its adjustments and the verdict to the rows of kinds that were tested."""
    seen = np.concatenate([observed[kind].within[0] for kind in observed])
    null = np.hstack([simulated[kind].within for kind in observed])
    every = np.vstack([seen, null])
    mean, deviation = every.mean(axis=0), every.std(axis=0)
    deviation = np.where(deviation > 0, deviation, np.inf)
    scaled = (every - mean) / deviation
    p = chance.p_value(seen, null)
    p_maxt = chance.max_t(scaled[0], scaled[1:])
    best = (most - mean) / deviation
    highest = scaled[1:].max(axis=1)
    smallest = np.array([float(chance.p_value(b, highest)) for b in best])
    verdict = np.select(
        [smallest > level, p_maxt <= level], ["cannot_be_decided", "nearer"], "not_shown"
    )
    return table.assign(
        p=p, p_maxt=p_maxt, p_holm=chance.holm(p), smallest_p_maxt=smallest,
        verdict=pd.Series(verdict, index=table.index, dtype="string"),
    )  # fmt: skip


def _curves(
    prepared: Prepared,
    observed: Mapping[str, Statistics],
    simulated: Mapping[str, Statistics],
    level: float,
) -> pd.DataFrame:
    """Return table `CORRIDOR_CURVES`."""
    rows = []
    for kind, seen in observed.items():
        whole = envelope(seen.curve[0], simulated[kind].curve, level=level, alternative="greater")
        rows.append(
            pd.DataFrame(
                {
                    "null": prepared.null.name,
                    "corridor": kind,
                    "distance_m": prepared.argument[kind],
                    "observed": seen.curve[0],
                    "central": whole.central,
                    "high": whole.high,
                }
            )
        )
    return CORRIDOR_CURVES.frame(pd.concat(rows, ignore_index=True) if rows else ())
