"""Which corridor explains the sightings: closed forms, thousands of sightings, mixtures."""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString

from geo.arrays import Floats
from geo.chance.nulls import Null, uniform
from geo.corridors.comparison import CERTAIN, STRAY, explain_sightings
from geo.corridors.distance import Corridor
from geo.corridors.monte_carlo import NullDistances
from geo.schema import CORRIDOR_EXPLAINED, EXPLANATIONS, METRIC, WAYS

#  y                        A window of 20 km by 10 km; each line has a band of 100 m each side:
#  8000 | ---- river        a fiftieth of the window.
#  5000 | ==== main road
#  2000 | ++++ railway
LINES = {"railway": 2000.0, "main_road": 5000.0, "river": 8000.0}
WINDOW = (0.0, 0.0, 20_000.0, 10_000.0)
BAND = 100.0
SHARE = 0.02


def corridors() -> dict[str, Corridor]:
    return {
        kind: Corridor(
            kind,
            WAYS.geoframe(
                [
                    {
                        "id": kind,
                        "layer": "road",
                        "geometry": LineString([(-1e5, y), (1e5, y)]),
                    }
                ],
                crs=METRIC,
            ),
        )
        for kind, y in LINES.items()
    }


@pytest.fixture(scope="module")
def null() -> Null:
    return uniform(WINDOW, n=50_000, seed=5)


def reference(null: Null) -> NullDistances:
    return NullDistances(
        null, {kind: c.segments for kind, c in corridors().items()}, (BAND,)
    )


def at(
    y: Floats | list[float], uncertainty: float = 20.0, **columns: Any
) -> gpd.GeoDataFrame:
    x = np.linspace(1000, 19_000, len(y))
    frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=METRIC)
    return frame.assign(uncertainty_m=uncertainty, **columns)


def share_of(table: pd.DataFrame, kind: str, column: str = "share") -> float:
    """Return a figure of all sightings together."""
    return float(
        of_all(table)[column].to_numpy(float)[list(of_all(table).index).index(kind)]
    )


def odds(sightings: gpd.GeoDataFrame, null: Null) -> pd.DataFrame:
    return explain_sightings(sightings, reference(null), BAND)


def of_all(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["sighting"] == "all"].set_index("corridor")


def test_one_sighting_in_closed_form(null: Null) -> None:
    """On the railway: ratio 0.95 / 0.02 + 0.05 for it, 0.05 for the others, 1 for none."""
    table = odds(at([2000.0]), null)
    own = table[table["sighting"] != "all"].set_index("corridor")
    on, off = (1 - STRAY) / SHARE + STRAY, STRAY
    expected = np.array([on, off, off, 1.0])
    assert own.index.tolist() == list(EXPLANATIONS)
    assert own["log_ratio"].to_numpy() == pytest.approx(np.log(expected), abs=0.02)
    assert own["share"].to_numpy() == pytest.approx(
        expected / expected.sum(), abs=0.003
    )
    assert set(own["explained_by"]) == {"railway"}
    assert list(table) == CORRIDOR_EXPLAINED.names


def test_hundreds_of_sightings_have_finite_and_right_odds(null: Null) -> None:
    """430 railway sightings of 20 m: the product of their ratios is about 10 to the 720."""
    every = of_all(odds(at(np.full(430, 2000.0)), null))
    assert np.isfinite(every["log_ratio"]).all()
    assert every.loc["railway", "log_ratio"] == pytest.approx(
        430 * math.log((1 - STRAY) / SHARE + STRAY), rel=0.01
    )
    assert every.loc["railway", "share"] == pytest.approx(1, abs=0.02)
    assert set(every["explained_by"]) == {"railway"}
    assert every["share"].sum() == pytest.approx(1)


@pytest.mark.parametrize("n", [20, 200])
def test_half_and_half_is_a_mixture(null: Null, n: int) -> None:
    table = odds(at([2000.0, 5000.0] * (n // 2)), null)
    assert set(of_all(table)["explained_by"]) == {"mixture"}
    assert share_of(table, "mixture") > 0.99


def test_sightings_anywhere_are_explained_by_no_corridor(null: Null) -> None:
    y = np.random.default_rng(1).uniform(0, 10_000, 300)
    assert set(of_all(odds(at(y), null))["explained_by"]) == {"none"}


def test_what_one_sighting_can_never_show_cannot_be_decided() -> None:
    """A kind that holds half of the null: at best 1.95 against 1 and twice 0.05."""
    rng = np.random.default_rng(2)
    xy = np.column_stack(
        [rng.uniform(0, 20_000, 40_000), rng.uniform(0, 10_000, 40_000)]
    )
    xy[:20_000, 1] = 5000 + rng.uniform(-50, 50, 20_000)
    null = Null("effort", xy, lambda n, own: xy[own.integers(0, len(xy), n)])
    table = odds(at([5000.0]), null)
    best = table[table["corridor"] == "main_road"].iloc[0]
    assert best["share"] <= best["share_reachable"] + 1e-9
    assert best["share_reachable"] < CERTAIN
    assert best["explained_by"] == "cannot_be_decided"


def test_between_two_rules_nothing_is_named(null: Null) -> None:
    """Ninety metres off the edge of the band, known to 100 m: a fiftieth of the disc is in."""
    table = odds(at([2190.0], uncertainty=100.0), null)
    assert set(table["explained_by"]) == {"undecided"}


def test_a_sighting_located_from_a_kind_is_left_out_of_all(null: Null) -> None:
    kinds = pd.Series(["railway", None, None], dtype="string")
    table = odds(at([2000.0, 5000.0, 5000.0], located_kind=kinds), null)
    first = table[table["sighting"] == table["sighting"].iloc[0]]
    assert set(first["explained_by"]) == {"undecided"}
    assert first.set_index("corridor")["located_from_kind"].to_dict() == {
        "railway": True, "main_road": False, "river": False, "none": False,
    }  # fmt: skip
    assert set(of_all(table)["explained_by"]) == {"main_road"}


def test_all_located_from_kinds_leave_nothing_to_explain(null: Null) -> None:
    every = of_all(odds(at([2000.0], located_kind="railway"), null))
    assert every["log_ratio"].tolist() == [0.0] * 5
    assert set(every["explained_by"]) == {"cannot_be_decided"}


def test_identical_sightings_count_each(null: Null) -> None:
    one, two = odds(at([2000.0]), null), odds(at([2000.0, 2000.0]), null)
    assert of_all(two)["log_ratio"].iloc[:4].to_numpy() == pytest.approx(
        2 * of_all(one)["log_ratio"].iloc[:4].to_numpy(), abs=0.05
    )


def test_the_likelihood_of_a_mixture_in_closed_form() -> None:
    """Of one sighting the mean over all shares is the mean of the four likelihoods."""
    xy = np.column_stack([np.zeros(1000), np.linspace(0, 10_000, 1000)])
    null = Null("uniform", xy, lambda n, rng: xy[rng.integers(0, 1000, n)])
    table = odds(at([2000.0]), null)
    ratios = np.exp(of_all(table)["log_ratio"].to_numpy()[:4])
    mixture = math.exp(share_of(table, "mixture", "log_ratio"))
    assert mixture == pytest.approx(ratios.mean(), rel=0.05)


def test_a_plain_frame_is_explained(null: Null) -> None:
    table = odds(at([2000.0, 5000.0]), null)
    assert set(table["sighting"]) == {"0", "1", "all"}


@pytest.mark.parametrize(
    ("cell", "radius"),
    [
        (100.0, 50.0),
        *(
            pytest.param(*each, marks=pytest.mark.proof)
            for each in (
                (0.0, 50.0),
                (0.0, 150.0),
                (0.0, 300.0),
                (100.0, 150.0),
                (100.0, 300.0),
            )
        ),
    ],
)
def test_under_the_null_the_mean_ratio_is_one(cell: float, radius: float) -> None:
    """A null that is dense about the main road: three reports in four come from there."""
    rng = np.random.default_rng(int(cell + radius))

    def sample(n: int, rng: np.random.Generator) -> Floats:
        y = np.where(
            rng.random(n) < 0.75, rng.normal(5000, 200, n), rng.uniform(0, 10_000, n)
        )
        return np.column_stack([rng.uniform(0, 20_000, n), y])

    null = Null("effort", sample(60_000, rng), sample)
    true = null.draw(6000, rng)
    angle, far = (rng.uniform(0, 2 * np.pi, 6000), radius * np.sqrt(rng.random(6000)))
    point = true + np.stack([far * np.cos(angle), far * np.sin(angle)], axis=1)
    if cell:
        point = (np.floor(point / cell) + 0.5) * cell
    frame = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy(point[:, 0], point[:, 1]), crs=METRIC
    )
    frame = frame.assign(uncertainty_m=radius, cell_m=cell)
    table = explain_sightings(frame, reference(null), BAND)
    for kind in LINES:
        logs = table.loc[
            (table["corridor"] == kind) & (table["sighting"] != "all"), "log_ratio"
        ]
        ratio = np.exp(logs.to_numpy())
        error = ratio.std() / math.sqrt(len(ratio))
        # The share of the band is itself known from 60,000 positions only.
        assert abs(ratio.mean() - 1) < 3.5 * error + 0.01, kind
