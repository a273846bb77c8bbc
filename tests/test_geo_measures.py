"""Position along, side, angle, quantiles of distance, and the odds of explanations."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString, Point

from geo.discs import probability_within
from geo.head_to_head import STRAY, explained
from geo.measures import distance_quantile, measures
from geo.proximity import Corridor
from geo.segments import from_lines
from layers.schema import METRIC, WAYS


def corridor(kind: str, *lines: LineString) -> Corridor:
    rows = [{"id": f"{kind}-{k}", "layer": "railway", "geometry": g} for k, g in enumerate(lines)]
    return Corridor(kind, WAYS.geoframe(rows, crs=METRIC))


def sightings(*at: tuple[float, float], **columns: object) -> gpd.GeoDataFrame:
    base = {"id": [f"S{k + 1}" for k in range(len(at))], "uncertainty_m": 0.0}
    return gpd.GeoDataFrame(base | columns, geometry=[Point(p) for p in at], crs=METRIC)


BENT = LineString([(0, 0), (100, 0), (100, 200)])  # east, then north


def test_along_side_and_angle() -> None:
    heading = ["east", "north", "northeast", "unknown"]
    found = measures(
        sightings((40, 30), (40, -30), (70, 150), (100, 50), heading=heading),
        {"railway": corridor("railway", BENT)},
    )
    assert found["distance_m"].tolist() == [30, 30, 30, 0]
    assert found["along_m"].tolist() == [40, 40, 250, 150]
    assert found["side"].tolist() == ["left", "right", "left", "on"]
    assert found["angle_deg"].tolist()[:3] == pytest.approx([0, 90, 45])
    assert np.isnan(found["angle_deg"][3])


def test_reversing_a_line_changes_sides_and_nothing_else() -> None:
    at = sightings((40, 30), (70, 150), heading=["east", "west"])
    forth = measures(at, {"railway": corridor("railway", BENT)})
    back = measures(at, {"railway": corridor("railway", BENT.reverse())})
    assert back["along_m"].tolist() == pytest.approx((300 - forth["along_m"]).tolist())
    assert back["angle_deg"].tolist() == pytest.approx(forth["angle_deg"].tolist())
    assert set(zip(forth["side"], back["side"], strict=True)) == {("left", "right")}


@pytest.mark.parametrize("gaussian", [False, True])
def test_quantiles_hold_their_share(gaussian: bool) -> None:
    rng = np.random.default_rng(2)
    segments = from_lines([LineString(rng.normal(0, 200, (6, 2))) for _ in range(3)])
    n = 12
    xy, radius = rng.normal(0, 200, (n, 2)), rng.uniform(20, 300, n)
    share, kind = rng.uniform(0.02, 0.98, n), np.full(n, gaussian)
    found = distance_quantile(xy, radius, segments, share, kind)
    np.testing.assert_allclose(
        probability_within(xy, radius, segments, found, kind), share, atol=1e-6
    )


def test_quantiles_of_an_exact_and_of_an_unknown_position() -> None:
    segments = from_lines([LineString([(0, 0), (10, 0)])])
    xy = np.array([[5.0, 7.0], [5.0, 7.0]])
    found = distance_quantile(
        xy, np.array([0.0, np.nan]), segments, np.full(2, 0.5), np.zeros(2, dtype=bool)
    )
    assert found[0] == 7
    assert np.isnan(found[1])


KINDS = {
    "railway": corridor("railway", LineString([(0, 0), (1000, 0)])),
    "river": corridor("river", LineString([(0, 50), (1000, 50)])),
    "main_road": corridor("main_road", LineString([(0, 900), (1000, 900)])),
}
RARE = {
    "railway": np.r_[np.zeros(5), np.full(95, 1e4)],
    "river": np.r_[np.zeros(20), np.full(80, 1e4)],
    "main_road": np.r_[np.zeros(20), np.full(80, 1e4)],
}


def test_odds_by_hand() -> None:
    """Both the railway and the river are near; the railway takes up a quarter of the river's null.

    Ratios 0.95 / 0.05 + 0.05, 0.95 / 0.2 + 0.05, 0.05 and 1.
    """
    table = explained(sightings((500, 25)), KINDS, RARE, 100.0)
    one = table[table["sighting"] == "S1"].set_index("corridor")
    ratio = {"railway": 19.05, "main_road": STRAY, "river": 4.8, "none": 1.0}
    assert one["likelihood_ratio"].to_dict() == pytest.approx(ratio)
    assert one.loc["railway", "share"] == pytest.approx(19.05 / 24.9)
    assert set(one["explained_by"]) == {"undecided"}


def test_sightings_together_are_a_product() -> None:
    table = explained(sightings((500, 25), (200, 20)), KINDS, RARE, 100.0)
    every = table[table["sighting"] == "all"].set_index("corridor")
    assert every.loc["railway", "likelihood_ratio"] == pytest.approx(19.05**2)
    assert set(every["explained_by"]) == {"railway"}


def test_what_was_located_from_a_kind_explains_nothing() -> None:
    table = explained(
        sightings((500, 25), (500, 900), located_kind=["railway", "town"]), KINDS, RARE, 100.0
    )
    first = table[table["sighting"] == "S1"].set_index("corridor")
    assert first["located_from_kind"].to_dict() == {
        "railway": True, "main_road": False, "river": False, "none": False,
    }  # fmt: skip
    assert set(first["explained_by"]) == {"undecided"}
    every = table[table["sighting"] == "all"].set_index("corridor")
    assert every.loc["main_road", "likelihood_ratio"] == pytest.approx(4.8)


def test_no_evidence_has_full_entropy() -> None:
    flat = {kind: np.zeros(10) for kind in KINDS}
    table = explained(sightings((500, 25), uncertainty_m=[0.0]), KINDS, flat, 1e4)
    assert table["entropy"].to_numpy() == pytest.approx(1.0)
