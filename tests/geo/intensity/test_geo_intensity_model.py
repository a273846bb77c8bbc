"""What visits and reports tell: beside quadrature, and over draws from the prior."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from numpy.testing import assert_allclose
from problems.kept_season import LIXEL_M, ORACLES, REACH_M, kept
from scipy.sparse import csc_array, csr_array

from geo.intensity import fit
from geo.intensity.laplace import POISSON, Before, Counts, elimination_order, factored
from geo.intensity.laplace import fit as near
from geo.network.source_lines import NetworkError
from geo.patrols.reach import NO_VISIT, NOT_FOUND
from geo.schema import METRIC

STREETS = [[(x, 0), (x, 12_000)] for x in range(0, 12_001, 3000)]
STREETS += [[(0, y), (12_000, y)] for y in range(0, 12_001, 3000)]
CROSSINGS = [(x, y) for x in range(0, 12_001, 3000) for y in range(0, 12_001, 3000)]


@pytest.fixture(scope="module")
def ways() -> gpd.GeoDataFrame:
    """Return a grid of streets, cut where they cross."""
    lines = shapely.union_all([shapely.LineString(line) for line in STREETS])
    return gpd.GeoDataFrame(geometry=[*lines.geoms], crs=METRIC)


@pytest.fixture(scope="module")
def stops() -> gpd.GeoDataFrame:
    xy = np.array(CROSSINGS[::2])
    ids = [f"stop {k}" for k in range(len(xy))]
    return gpd.GeoDataFrame({"id": ids}, geometry=gpd.points_from_xy(*xy.T), crs=METRIC)


def visits_of(stops: gpd.GeoDataFrame, groups: list[int]) -> pd.DataFrame:
    each = pd.DataFrame({"stop": stops["id"], "minutes": 60.0, "groups": 0})
    return each.assign(groups=groups)


@pytest.mark.parametrize("size", [POISSON, 1.5])
@pytest.mark.parametrize("groups", [0.0, 1.0, 7.0])
def test_mode_and_chance_of_one_rate_are_those_of_quadrature(
    groups: float, size: float
) -> None:
    one = csr_array(np.ones((1, 1)))
    counts = Counts(np.array([groups]), one * 2.0, one, np.array([size]))
    prior = csc_array(np.array([[1.0]]))
    found = near(Before(prior, np.zeros(1), factored(prior)), counts)
    rate = np.linspace(-8, 8, 40_001)
    log_density = -(rate**2) / 2
    log_density += [counts.log_likelihood(2 * np.exp([at])) for at in rate]
    density = np.exp(log_density)
    assert_allclose(found.mode[0], rate[density.argmax()], atol=1e-3)
    chance = density.sum() * (rate[1] - rate[0]) / np.sqrt(2 * np.pi)
    assert_allclose(found.log_marginal, np.log(chance), atol=0.03)


def test_a_stop_that_met_nobody_often_is_told_from_one_never_visited(
    ways: gpd.GeoDataFrame, stops: gpd.GeoDataFrame
) -> None:
    visits = pd.concat([visits_of(stops, [2] * len(stops))] * 6)
    empty, unvisited = stops["id"].iloc[[0, 12]]
    visits.loc[visits["stop"] == empty, "groups"] = 0
    table = fit(ways, stops, visits[visits["stop"] != unvisited]).table.set_index(
        "stop"
    )
    assert table["high"][empty] < table["relative"].drop([empty, unvisited]).min()
    width = table["high"] / table["low"]
    assert width[unvisited] > 1.5 * width.drop([empty, unvisited]).max()
    assert table["learnt"][empty] > table["learnt"][unvisited]


def test_how_groups_came_tells_kinds_of_way_apart() -> None:
    """One stop sees road and railway; what groups say there moves stops that see one of them."""
    lines = [
        shapely.LineString(line)
        for line in ([(0, 0), (60_000, 0)], [(0, 800), (60_000, 800)])
    ]
    ways = gpd.GeoDataFrame(
        {"corridor": ["road", "railway"]}, geometry=lines, crs=METRIC
    )
    at = [(100, 400), (59_000, -900), (59_000, 1700)]
    stops = gpd.GeoDataFrame(
        {"id": ["both", "road", "railway"]},
        geometry=gpd.points_from_xy(*np.transpose(at)),
        crs=METRIC,
    )
    visits = pd.DataFrame({"stop": ["both"] * 5, "minutes": 60.0, "groups": 4})
    answers = pd.DataFrame(
        {"stop": "both", "kind": ["road", "railway", "river"], "groups": 0}
    )

    def railway_over_road(*groups: int) -> float:
        kinds = answers.assign(groups=groups)
        rates = fit(ways, stops, visits, kinds=kinds).draws()
        return float(np.median(rates[:, 2] / rates[:, 1]))

    assert_allclose(railway_over_road(9, 9, 2), 1, atol=0.1)
    assert railway_over_road(1, 17, 2) > 1.5
    assert railway_over_road(17, 1, 2) < 1 / 1.5


def test_with_few_reports_and_no_visit_nothing_is_said_to_be_found(
    ways: gpd.GeoDataFrame, stops: gpd.GeoDataFrame
) -> None:
    none = pd.DataFrame({"stop": [], "minutes": [], "groups": []})
    few, many = (
        gpd.GeoSeries.from_xy(np.linspace(1500, 9000, n), [500.0] * n, crs=METRIC)
        for n in (5, 30)
    )
    found = fit(ways, stops, none, few, uncertainty_m=500.0)
    assert NOT_FOUND in found.says
    assert NO_VISIT in found.says
    assert NOT_FOUND not in fit(ways, stops, none, many, uncertainty_m=500.0).says


def test_in_the_elimination_order_a_star_has_sparse_factors() -> None:
    """Its hub must come last: first, it would join all other nodes."""
    star = 9 * np.eye(50)
    star[0] = star[:, 0] = 1.0
    star[0, 0] = 90.0
    order = elimination_order(csc_array(star))
    assert sorted(order) == list(range(50))
    elements = [
        factored(csc_array(matrix)).L.nnz for matrix in (star, star[order][:, order])
    ]
    assert elements == [50 * 51 // 2, 50 + 49]


def test_visits_that_cannot_be_counted_are_refused(
    ways: gpd.GeoDataFrame, stops: gpd.GeoDataFrame
) -> None:
    visits = visits_of(stops, [1] * len(stops))
    for wrong, said in (
        (visits.drop(columns="minutes"), "no column minutes"),
        (visits.assign(stop="elsewhere"), "not among the stops"),
        (visits.assign(minutes=0.0), "no minutes above 0"),
    ):
        with pytest.raises(NetworkError, match=said):
            fit(ways, stops, wrong)


def test_means_and_deviations_are_those_of_the_sampler() -> None:
    """`tests/data/oracles/nuts.py`, 200 nodes, with all parameters of the field unknown."""
    country, season = kept()
    found = fit(
        country.ways, country.stops, season.visits, season.reports,
        kinds=season.kinds, towns=country.towns, lixel_m=LIXEL_M,
        reach_m=REACH_M,
    )  # fmt: skip
    rates = found.draws(100_000)
    sampled = pd.read_csv(ORACLES / "nuts.csv")
    relative = np.log(rates / rates.mean(axis=1, keepdims=True))
    mean, sd = sampled["relative_mean"], sampled["relative_sd"]
    assert_allclose((relative.mean(axis=0) - mean) / sd, 0, atol=0.1)
    assert_allclose(relative.std(axis=0), sd, rtol=0.1)


def test_of_a_single_stop_nothing_is_learnt_beside_others(
    ways: gpd.GeoDataFrame, stops: gpd.GeoDataFrame
) -> None:
    one = stops.head(1)
    posterior = fit(ways, one, visits_of(one, [3]))
    assert posterior.table["learnt"].tolist() == [0.0]
