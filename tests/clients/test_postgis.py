"""The network in PostGIS with pgRouting, and the line that adds EPSG:9141 there."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import geopandas as gpd
import networkx
import osmnx
import pytest
from folders import ROOT
from tools.clients import program

PACKAGES = "postgresql-17-postgis-3 postgresql-17-pgrouting gdal-bin"
BIN = "/usr/lib/postgresql/17/bin"
SQL = ROOT / "layers/data/templates/postgis.sql"


class Database:
    """A server of its own, that listens on a socket in its own folder only."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        self.at = f"host={folder} user=postgres dbname=postgres"

    def as_owner(self, *command: str) -> None:
        """Run a program as the user that may run the server."""
        owner = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        subprocess.run(
            [*owner, *command], check=True, capture_output=True, cwd=self.folder
        )

    def ask(self, query: str) -> list[list[str]]:
        """Return the rows of a query."""
        done = subprocess.run(
            ["psql", self.at, "-v", "ON_ERROR_STOP=1", "-AtqF", "|", "-c", query],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        return [line.split("|") for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    """Yield a database with PostGIS and pgRouting."""
    initdb = program("initdb", PACKAGES, folder=BIN)
    program("ogr2ogr", PACKAGES)
    folder = Path(mkdtemp(prefix="postgis"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    found = Database(folder)
    found.as_owner(
        initdb, "-D", str(found.data), "-A", "trust", "-U", "postgres", "-E", "UTF8"
    )
    control = [str(Path(BIN) / "pg_ctl"), "-D", str(found.data), "-w"]
    found.as_owner(
        *control,
        "-l",
        str(folder / "log"),
        "-o",
        f"-k {folder} -c listen_addresses=''",
        "start",
    )
    try:
        found.ask("CREATE EXTENSION postgis; CREATE EXTENSION pgrouting")
        yield found
    finally:
        found.as_owner(*control, "-m", "immediate", "stop")
        shutil.rmtree(folder)


def load(
    database: Database, package: Path, *layers: str, schema: str = "public"
) -> None:
    subprocess.run(
        ["ogr2ogr", "-f", "PostgreSQL", f"PG:{database.at}", str(package), *layers,
         "-overwrite", "-lco", "GEOMETRY_NAME=geom", "-lco", f"SCHEMA={schema}"],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip


def test_the_line_for_postgis_adds_the_metric_system(database: Database) -> None:
    assert database.ask("SELECT srid FROM spatial_ref_sys WHERE srid = 9141") == []
    for _ in range(2):
        subprocess.run(
            ["psql", database.at, "-v", "ON_ERROR_STOP=1", "-qf", str(SQL)],
            check=True, capture_output=True,
        )  # fmt: skip
    ((x, y),) = database.ask(
        "SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_Transform("
        "ST_SetSRID(ST_MakePoint(20.86, 42.88), 4326), 9141) AS p) AS q"
    )
    expected = gpd.GeoSeries.from_xy([20.86], [42.88], crs=4326).to_crs(9141).iloc[0]
    assert (float(x), float(y)) == pytest.approx((expected.x, expected.y), abs=0.01)


def test_pgrouting_drives_every_leg_in_its_time(
    database: Database, night: Path
) -> None:
    load(database, night / "network.gpkg", "network_edges", "network_nodes")
    load(database, night / "study.gpkg", "patrol_legs")
    legs = database.ask(
        "SELECT DISTINCT from_stop, to_stop, duration_s FROM patrol_legs"
    )
    assert legs
    for from_stop, to_stop, duration_s in legs:
        ends = [
            f"(SELECT node FROM network_nodes WHERE stop::jsonb ? '{stop}')"
            for stop in (from_stop, to_stop)
        ]
        ((cost,),) = database.ask(
            "SELECT coalesce(max(agg_cost), 0) FROM pgr_dijkstra('SELECT edge AS id, "
            "from_node AS source, to_node AS target, drive_s AS cost, back_s AS reverse_cost "
            f"FROM network_edges', {ends[0]}, {ends[1]})"
        )
        assert float(cost) == pytest.approx(float(duration_s), abs=1), (
            from_stop,
            to_stop,
        )


def test_the_recipe_of_the_how_to_finds_the_ways_there_and_back(
    database: Database, night: Path
) -> None:
    """The very query that stands there; both ways are as long as shortest ways of our own."""
    text = (ROOT / "notebooks/how_to.md").read_text("utf-8")
    section = text.partition("### Ways by pgRouting")[2]
    query = section.partition("```sql\n")[2].partition("```")[0]
    database.ask("CREATE SCHEMA IF NOT EXISTS study")
    load(
        database, night / "network.gpkg", "network_edges", "network_nodes",
        schema="study",
    )  # fmt: skip
    ((srid,),) = database.ask("SELECT DISTINCT ST_SRID(geom) FROM study.network_edges")
    assert srid == "4326"
    ways = database.ask(query)
    assert len(ways) == 2, "there and back"
    edges = gpd.read_file(night / "network.gpkg", layer="network_edges")
    driven = networkx.DiGraph()
    for tail, head, cost in (
        ("from_node", "to_node", "drive_s"),
        ("to_node", "from_node", "back_s"),
    ):
        open_ways = edges[edges[cost] >= 0].sort_values(cost, ascending=False)
        driven.add_weighted_edges_from(
            open_ways[[tail, head, cost]].itertuples(index=False)
        )
    for start, end, km, minutes in ways:
        seconds = networkx.shortest_path_length(
            driven, int(start), int(end), weight="weight"
        )
        assert 60 * float(minutes) == pytest.approx(seconds, rel=1e-9)
        assert 1 < float(km) < 50


def test_what_may_be_driven_hangs_together(database: Database, night: Path) -> None:
    load(database, night / "network.gpkg", "network_edges")
    parts = database.ask(
        "SELECT count(DISTINCT component) FROM pgr_connectedComponents('SELECT edge AS id, "
        "from_node AS source, to_node AS target, 1 AS cost FROM network_edges "
        "WHERE closed IS NULL')"
    )
    assert parts == [["1"]]


def test_osmnx_reads_the_graph_with_the_same_totals(night: Path) -> None:
    graph = osmnx.load_graphml(night / "network.graphml")
    edges = gpd.read_file(night / "network.gpkg", layer="network_edges")
    driven = edges[edges["closed"].isna()]
    forth, back = driven["drive_s"] >= 0, driven["back_s"] >= 0
    length_m = driven.loc[forth, "length_m"].sum() + driven.loc[back, "length_m"].sum()
    time_s = driven.loc[forth, "drive_s"].sum() + driven.loc[back, "back_s"].sum()
    drawn = [data for _, _, data in graph.edges(data=True)]
    assert sum(data["length"] for data in drawn) == pytest.approx(length_m, rel=1e-9)
    assert sum(float(data["travel_time"]) for data in drawn) == pytest.approx(
        time_s, rel=1e-9
    )
    stops = {
        stop for _, data in graph.nodes(data=True) for stop in data.get("stop", [])
    }
    assert "dcam_coordinator" in stops
