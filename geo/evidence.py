"""What the hotspots of a study rest on: chance, stability of the ranking, number of sightings."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from geo import significance, stability
from geo.hotspots import weights_of
from geo.lixels import M_PER_KM
from geo.network import Floats, Ints, Network
from geo.params import HotspotParams
from geo.positions import Positions
from geo.power import gate
from geo.results import HotspotEvidence, Hotspots
from layers.schema import HOTSPOT_EVIDENCE

ALPHA = 0.05
TOP = 3
"""Rank stability is that of the first so many hotspots."""


def hotspot_evidence(
    network: Network,
    sightings: gpd.GeoDataFrame,
    hotspots: Hotspots,
    params: HotspotParams,
    *,
    intensity: Floats | None = None,
) -> HotspotEvidence:
    """Return for each hotspot what chance and the sightings' uncertainty leave of it.

    Parameters
    ----------
    network, sightings, params
        As `geo.hotspots.hotspots` had them; of the parameters also ``simulations`` (patterns at
        random, for `p_value`), ``draws`` (redraws of the positions, for `in_top`) and ``seed``.
    hotspots : geo.results.Hotspots
        What it returned.
    intensity : (m,) float array, optional
        Relative chance of a report per metre of each edge, as from `geo.effort.effort_per_metre`:
        the null of `p_value` and of ``level_per_km``.  Even along the network by default; `p_even`
        is always that.

    Returns
    -------
    geo.results.HotspotEvidence
        Rows in the order of ``hotspots.segments``.
    """
    placed = ~sightings["id"].astype(str).isin(hotspots.unplaced).to_numpy()
    events = sightings[placed]
    at = Positions.of(network, hotspots.snapped[placed])
    weights = weights_of(events, params)
    if not len(events):
        table = HOTSPOT_EVIDENCE.frame()
        return HotspotEvidence(
            table, float("nan"), params.simulations, params.draws, gate("hotspots", 0)
        )

    def chance(per_metre: Floats | None) -> significance.NullPeaks:
        return significance.null_peaks(
            network, weights, params.bandwidth_m, params.lixel_m,
            simulations=params.simulations, seed=params.seed, intensity=per_metre,
        )  # fmt: skip

    even = chance(None)
    null = even if intensity is None else chance(intensity)
    peaks = hotspots.segments["peak_per_km"].to_numpy(float) / M_PER_KM
    stretches = _stretches(hotspots)

    def kept(patterns: list[Positions], each: list[Floats]) -> Floats:
        return stability.share_in_top(
            network, patterns, each, stretches, sigma_m=params.bandwidth_m,
            lixel_m=params.lixel_m, threshold=params.threshold, top=TOP,
        )  # fmt: skip

    moved = stability.redraws(
        network,
        events.geometry,
        events["uncertainty_m"].to_numpy(float),
        draws=params.draws,
        seed=params.seed,
    )
    table = pd.DataFrame(
        {
            "rank": hotspots.segments["rank"],
            "p_value": null.p_value(peaks),
            "p_even": even.p_value(peaks),
            "in_top_redrawn": kept(moved, [weights] * params.draws),
            "in_top_left_out": kept(*stability.left_out(at, weights)),
        }
    )
    spot = null.detectable(ALPHA)
    least = f"{spot:.0f} on one spot would exceed chance" if np.isfinite(spot) else "nothing could"
    return HotspotEvidence(
        HOTSPOT_EVIDENCE.frame(table),
        null.level(ALPHA) * M_PER_KM,
        params.simulations,
        params.draws,
        gate("hotspots", len(events), least),
    )


def _stretches(hotspots: Hotspots) -> list[tuple[Ints, Floats, Floats]]:
    """Return edge, start and end of the lixels of each hotspot, in the order of the ranking."""
    groups = dict(list(hotspots.lixels.groupby("hotspot")))
    return [
        (
            groups[rank]["edge"].to_numpy(np.int64),
            groups[rank]["from_m"].to_numpy(float),
            groups[rank]["to_m"].to_numpy(float),
        )
        for rank in hotspots.segments["rank"]
    ]
