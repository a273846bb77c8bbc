"""Routes in gpsbabel, and the timetable in movingpandas: positions with the moments of the plan."""

from __future__ import annotations

import subprocess
import warnings
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from tools.clients import module, program


def converted(
    path: Path, kind: str, folder: Path, out: str = "geojson"
) -> gpd.GeoDataFrame:
    """Return what gpsbabel reads in a file, by way of another format."""
    made = folder / f"{path.stem}.{kind}.{out}"
    command = [
        program("gpsbabel", "gpsbabel"),
        "-w",
        "-r",
        "-t",
        "-i",
        kind,
        "-f",
        str(path),
    ]
    subprocess.run(
        [*command, "-o", out, "-F", str(made)], check=True, capture_output=True
    )
    return gpd.read_file(made)


@pytest.mark.parametrize("kind", ["gpx", "kml"])
def test_gpsbabel_reads_every_stop_and_one_track_a_patrol(
    night: Path, tmp_path: Path, kind: str
) -> None:
    files = sorted((night / "patrols").glob(f"*.{kind}"))
    plan = pd.read_csv(night / "patrol_plan.csv")
    assert len(files) == len(plan.groupby(["shift", "vehicle"]))
    for path in files:
        found = converted(path, kind, tmp_path)
        points = found[found.geom_type == "Point"]
        lines = found[found.geom_type != "Point"]
        one = plan[
            [
                f"_{s}_{v}" in path.stem
                for s, v in zip(plan["shift"], plan["vehicle"], strict=True)
            ]
        ]
        assert len(points) == (one["kind"] != "break").sum()
        metres = lines.to_crs(9141).length.max()
        assert abs(metres - one["drive_m"].sum()) < 0.02 * metres


def test_movingpandas_finds_when_each_vehicle_is_where(night: Path) -> None:
    mpd = module("movingpandas", "movingpandas")
    stops = gpd.read_file(night / "layers" / "patrol_stops.geojson")
    stops["vehicle"] = stops["shift"] + stops["vehicle"].astype(str)
    # movingpandas keeps moments without a zone.
    stops["t"] = pd.to_datetime(
        stops["starts_at"], utc=True, format="ISO8601"
    ).dt.tz_localize(None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = mpd.TrajectoryCollection(stops, traj_id_col="vehicle", t="t")
    assert len(found) == stops["vehicle"].nunique()
    for each in found:
        own = stops[stops["vehicle"] == each.id]
        assert each.get_start_time() == own["t"].min().to_pydatetime()
        assert each.get_end_time() == own["t"].max().to_pydatetime()
