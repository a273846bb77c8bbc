"""Files of roads as Geofabrik cuts them."""

from __future__ import annotations

import shutil
from pathlib import Path

import geopandas as gpd
import networkx as nx
import osmnx
import pandas as pd
import pytest
import shapely

from geo.schema import METRIC, WGS84
from layers.complaints import UserError
from layers.readers.osm import roads_file

LINES = [
    shapely.LineString([(20.80, y), (20.82, y)])
    for y in (42.90, 42.91, 42.92, 42.93, 42.94)
]
ROADS = gpd.GeoDataFrame(
    {
        "osm_id": ["11", "12", "13", "14", "15"],
        "code": [5113, 5141, 5147, 5199, 5115],
        "fclass": ["primary", "service", "track_grade2", "unknown", "tertiary"],
        "name": ["Rruga", None, None, None, None],
        "ref": ["M-2", None, None, None, None],
        "oneway": ["F", "B", "B", "B", "T"],
        "bridge": ["T", "F", "F", "F", "F"],
        "tunnel": ["F", "F", "F", "F", "T"],
        "maxspeed": [60, 0, 0, 0, 50],
    },
    geometry=LINES,
    crs=WGS84,
)
RAILS = gpd.GeoDataFrame(
    {"osm_id": ["21"], "fclass": ["rail"], "name": ["Linja"]},
    geometry=LINES[:1],
    crs=WGS84,
)
RIVERS = gpd.GeoDataFrame(
    {"osm_id": ["31"], "fclass": ["river"], "name": ["Ibër"]},
    geometry=LINES[1:2],
    crs=WGS84,
)
POINTS = gpd.GeoDataFrame({"osm_id": ["41"], "fclass": ["police"]},
                          geometry=[shapely.Point(20.8, 42.9)], crs=WGS84)  # fmt: skip


def test_a_shapefile_of_roads(tmp_path: Path) -> None:
    ROADS.to_file(tmp_path / "gis_osm_roads_free_1.shp")
    layers = roads_file.read(tmp_path / "gis_osm_roads_free_1.shp", None)
    roads = layers.roads.set_index("id")
    assert roads["highway"].to_dict() == {
        "way/11": "primary", "way/12": "service", "way/15": "tertiary",
    }  # fmt: skip
    assert roads["oneway"].to_dict() == {"way/11": 1, "way/12": 0, "way/15": -1}
    assert list(roads["bridge"]) == [True, False, False]
    assert roads["maxspeed_kph"].dropna().to_dict() == {
        "way/11": 60.0,
        "way/15": 50.0,
    }
    assert roads["surface"].isna().all()
    assert list(roads["tunnel"]) == [False, False, True]
    assert (roads.loc["way/11", "name"], roads.loc["way/11", "ref"]) == (
        "Rruga",
        "M-2",
    )
    assert roads.loc["way/12", ["name", "ref"]].isna().all()
    assert list(layers.paths["highway"]) == ["track"]
    assert layers.source.provenance["left_out"] == "unknown 1"
    assert layers.source.osm_date is None


def test_a_geopackage_of_several_layers(tmp_path: Path) -> None:
    path = tmp_path / "kosovo.gpkg"
    for name, layer in {"roads": ROADS, "railways": RAILS, "waterways": RIVERS,
                        "pois": POINTS}.items():  # fmt: skip
        layer.to_crs(METRIC).to_file(path, layer=f"gis_osm_{name}_free")
    layers = roads_file.read(path, None)
    assert len(layers.roads) == 3
    assert list(layers.railways["status"]) == ["active"]
    assert list(layers.waterways["name"]) == ["Ibër"]
    assert layers.roads.crs == WGS84
    assert layers.roads.geometry.iloc[0].equals_exact(LINES[0], 1e-8)


def test_lines_that_reach_into_the_area_are_whole(tmp_path: Path) -> None:
    ROADS.to_file(tmp_path / "roads.gpkg")
    layers = roads_file.read(
        tmp_path / "roads.gpkg", shapely.box(20.79, 42.895, 20.81, 42.905)
    )
    assert list(layers.roads["id"]) == ["way/11"]
    assert layers.roads.geometry.iloc[0].equals_exact(LINES[0], 1e-9)


def test_columns_beyond_id_and_class_may_be_missing_or_hold_values_of_osm(
    tmp_path: Path,
) -> None:
    other = ROADS[["osm_id", "fclass", "oneway", "geometry"]].copy()
    other["oneway"] = ["yes", "no", "no", "no", "-1"]
    other["surface"] = ["asphalt", "gravel", None, None, None]
    other.to_file(tmp_path / "rruget.gpkg")
    layers = roads_file.read(tmp_path / "rruget.gpkg", None)
    assert layers.roads["surface"].tolist() == ["asphalt", "gravel", pd.NA]
    assert layers.roads["maxspeed_kph"].isna().all()
    assert list(layers.roads["oneway"]) == [1, 0, -1]
    assert layers.roads["name"].isna().all()


def test_lines_of_several_parts_are_taken_apart(tmp_path: Path) -> None:
    both = gpd.GeoDataFrame(ROADS.drop(columns="geometry").iloc[:1],
                            geometry=[shapely.MultiLineString(LINES[:2])], crs=WGS84)  # fmt: skip
    both.to_file(tmp_path / "roads.gpkg")
    layers = roads_file.read(tmp_path / "roads.gpkg", None)
    assert list(layers.roads.geom_type) == ["LineString"] * 2


def test_a_file_without_classes_names_what_it_has(tmp_path: Path) -> None:
    ROADS.rename(columns={"fclass": "type"}).to_file(tmp_path / "roads.gpkg")
    with pytest.raises(
        UserError, match="columns that are known; it has osm_id, code, type"
    ):
        roads_file.read(tmp_path / "roads.gpkg", None)


def test_points_only_are_refused(tmp_path: Path) -> None:
    POINTS.to_file(tmp_path / "pois.gpkg")
    with pytest.raises(UserError, match="no layer of lines"):
        roads_file.read(tmp_path / "pois.gpkg", None)


def test_unknown_classes_only_are_named(tmp_path: Path) -> None:
    ROADS.assign(fclass="5113").to_file(tmp_path / "roads.gpkg")
    with pytest.raises(UserError, match="Classes found: 5113"):
        roads_file.read(tmp_path / "roads.gpkg", None)


def test_a_missing_prj_is_named(tmp_path: Path) -> None:
    ROADS.to_file(tmp_path / "roads.shp")
    (tmp_path / "roads.prj").unlink()
    with pytest.raises(UserError, match=r"\.prj"):
        roads_file.read(tmp_path / "roads.shp", None)


def test_what_is_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="does not exist: looked in"):
        roads_file.read(tmp_path / "none.shp", None)
    (tmp_path / "bad.gpkg").write_text("not a database")
    with pytest.raises(UserError, match="not a file that GDAL reads"):
        roads_file.read(tmp_path / "bad.gpkg", None)


def test_the_id_changes_with_any_part_of_a_shapefile(tmp_path: Path) -> None:
    path = tmp_path / "roads.shp"
    ROADS.to_file(path)
    first = roads_file.read(path, None).source.id
    renamed = ROADS.assign(name=pd.Series(["Tjetër"] * 5))
    renamed.to_file(path)
    assert roads_file.read(path, None).source.id != first


def test_a_zip_of_shapefiles_as_it_is_downloaded(tmp_path: Path) -> None:
    folder = tmp_path / "shapes"
    folder.mkdir()
    for name, layer in {"roads": ROADS, "railways": RAILS}.items():
        layer.to_file(folder / f"gis_osm_{name}_free_1.shp")
    path = Path(shutil.make_archive(str(tmp_path / "kosovo"), "zip", folder))
    layers = roads_file.read(path, None)
    assert (len(layers.roads), len(layers.railways)) == (3, 1)


def test_a_file_that_is_not_known_needs_a_mapping(tmp_path: Path) -> None:
    named = {
        "osm_id": "NR",
        "fclass": "KAT",
        "name": "EMRI",
        "oneway": "DREJTIMI",
    }
    path, mapping = tmp_path / "rruget.geojson", tmp_path / "mapping.toml"
    ROADS[[*named, "geometry"]].rename(columns=named).replace(
        {"primary": "Magjistrale"}
    ).to_file(path)
    with pytest.raises(UserError, match="--mapping FILE"):
        roads_file.read(path, None)
    mapping.write_text(
        'licence = "Municipality of Mitrovica, open data"\n'
        'columns = { id = "NR", class = "KAT", name = "EMRI", oneway = "DREJTIMI" }\n'
        'values.class = { Magjistrale = "primary", track_grade2 = "track" }\n'
        'values.oneway = { F = "yes", T = "-1", B = "no" }\n'
    )
    layers = roads_file.read(path, None, mapping)
    roads = layers.roads.set_index("id")
    assert roads["highway"].to_dict() == {
        "way/11": "primary", "way/12": "service", "way/15": "tertiary",
    }  # fmt: skip
    assert roads["oneway"].tolist() == [1, 0, -1]
    assert roads["name"].dropna().tolist() == ["Rruga"]
    assert layers.source.licence == "Municipality of Mitrovica, open data"
    first = layers.source.id
    mapping.write_text(mapping.read_text().replace('"primary"', '"trunk"'))
    assert roads_file.read(path, None, mapping).source.id != first


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("columns = {", "not valid TOML"),
        ('columns.class = "a"', "lacks class or licence"),
        ('columns.id = "a"\nlicence = "b"', "lacks class or licence"),
        (
            'columns.class = "a"\nlicence = "b"\ncolumns.klass = "c"',
            "klass, which is not a key",
        ),
    ],
)
def test_a_mapping_with_a_fault_is_refused(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "m.toml").write_text(text)
    ROADS.to_file(tmp_path / "roads.gpkg")
    with pytest.raises(UserError, match=said):
        roads_file.read(tmp_path / "roads.gpkg", None, tmp_path / "m.toml")


def test_a_geopackage_of_quickosm(tmp_path: Path) -> None:
    quick = gpd.GeoDataFrame(
        {
            "full_id": ["w11", "w12", "w13"], "osm_id": ["11", "12", "13"], "osm_type": "way",
            "highway": ["primary", "footway", None], "railway": [None, None, "rail"],
            "name": ["Rruga", None, "Linja"], "oneway": ["yes", None, None],
            "bridge": ["viaduct", None, None], "maxspeed": ["60", None, None],
        },
        geometry=LINES[:3],
        crs=WGS84,
    )  # fmt: skip
    quick.to_file(tmp_path / "highway.gpkg")
    layers = roads_file.read(tmp_path / "highway.gpkg", None)
    (road,) = layers.roads.to_dict("records")
    assert (road["id"], road["highway"], road["oneway"], road["bridge"], road["maxspeed_kph"]) == (
        "way/11", "primary", 1, True, 60.0,
    )  # fmt: skip
    assert list(layers.paths["highway"]) == ["footway"]
    assert list(layers.railways["id"]) == ["way/13"]


@pytest.mark.parametrize("directed", [False, True])
def test_a_geopackage_that_osmnx_writes(
    tmp_path: Path, *, directed: bool
) -> None:
    graph = nx.MultiDiGraph(crs=WGS84, simplified=True)
    for node, (x, y) in enumerate(
        [(20.80, 42.90), (20.81, 42.90), (20.81, 42.91), (20.82, 42.91)]
    ):
        graph.add_node(node, x=x, y=y, street_count=2)
    both = {
        "highway": "residential",
        "oneway": False,
        "osmid": [7, 8],
        "length": 800.0,
    }
    graph.add_edge(0, 1, **both, reversed=False)
    graph.add_edge(1, 0, **both, reversed=True)
    graph.add_edge(2, 1, highway=["primary", "tertiary"], oneway=True, osmid=9, length=1100.0,
                   reversed=False, name="Rruga", maxspeed=["50", "60"])  # fmt: skip
    graph.add_edge(
        2,
        3,
        highway="primary",
        oneway=True,
        osmid=9,
        length=800.0,
        reversed=False,
    )
    osmnx.save_graph_geopackage(
        graph, tmp_path / "graph.gpkg", directed=directed
    )
    roads = roads_file.read(tmp_path / "graph.gpkg", None).roads.set_index("id")
    assert sorted(roads.index) == ["way/7", "way/9", "way/9-2"]
    assert roads["oneway"].to_dict() == {"way/7": 0, "way/9": 1, "way/9-2": 1}
    assert roads.loc["way/9", ["highway", "name", "maxspeed_kph"]].tolist() == [
        "primary",
        "Rruga",
        50,
    ]
    assert roads.geometry["way/9"].coords[0] == (20.81, 42.91)
