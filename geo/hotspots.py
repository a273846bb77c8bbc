"""Hotspots: the stretches of road, path and track where sightings were reported most densely.

A hotspot says where people were reported, never where they are.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo import heat
from geo.crs import require_metric
from geo.heat import Sources
from geo.lixels import M_PER_KM, Lixels, cut, nearest_event, reached
from geo.network import Floats, Ints, Network
from geo.params import HotspotParams
from geo.results import Hotspots
from layers.schema import HOTSPOTS

RESTS_ON = 2.0
"""A hotspot rests on the sightings within so many bandwidths of it along the network."""


def hotspots(
    network: Network,
    sightings: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    params: HotspotParams,
) -> Hotspots:
    """Return the density of sightings along the network and its ranked hotspots.

    The density is the heat kernel of `geo.heat`, so that no sighting's mass is lost or counted
    twice.  Each sighting is one event; the size of its group counts only where `params` says so.

    Parameters
    ----------
    network : geo.network.Network
        Roads, paths and tracks together.
    sightings : geopandas.GeoDataFrame, table `SIGHTINGS`, in the network's CRS
        The events.
    places : geopandas.GeoDataFrame, table `PLACES`, in the network's CRS
    params : geo.params.HotspotParams

    Returns
    -------
    geo.results.Hotspots

    Raises
    ------
    geo.crs.CRSError
        If the frames are not in the network's CRS.
    """
    require_metric(network=gpd.GeoSeries([], crs=network.crs), sightings=sightings, places=places)
    snapped = network.snap(sightings.geometry)
    placed = snapped["snap_m"] <= params.snap_limit_m
    events, on = sightings[placed], snapped[placed]
    weight = weights_of(events, params)
    sources = Sources(
        on["edge"].to_numpy(np.int64),
        on["offset_m"].to_numpy(float),
        weight,
        np.full(len(on), params.bandwidth_m),
    )
    edges = reached(network, sources.edge, sources.offset_m, sources.reach_m)
    lixels = cut(network, params.lixel_m, edges)
    density = heat.on_lixels(sources, lixels)
    label = segments_above(lixels, density, params.threshold * density.max(initial=0.0))
    segments, rank = ranked(
        lixels, density, label, sources=sources, ids=events["id"], places=places
    )
    return Hotspots(
        lixels=lixels.frame(density, rank),
        segments=segments,
        snapped=snapped,
        unplaced=tuple(sightings.loc[~placed, "id"].astype(str)),
    )


def segments_above(lixels: Lixels, density: Floats, level: float | Floats) -> Ints:
    """Return the number of the segment that each lixel belongs to, -1 at or below `level`.

    Lixels above the level that touch, along an edge or at a node, are one segment.
    """
    hot = np.flatnonzero(density > level)
    begin, end = lixels.ends
    size = lixels.network.n_nodes + len(lixels)
    joins = coo_array((np.ones(len(hot)), (begin[hot], end[hot])), shape=(size, size))
    component = connected_components(joins, directed=False)[1]
    label = np.full(len(lixels), -1, dtype=np.int64)
    label[hot] = np.unique(component[begin[hot]], return_inverse=True)[1]
    return label


def ranked(
    lixels: Lixels,
    density: Floats,
    label: Ints,
    *,
    sources: Sources,
    ids: pd.Series,
    places: gpd.GeoDataFrame,
) -> tuple[gpd.GeoDataFrame, Ints]:
    """Return the segments as table `HOTSPOTS`, densest first, and each lixel's rank, 0 for none.

    Parameters
    ----------
    lixels : geo.lixels.Lixels
    density : (k,) float array, 1/m
    label : (k,) int array
        As `segments_above` gives it.
    sources : geo.heat.Sources
    ids : pandas.Series of str
        Identifier of each source.
    places : geopandas.GeoDataFrame, table `PLACES`
    """
    hot = np.flatnonzero(label >= 0)
    table = pd.DataFrame(
        {
            "label": label[hot],
            "density": density[hot],
            "length_m": lixels.length_m[hot],
            "mass": density[hot] * lixels.length_m[hot],
        }
    )
    by = table.groupby("label")
    rows = by.agg(
        peak=("density", "max"), length_m=("length_m", "sum"), mass=("mass", "sum")
    ).sort_values(["peak", "mass"], ascending=False)
    rows["peak_per_km"] = rows["peak"] * M_PER_KM
    rows["share"] = rows["mass"] / (density * lixels.length_m).sum()
    rows["rank"] = np.arange(1, len(rows) + 1)
    pieces = lixels.as_network.geometry
    lines = [shapely.line_merge(shapely.union_all(pieces[label == n])) for n in rows.index]
    lines = [
        shapely.MultiLineString([line]) if line.geom_type == "LineString" else line
        for line in lines
    ]
    rests = [_rests_on(lixels, label == n, sources) for n in rows.index]
    rows["sightings"] = ["; ".join(ids.astype(str).to_numpy()[r]) for r in rests]
    rows["n_sightings"] = [int(r.sum()) for r in rests]
    segments = gpd.GeoDataFrame(
        rows, geometry=gpd.GeoSeries(lines, index=rows.index), crs=lixels.network.crs
    )
    rank = np.zeros(len(lixels), dtype=np.int64)
    rank[hot] = rows["rank"].reindex(label[hot])
    named = segments.join(nearest_place(segments, places)).reset_index(drop=True)
    return HOTSPOTS.geoframe(named), rank


def nearest_place(segments: gpd.GeoDataFrame, places: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return ``name``, ``place`` and ``place_distance_m`` of the place nearest to each segment."""
    if not len(places) or not len(segments):
        empty = {"name": "string", "place": "string", "place_distance_m": "float64"}
        return pd.DataFrame({k: pd.Series(dtype=v) for k, v in empty.items()}, index=segments.index)
    distance = shapely.distance(
        np.asarray(segments.geometry.values)[:, None], np.asarray(places.geometry.values)[None, :]
    )
    nearest = distance.argmin(axis=1)
    return pd.DataFrame(
        {
            "name": places["name_en"].to_numpy()[nearest],
            "place": places["id"].to_numpy()[nearest],
            "place_distance_m": distance[np.arange(len(segments)), nearest],
        },
        index=segments.index,
    )


def _rests_on(
    lixels: Lixels, inside: npt.NDArray[np.bool_], sources: Sources
) -> npt.NDArray[np.bool_]:
    """Mark the sources within `RESTS_ON` of their bandwidths of the marked lixels."""
    network = lixels.network
    reach = RESTS_ON * sources.sigma_m
    on = inside[lixels.holding(sources.edge, sources.offset_m)]
    edge, middle = lixels.edge[inside], lixels.middle_m[inside]
    near = nearest_event(network, edge, middle, float(reach.max(initial=0.0)))
    to = np.minimum(
        near[network.edge_from[sources.edge]] + sources.offset_m,
        near[network.edge_to[sources.edge]] + network.length_m[sources.edge] - sources.offset_m,
    )
    return np.asarray(on | (to <= reach))


def weights_of(sightings: gpd.GeoDataFrame, params: HotspotParams) -> Floats:
    """Return what each sighting counts: 1, or its group's size where the parameters say so."""
    return _group_size(sightings) if params.weight_by_group_size else np.ones(len(sightings))


def _group_size(sightings: gpd.GeoDataFrame) -> Floats:
    """Return the middle of each group's size range; a group of unknown size counts as one."""
    low, high = sightings["group_min"], sightings["group_max"]
    middle = (low.fillna(high) + high.fillna(low)) / 2
    return middle.fillna(1).to_numpy(float)
