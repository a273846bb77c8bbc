"""A small study made by hand for the tests of the drawings: a town, a road north, two patrols."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import LineString, MultiLineString, Point, box

from geo.chance.gate import gate
from geo.results import (
    Access,
    CorridorTests,
    Findings,
    Hotspots,
    Layers,
    Movement,
    Patrols,
    Proximity,
    Source,
    StudyData,
    Terrain,
)
from layers.schema import (
    ACCESS_SECTIONS,
    ASSUMPTIONS,
    BANDS_M,
    CORRIDOR_BANDS,
    CORRIDOR_CURVES,
    CORRIDOR_EXPLAINED,
    CORRIDOR_TESTS,
    CORRIDORS,
    ENTRY_POINTS,
    EXCLUDED,
    FACILITIES,
    HELP,
    HOTSPOTS,
    LEFT_OUT,
    LEGS,
    LIXELS,
    METRIC,
    MOVEMENT_CHECK,
    NEED,
    NEED_PARTS,
    ORIGINS,
    PATROL_MEASURES,
    PLACES,
    PLANS,
    PROXIMITY,
    PROXIMITY_TOTALS,
    SECTIONS,
    SENSITIVITY,
    SIGHTINGS,
    STOP_NEED,
    STOPS,
    TRADE_OFF,
    WAYS,
    WGS84,
)

MADE = date(2026, 11, 25)
"""Day of the study."""

PERIODS = ("2021-10", "2021-Q4", None)
"""Of the sightings, in turn."""

CELL_M = 100.0
FIRST_CELL = (7_488_550.0, 4_750_050.0)
"""Middle of the cell of the first sighting; twenty lie in a row from west to east."""

SOURCE = Source("bundled", "hand", "A town drawn by hand", "ODbL", generalised=True, tolerance_m=60)

#            id                kind               name                 lon    lat
PLACES_ROWS = (
    ("town_south", "town", "South", 20.860, 42.890),
    ("town_zvecan", "town", "Zvecan", 20.840, 42.910),
    ("depot", "institution", "Coordinator", 20.861, 42.889),
    ("bus", "monitoring_point", "Bus station", 20.865, 42.878),
    ("station_zvecan", "station", "Zvecan railway station", 20.845, 42.910),
    ("hospital", "health", "Hospital", 20.873, 42.886),
    ("centre_closed", "reception_centre", "Closed centre", 20.862, 42.890),
    ("centre", "reception_centre", "Open centre", 21.150, 42.768),
    ("gate", "crossing", "Gate", 20.700, 43.227),
)


@cache
def data(name: str | None = None) -> StudyData:
    """Return the study's data; every place is called `name`, if one is given."""
    rows = [
        {
            "id": i, "kind": kind, "name_en": name or en, "name_sq": name or f"{en} sq",
            "name_sr_latn": name or f"{en} latn", "name_sr_cyrl": name or f"{en} cyrl",
            "lat": lat, "lon": lon, "geometry": Point(lon, lat),
            "status": "closed 2021-01" if i == "centre_closed" else "open", "note": name,
            "uncertainty_m": 400.0 if i == "bus" else None,
        }
        for i, kind, en, lon, lat in PLACES_ROWS
    ]  # fmt: skip

    def way(i: str, layer: str, *xy: tuple[float, float], **tags: object) -> dict[str, object]:
        return {"id": i, "layer": layer, "geometry": LineString(xy), "name": name, **tags}

    roads = [
        way("r1", "road", (20.861, 42.889), (20.865, 42.878), highway="residential"),
        way("r2", "road", (20.861, 42.889), (20.845, 42.910), highway="primary", ref=name or "M-2"),
        way("r3", "road", (20.845, 42.910), (20.845, 42.911), highway="tertiary"),
    ]
    rails = [
        way(
            "t1", "railway", (20.875, 42.893), (20.872, 42.899), railway="disused", status="disused"
        ),
        way("t2", "railway", (20.872, 42.899), (20.845, 42.910), railway="rail", status="active"),
    ]
    rivers = [way("w1", "waterway", (20.80, 42.90), (20.88, 42.90), waterway="river")]
    layers = Layers(
        WAYS.geoframe(roads),
        WAYS.geoframe(),
        WAYS.geoframe(rails),
        WAYS.geoframe(rivers),
        FACILITIES.geoframe(
            [{"id": "f1", "kind": "clinic", "name": name, "geometry": Point(20.84, 42.9)}]
        ),
        SOURCE,
    )
    outline = gpd.GeoDataFrame(geometry=[box(20.6, 42.7, 21.2, 43.24)], crs="EPSG:4326")
    entries = ENTRY_POINTS.frame([{"period": "2021", "entry_point": "Albania", "persons": 80.0}])
    return StudyData(
        layers=layers,
        places=PLACES.geoframe(rows),
        boundary=outline,
        sightings=_sightings(5, name).to_crs(WGS84),
        corridor=layers,
        entry_points=entries,
        totals=pd.Series({"table1": 80.0, "table2": 100.0}),
    )


def terrain() -> Terrain:
    """Return a cone of 500 m on level ground, in cells of 200 m; beyond it nothing is known."""
    row, column = np.mgrid[0:60, 0:60]
    height = np.maximum(0, 500 - 25 * np.hypot(row - 30, column - 30))
    height[:, :3] = np.nan
    return Terrain(
        elevation_m=height.astype(np.float32),
        transform=(200.0, 0.0, 7_482_000.0, 0.0, -200.0, 4_758_000.0),
        crs=METRIC,
        detail_m=200.0,
        source="cone.tif",
        licence="Nobody's hills",
    )


@cache
def findings(n: int = 5, name: str | None = None, *, patrols: bool = True) -> Findings:
    """Return findings that rest on `n` sightings; every text is `name`, if one is given."""
    sightings = _sightings(n, name)
    return Findings(
        source=SOURCE,
        sightings=sightings,
        excluded=EXCLUDED.frame(
            [{"id": "I1", "relates_to": "S1"}, {"id": "I2", "relates_to": None}]
        ),
        proximity=_proximity(sightings),
        hotspots=_hotspots(n, name),
        patrols=_patrols(name) if patrols else _no_patrols(),
        sensitivity=SENSITIVITY.frame(),
        tests=_tests(sightings) if n else None,
        movement=_movement(name),
        access=_access(name),
        need=_need(),
    )


def _need() -> gpd.GeoDataFrame:
    """A point of each part, the reported one four times as needy as the one beside it."""
    rows = [
        {part: 0.8, "geometry": Point(20.84 + k / 100, 42.90)} for k, part in enumerate(NEED_PARTS)
    ]
    beside = {"observed": 0.2, "geometry": Point(20.845, 42.905)}
    need = NEED.geoframe([*rows, beside]).to_crs(METRIC)
    return need.fillna(dict.fromkeys(NEED_PARTS, 0.0))


def _sightings(n: int, name: str | None) -> gpd.GeoDataFrame:
    """A cell each; the first two located from the railway."""
    x, y = FIRST_CELL
    rows = [
        {
            "id": f"S{i + 1}", "kind": "sighting", "period": PERIODS[i % len(PERIODS)],
            "located_kind": "railway" if i < 2 else "other", "size_class": "10-19",
            "coarse_place": name or "South", "uncertainty_m": 300.0, "cell_m": CELL_M,
            "geometry": Point(x + CELL_M * (i % 20), y + CELL_M * (i // 20)),
        }
        for i in range(n)
    ]  # fmt: skip
    return SIGHTINGS.geoframe(rows, crs=METRIC)


def _proximity(sightings: gpd.GeoDataFrame) -> Proximity:
    n = len(sightings)
    table = [
        {
            "sighting": name, "corridor": kind, "distance_m": 100.0 * (k + 1),
            "distance_low_m": 60.0 * k, "distance_high_m": 100.0 * (k + 4),
            "located_from_kind": kind == "railway" and name in ("S1", "S2"),
        }
        for name in sightings["id"]
        for k, kind in enumerate(CORRIDORS)
    ]  # fmt: skip
    totals = [
        {
            "corridor": kind, "band_m": band, "sightings": n, "expected_within": n / 2,
            "located_from_kind": 2, "expected_within_independent": 0.5,
        }
        for kind in CORRIDORS
        for band in BANDS_M
    ]  # fmt: skip
    return Proximity(PROXIMITY.frame(table), PROXIMITY_TOTALS.frame(totals))


def _hotspots(n: int, name: str | None) -> Hotspots:
    """One hotspot, if there are sightings."""
    line = LineString([(20.861, 42.889), (20.865, 42.878)])
    segments = {
        "rank": 1, "name": name or "Bus station", "place": "bus", "place_distance_m": 40.0,
        "radius_m": 250.0, "length_m": 1200.0, "reported": 2.0, "expected": 0.4, "ratio": 5.0,
        "score": 1.6, "p_value": 0.31, "in_top_redrawn": 0.74, "in_top_left_out": 0.8,
        "share": 0.4, "n_sightings": 3, "sightings": "S1 S2 S3",
        "geometry": MultiLineString([line]),
    }  # fmt: skip
    lixels = {"edge": 1, "from_m": 0.0, "to_m": 50.0, "density_per_km": 1.0, "geometry": line}
    some = min(n, 1)
    return Hotspots(
        LIXELS.geoframe([lixels] * some).to_crs(METRIC),
        HOTSPOTS.geoframe([segments] * some).to_crs(METRIC),
        gate("hotspots", n, "2 on one spot would exceed chance"),
        simulations=199,
        draws=99,
    )


def _tests(sightings: gpd.GeoDataFrame) -> CorridorTests:
    """The railway within 250 m named beforehand, the river explored in two bands."""
    tested = {"null": "effort", "corridor": "railway", "sightings": 3, "left_out": 2}
    river = {**tested, "corridor": "river", "sightings": 5, "left_out": 0}
    band = {
        **tested, "band_m": 250.0, "primary": True, "null_share": 0.2, "expected_within": 1.23,
        "p": 0.41, "p_error": 0.016, "p_adjusted": 0.41, "smallest_p": 0.008, "p_left_out": 0.6,
        "verdict": "not_shown",
    }  # fmt: skip
    explored = {
        **band, **river, "primary": False, "p": 0.03, "p_error": 0.005, "p_adjusted": 0.12,
        "smallest_p": 0.04, "tipping_ratio": 0.8,
    }  # fmt: skip
    wider = {**explored, "band_m": 500.0, "p": 0.2, "p_adjusted": 0.5}
    explained = [
        {
            "sighting": i, "corridor": kind, "log_ratio": 0.8526, "share": share,
            "share_reachable": 0.9, "entropy": 0.87654, "explained_by": "undecided",
            "located_from_kind": kind == "railway" and i in ("S1", "S2"),
        }
        for i in [*sightings["id"], "all"]
        for kind, share in (("railway", 0.512), ("none", 0.488))
    ]  # fmt: skip
    points = sightings.geometry.reset_index(drop=True)
    return CorridorTests(
        tests=CORRIDOR_TESTS.frame(
            [
                {**tested, "test": "z1", "statistic": -0.512, "p": 0.4, "p_error": 0.015},
                {**tested, "test": "envelope", "p": 0.53, "p_error": 0.016},
                {**river, "test": "envelope", "p": 0.03, "p_error": 0.0054},
            ]
        ),
        bands=CORRIDOR_BANDS.frame([band, explored, wider]),
        curves=CORRIDOR_CURVES.frame(
            [
                {"null": "effort", "corridor": kind, "distance_m": at, "observed": seen,
                 "central": at / 1000, "high": min(1.0, at / 500)}
                for kind in ("railway", "river")
                for at, seen in ((3.0, 0.0), (250.0, 0.42), (600.0, 1.0))
            ]
        ),
        explained=CORRIDOR_EXPLAINED.frame(explained),
        nulls=gpd.GeoDataFrame({"null": "effort"}, index=points.index, geometry=points),
        window=gpd.GeoDataFrame(geometry=[box(20.6, 42.7, 21.2, 43.24)], crs=4326).to_crs(METRIC),
        outside=(),
        level=0.05,
        simulations=999,
    )  # fmt: skip


def _section(name: str | None) -> dict[str, object]:
    line = LineString([(20.861, 42.889), (20.845, 42.910)])
    return {
        "section": "section-001", "name": name or "road M-2, South to Zvecan",
        "corridor": "main_road", "road": name or "M-2", "length_m": 2700.0, "rank": 1,
        "from_place": name or "South", "to_place": name or "Zvecan",
        "geometry": MultiLineString([line]),
    }  # fmt: skip


def _movement(name: str | None) -> Movement:
    section = {
        **_section(name), "net_share": 0.6, "p_use": 0.62, "share_mean": 0.55,
        "share_low": 0.3, "share_high": 0.8,
        "persons_low": 120.0, "persons_high": 900.0, "top_share": 1.0,
    }  # fmt: skip
    origin = {
        "entry_point": name or "Albania", "place": "gate", "persons": 80.0, "share": 0.8,
        "share_high": 1.0, "persons_low": 80.0, "persons_high": 100.0, "carried_as": "entry",
    }  # fmt: skip
    check = {
        "ranking": "model", "top_pct": 10.0, "points": "sightings", "n_points": 5,
        "on_sections": 2.0, "share": 0.4,
    }  # fmt: skip
    return Movement(
        sections=SECTIONS.geoframe([section]).to_crs(METRIC),
        origins=ORIGINS.frame([origin]),
        check=MOVEMENT_CHECK.frame([check]),
        assumptions=_assumption("movement", "theta_per_min", name),
        waypoint_share=0.96,
        waypoint_range=(0.9, 0.99),
        waypoint_forced=False,
        rank_stability=0.9,
        detour=1.2,
        unpublished_share=0.1,
        draws=20,
        connectors=3,
        network="A town drawn by hand",
    )


def _access(name: str | None) -> Access:
    """Ten by ten cells of 400 m, farther from the hospital the farther north; one has no way."""
    minutes = np.repeat(np.linspace(60.0, 5.0, 10, dtype=np.float32)[:, None], 10, axis=1)
    minutes[0, 0] = np.nan
    section = {**_section(name), "health_min": 31.5, "far_min": 31.5}
    place = {"help": "health", "id": "hospital", "name": name or "Hospital",
             "geometry": Point(_AT["hospital"])}  # fmt: skip
    return Access(
        minutes={"health": minutes},
        transform=(400.0, 0.0, 7_486_000.0, 0.0, -400.0, 4_754_000.0),
        crs=METRIC,
        sections=ACCESS_SECTIONS.geoframe([section]).to_crs(METRIC),
        places=HELP.geoframe([place]).to_crs(METRIC),
        assumptions=_assumption("access", "function", name),
        note="No terrain: people walk as on level ground everywhere.",
        level_share=1.0,
    )


def _assumption(model: str, parameter: str, name: str | None) -> pd.DataFrame:
    row = {"model": model, "parameter": parameter, "value": name or "0.2", "source": "Neutral."}
    return ASSUMPTIONS.frame([row])


_AT = {i: (lon, lat) for i, _, _, lon, lat in PLACES_ROWS}


def _patrols(name: str | None) -> Patrols:
    """Two vehicles in the evening, one in the morning; each bus, Zvecan, home."""
    stops, legs = [], []
    for shift, vehicle, start in (
        ("evening", 1, 64_800),
        ("evening", 2, 65_400),
        ("dawn <tour>", 1, 99_000),
    ):
        path = ["depot", "bus", "station_zvecan", "depot"]
        kinds = ["depot", "monitoring_point", "station", "depot"]
        for order, (stop, kind) in enumerate(zip(path, kinds, strict=True)):
            arrival = start + order * 1_800
            service = 1_200 if kind != "depot" else 0
            who = {"night": 1, "shift": shift, "vehicle": vehicle, "order": order}
            stops.append(
                {
                    **who, "stop": stop, "name": name or dict(_NAMES)[stop], "kind": kind,
                    "arrival": _clock(arrival), "departure": _clock(arrival + service),
                    "arrival_s": arrival, "departure_s": arrival + service,
                    "service_s": service, "drive_s": 600 if order else 0,
                    "drive_m": 2_500.0 if order else 0.0, "geometry": Point(_AT[stop]),
                }
            )  # fmt: skip
            if order:
                legs.append(
                    {
                        **who, "from_stop": path[order - 1], "to_stop": stop,
                        "roads": name or "M-2 > Rruga e Pejës",
                        "geometry": LineString([_AT[path[order - 1]], _AT[stop]]),
                    }
                )  # fmt: skip
    left = {
        "stop": "gate", "kind": "crossing", "name": name or "Gate", "reason": "not_worth_detour",
        "short_s": 601, "prize_short": 0.012,
    }  # fmt: skip
    return Patrols(
        STOPS.geoframe(stops).to_crs(METRIC),
        LEGS.geoframe(legs).to_crs(METRIC),
        LEFT_OUT.frame([left]),
        stop_need=_stop_need(name),
        measures=_measures(),
        trade_off=_trade_off(),
    )


def _stop_need(name: str | None) -> pd.DataFrame:
    bus = {"observed": 0.02, "movement": 0.01, "far_from_help": 0.0, "advised": 0.01, "need": 0.04}
    station = dict.fromkeys(NEED_PARTS, 0.0) | {"movement": 0.005, "need": 0.005}
    known = {"at_advised": True, "little_known": False}
    little = {"at_advised": False, "little_known": True}
    rows = [
        {"stop": "bus", "name": name or "Bus station", **known, **bus},
        {"stop": "station_zvecan", "name": name or "Zvecan", **little, **station},
    ]
    return STOP_NEED.frame(rows)


def _measures() -> pd.DataFrame:
    rows = [
        {
            "shift": shift, "plan": plan, "stops": 4, "need_share": 0.41 - k / 10,
            "need_low": 0.35 if k == 0 else None, "need_high": 0.46 if k == 0 else None,
            "advised_share": 1.0, "explored_share": 0.2, "driving_min": 61.4 + k,
            "stopping_min": 80.0, "waiting_min": 0.0, "break_min": 30.0, "driven_km": 41.25,
            "observed_km": 12.0,
        }
        for shift in ("evening", "dawn <tour>")
        for k, plan in enumerate(PLANS)
    ]  # fmt: skip
    return PATROL_MEASURES.frame(rows)


def _trade_off() -> pd.DataFrame:
    rows = [
        {"vehicles": vehicles, "more_hours": hours, "need_share": share, "stops": 8, "places": 4}
        for vehicles, hours, share in (
            (2, 0.0, 0.41), (2, 1.0, 0.48), (2, 2.0, 0.52), (1, 0.0, 0.25), (1, 1.0, 0.30),
            (3, 0.0, 0.46), (3, 1.0, 0.55),
        )
    ]  # fmt: skip
    return TRADE_OFF.frame(rows)


def _no_patrols() -> Patrols:
    empty = STOPS.geoframe(), LEGS.geoframe()
    return Patrols(*(frame.to_crs(METRIC) for frame in empty), LEFT_OUT.frame())


_NAMES = tuple((i, en) for i, _, en, _, _ in PLACES_ROWS)


def _clock(seconds: int) -> str:
    return f"{seconds // 3600 % 24:02d}:{seconds % 3600 // 60:02d}"


def exact(found: Findings) -> Findings:
    """Return findings as a study on exact positions has them."""
    sightings = found.sightings.assign(cell_m=0.0)
    return replace(found, sightings=sightings, privacy=replace(found.privacy, exact=True))


def nowhere(found: Findings) -> Findings:
    """Return findings whose sightings name no town, for places that are not those made by hand."""
    return replace(found, sightings=found.sightings.assign(coarse_place=pd.NA).astype(
        {"coarse_place": "string"}
    ))  # fmt: skip
