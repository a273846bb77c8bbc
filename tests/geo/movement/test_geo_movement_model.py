"""Flows from the report's entries to the official crossings, and the boundary of the model."""

from __future__ import annotations

from dataclasses import fields, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from studies.bundled_region import bundled_region

from geo.crs import CRSError
from geo.movement import flow as movement
from geo.movement.multimodal import MovementError
from geo.params import MovementParams, Params, SpeedParams
from geo.records import Layers, StudyData
from geo.results import Movement
from geo.schema import ASSUMPTIONS, METRIC, MOVEMENT_CHECK, ORIGINS, SECTIONS
from layers import shipped
from layers.readers import bundled

pytestmark = pytest.mark.usefixtures("generalised")

KPH = SpeedParams().kph
DRAWS = 10
TOTALS = pd.Series({"table 4": 1409, "text": 1409, "table 1": 1910})


@pytest.fixture(scope="module")
def data() -> StudyData:
    return bundled_region()


@pytest.fixture(scope="module")
def table4() -> pd.DataFrame:
    with (shipped.STUDY / "report_tables" / "table4_entry_points.csv").open(
        "rb"
    ) as stream:
        return pd.read_csv(stream)


def run(data: StudyData, table4: pd.DataFrame, **changes: object) -> Movement:
    events = data.sightings[data.sightings["kind"] == "sighting"]
    return movement.expected_flow(
        changes.pop("layers", data.layers),
        changes.pop("places", data.places),
        events,
        entry_points=table4,
        totals=TOTALS,
        params=replace(
            bundled.params().movement, **{"draws": DRAWS, **changes}
        ),
        ride_kph=KPH,
    )


@pytest.fixture(scope="module")
def found(data: StudyData, table4: pd.DataFrame) -> Movement:
    return run(data, table4)


@pytest.fixture(scope="module")
def model(data: StudyData) -> movement.Model:
    return movement.model_of(
        data.layers, data.places, bundled.params().movement
    )


def test_the_tables_are_those_of_the_schema(found: Movement) -> None:
    assert found.sections.columns.tolist() == [*SECTIONS.names, "geometry"]
    assert found.origins.columns.tolist() == ORIGINS.names
    assert found.check.columns.tolist() == MOVEMENT_CHECK.names
    assert found.assumptions.columns.tolist() == ASSUMPTIONS.names
    assert found.sections.crs == METRIC
    assert found.label == "model with assumptions"


def test_boundary_published_per_named_section_of_1_km_never_per_path(
    found: Movement,
) -> None:
    """The result holds sections and sums only: no path, edge, node or track can be read off it."""
    assert (found.sections["length_m"] >= 1000).all()
    assert (found.sections.geometry.length >= 1000 - 1e-6).all()
    assert found.sections["name"].is_unique
    assert (found.sections["name"].str.len() > 0).all()
    assert set(found.sections["corridor"]) == {"railway", "main_road"}
    frames = {
        f.name
        for f in fields(found)
        if isinstance(getattr(found, f.name), pd.DataFrame)
    }
    assert frames == {"sections", "origins", "check", "assumptions"}
    assert [
        f.name
        for f in fields(found)
        if isinstance(getattr(found, f.name), gpd.GeoDataFrame)
    ] == ["sections"]
    with pytest.raises(ValidationError, match="section_m"):
        Params(movement={"section_m": 500})


def test_boundary_trips_end_at_official_crossings(
    data: StudyData, table4: pd.DataFrame
) -> None:
    for place in ("town_leposavic", "taxi_mitrovica_north", "station_lesak"):
        with pytest.raises(
            MovementError, match=f"{place} is not an official crossing"
        ):
            run(data, table4, exits={place: 1.0})


def test_boundary_no_parameter_models_avoidance() -> None:
    """Police, patrols and sightings are no input: a place of the police changes nothing."""
    names = {f.name for f in fields(MovementParams)}
    for word in ("police", "patrol", "avoid", "border", "sighting", "night"):
        assert not any(word in name for name in names)


def test_boundary_police_and_sightings_do_not_move_the_flow(
    data: StudyData, table4: pd.DataFrame, found: Movement
) -> None:
    without = data.places[data.places["kind"] != "police"]
    events = data.sightings[:0]
    params = replace(bundled.params().movement, draws=DRAWS)
    other = movement.expected_flow(
        data.layers,
        without,
        events,
        entry_points=table4,
        totals=TOTALS,
        params=params,
        ride_kph=KPH,
    )
    pd.testing.assert_frame_equal(other.sections, found.sections)


def test_origins_follow_table_4_and_the_remainder_is_explicit(
    found: Movement,
) -> None:
    origins = found.origins.set_index("entry_point")
    assert origins["persons"].sum() == 1409
    entry = origins[origins["carried_as"] == "entry"]
    assert entry["place"].to_dict() == {
        "Albania": "crossing_vermice",
        "North Macedonia": "crossing_hani_i_elezit",
        "Prishtina airport": "airport_prishtina",
    }
    remainder = origins[origins["carried_as"] == "remainder"]
    assert set(remainder.index) == {"Serbia", "Montenegro", "unknown"}
    assert remainder["persons"].sum() == 116
    assert origins.loc["Albania", "share"] == pytest.approx(1232 / 1409)
    assert origins.loc["Albania", "share_high"] == pytest.approx(
        (1232 + 16) / 1409
    )


def test_contradictions_are_a_range(found: Movement) -> None:
    """Table 4 and the text say 1409 for 2020, table 1 says 1910."""
    albania = found.origins.set_index("entry_point").loc["Albania"]
    assert albania["persons_low"] == pytest.approx(1232)
    assert albania["persons_high"] == pytest.approx(1232 * 1910 / 1409)


def test_shares_are_probabilities_and_ranges_hold_their_mean(
    found: Movement,
) -> None:
    table = found.sections
    for name in ("net_share", "share_mean", "share_low", "share_high"):
        assert table[name].between(0, 1 + 1e-9).all(), name
    assert (table["share_low"] <= table["share_high"]).all()
    assert table["rank"].tolist() == list(range(1, len(table) + 1))
    assert table["share_mean"].is_monotonic_decreasing


def test_all_arrive_at_the_crossing(found: Movement) -> None:
    into = found.sections[found.sections["name"].str.endswith("to Jarinje")]
    assert into["net_share"].sum() == pytest.approx(1.0, abs=0.05)


def test_flow_heads_north(found: Movement) -> None:
    names = set(found.sections["name"])
    assert "railway, Zvecan to Banjska" in names
    assert "railway, Banjska to Zvecan" not in names


def test_the_same_seed_gives_the_same_flow(
    data: StudyData, table4: pd.DataFrame, found: Movement
) -> None:
    again = run(data, table4)
    pd.testing.assert_frame_equal(again.sections, found.sections)
    other = run(data, table4, seed=2, draws=1)
    assert not np.allclose(
        other.sections["share_mean"], found.sections["share_mean"]
    )


def test_those_who_never_ride_walk_and_the_others_ride(
    model: movement.Model, table4: pd.DataFrame
) -> None:
    params = replace(bundled.params().movement, draws=1)
    entered = movement.origins(table4, TOTALS, params.entries)

    def railway(walk_share: float) -> float:
        some = replace(params, walk_share=walk_share)
        setting, _ = movement.draw_settings(entered, some, KPH)
        table = model.sections.table.assign(
            net_share=movement.flow_of(model, setting).net_share
        )
        rail = table[table["corridor"] == "railway"]
        return float((rail["net_share"] * rail["length_m"]).sum())

    none, half, all_ = map(railway, (0.0, 0.5, 1.0))
    assert all_ > 5 * none
    assert half == pytest.approx((all_ + none) / 2, rel=0.02)


def test_flow_is_conserved_on_the_whole_network(
    model: movement.Model, table4: pd.DataFrame
) -> None:
    params = replace(bundled.params().movement, draws=DRAWS)
    entered = movement.origins(table4, TOTALS, params.entries)
    for setting in movement.draw_settings(entered, params, KPH):
        flow, arcs = movement.flow_of(model, setting).passages, model.arcs
        nodes = len(arcs.network.node_xy)
        gap = np.bincount(arcs.tail, flow, nodes) - np.bincount(
            arcs.head, flow, nodes
        )
        np.subtract.at(gap, model.entries, setting.entering)
        np.add.at(gap, model.exits, model.exit_share)
        assert np.abs(gap).max() <= 1e-9 * flow.max()


def test_two_exits_share_the_trips(
    data: StudyData, table4: pd.DataFrame, found: Movement
) -> None:
    both = run(
        data,
        table4,
        draws=1,
        exits={"crossing_jarinje": 3.0, "crossing_merdare": 1.0},
    )
    jarinje = [
        table.sections.loc[
            table.sections["name"].str.endswith("to Jarinje"), "net_share"
        ].sum()
        for table in (found, both)
    ]
    assert jarinje[1] == pytest.approx(0.75 * jarinje[0], rel=0.05)


def test_the_check_counts_what_there_is(found: Movement) -> None:
    check = found.check
    assert set(check["n_points"]) == {5, 7}
    assert set(check["ranking"]) == {"model", "shortest_path", "road_length"}
    assert set(check["top_pct"]) == {10, 20, 30}
    for _, rows in check.groupby(["ranking", "points"]):
        assert rows.sort_values("top_pct")[
            "on_sections"
        ].is_monotonic_increasing
    assert (check["on_sections"] <= check["n_points"]).all()


def test_every_assumption_has_its_sentence(found: Movement) -> None:
    table = found.assumptions.set_index("parameter")
    assert set(table.index) == {f.name for f in fields(MovementParams)}
    assert (table["source"].str.len() > 20).all()
    assert (
        "told to follow the railway tracks"
        in table.loc["railway_weight", "source"]
    )
    assert table.loc["theta_per_min", "source"].startswith("Neutral")


@pytest.mark.parametrize(
    ("toml", "where"),
    [
        ({"theta_per_min": -1}, "theta_per_min"),
        ({"railway_weight": 0}, "railway_weight"),
        ({"walk_share": 1.5}, "walk_share"),
        ({"walk_kph": {"road": 0}}, "walk_kph"),
        ({"walk_kph": {"river": 3}}, "walk_kph"),
        ({"theta_range": [1.0, 0.1]}, "theta_range"),
        ({"draws": 0}, "draws"),
        ({"connector_m": 100}, "connector_m"),
        ({"exits": {"crossing_jarinje": 0}}, "exits"),
        ({"speed": 3}, "speed"),
    ],
)
def test_a_parameter_out_of_range_is_named(toml: dict, where: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Params(movement=toml)
    assert any(
        where in map(str, error["loc"]) for error in caught.value.errors()
    )


def test_table_4_without_its_rows_is_refused(
    data: StudyData, table4: pd.DataFrame
) -> None:
    with pytest.raises(MovementError, match="entry_points has no row Albania"):
        run(data, table4[table4["entry_point"] != "Albania"])
    nobody = table4.assign(persons=0)
    with pytest.raises(MovementError, match="nobody enters"):
        run(data, nobody)


def test_no_way_and_no_network_are_refused(
    data: StudyData, table4: pd.DataFrame
) -> None:
    north = data.layers.roads.geometry.representative_point().y > 4_745_000
    cut = replace(
        data.layers,
        roads=data.layers.roads[north],
        railways=data.layers.railways[:0],
    )
    with pytest.raises(
        MovementError, match=r"crossing_vermice lies .* from the nearest way"
    ):
        run(data, table4, layers=cut)
    apart = data.layers.roads.geometry.representative_point().y
    gap = data.layers.roads[(apart < 4_730_000) | (apart > 4_745_000)]
    with pytest.raises(MovementError, match="there is no way from"):
        run(data, table4, layers=replace(cut, roads=gap))
    with pytest.raises(CRSError, match=r"to_crs"):
        run(data, table4, places=data.places.to_crs(4326))
    paths = data.layers.paths.to_crs(4326)
    with pytest.raises(CRSError, match="paths is in EPSG:4326"):
        run(data, table4, layers=replace(data.layers, paths=paths))


def test_no_railway_is_no_fault(data: StudyData, table4: pd.DataFrame) -> None:
    roads_only = replace(data.layers, railways=data.layers.railways[:0])
    table = run(data, table4, layers=roads_only, draws=2).sections
    assert set(table["corridor"]) == {"main_road"}


def test_the_parameters_are_part_of_the_study() -> None:
    assert Params().movement == MovementParams()
    assert Params(movement={"draws": 200}).movement.draws == 200


def test_layers_are_not_changed(data: StudyData, found: Movement) -> None:
    assert len(found.sections)
    before: Layers = bundled.network()
    pd.testing.assert_frame_equal(
        before.roads.to_crs(METRIC), data.layers.roads
    )


def test_only_ways_from_entries_to_exits_carry_the_model() -> None:
    """The bundled network reaches from Vërmicë and Hani i Elezit to Jarinje; a part does not."""
    reference, places = (
        bundled.network().roads.to_crs(METRIC),
        bundled.places().to_crs(METRIC),
    )
    params = bundled.params().movement
    assert movement.reaches_ends(reference, places, params)
    north = reference[reference.geometry.bounds["miny"] > 4_740_000]
    assert 0 < len(north) < len(reference)
    assert not movement.reaches_ends(north, places, params)
