"""The store of snapshots, and what changed between two of them."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from pathlib import Path

import geopandas as gpd
import pytest
from geopandas.testing import assert_geodataframe_equal
from pyarrow import parquet
from servers.small_snapshot import make

from geo.schema import METRIC, WGS84
from layers.readers import areas
from layers.readers.osm import snapshots


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with three snapshots, of which the last was made last; nobody changes it."""
    store = tmp_path_factory.mktemp("made")
    for id_ in ("test-1", "older", "bad"):
        snapshots.save(make(id_), store)
    return store


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Path:
    """Return a store with the snapshot ``test-1``."""
    shutil.copytree(made / "test-1", tmp_path / "test-1")
    return tmp_path


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    made = make()
    assert (
        snapshots.save(made, tmp_path / "store", areas.area_of("mitrovica")) == "test-1"
    )
    loaded = snapshots.load(tmp_path / "store", "test-1")
    for name in snapshots.LAYERS:
        assert_geodataframe_equal(getattr(loaded, name), getattr(made, name))
    assert loaded.source == made.source


def test_a_snapshot_without_the_columns_of_today_is_loaded(store: Path) -> None:
    (file,) = (store / "test-1" / "roads.parquet").iterdir()
    roads = gpd.read_parquet(file).drop(columns=["surface", "maxspeed_kph"])
    roads.to_parquet(file)
    roads = snapshots.load(store, "test-1").roads
    assert_geodataframe_equal(roads, make().roads)
    assert roads[["surface", "maxspeed_kph"]].isna().all(axis=None)


def test_the_manifest_counts_and_measures(tmp_path: Path) -> None:
    made = make()
    snapshots.save(made, tmp_path, areas.area_of("mitrovica"))
    (manifest,) = snapshots.list_all(tmp_path)
    rail = manifest.layers["railways"]
    length = made.railways.to_crs(METRIC).length / 1000
    assert rail.features == len(made.railways)
    assert rail.kilometres == pytest.approx(length.sum(), abs=0.001)
    assert manifest.area["name"] == "mitrovica"
    assert manifest.area["bounds"][0] == 20.55
    assert 1000 < manifest.area["square_kilometres"] < 3000
    assert manifest.provenance == {"reader": "test"}


def test_the_newest_is_the_one_made_last(tmp_path: Path) -> None:
    assert snapshots.newest(tmp_path / "absent") is None
    snapshots.save(make("b"), tmp_path)
    snapshots.save(make("a"), tmp_path)
    assert snapshots.newest(tmp_path) == "a"
    snapshots.save(make("b"), tmp_path)
    assert [manifest.id for manifest in snapshots.list_all(tmp_path)] == ["b", "a"]


def test_leftovers_and_other_folders_are_no_snapshots(store: Path) -> None:
    (store / "notes").mkdir()
    (store / ".test-1.abc.part").mkdir()
    (store / ".test-1.abc.part" / "manifest.json").write_text("{")
    assert [manifest.id for manifest in snapshots.list_all(store)] == ["test-1"]


def test_an_unknown_snapshot_is_refused_with_a_hint(store: Path) -> None:
    with pytest.raises(snapshots.SnapshotError, match=r"Did you mean test-1\?"):
        snapshots.load(store, "test-2")
    with pytest.raises(snapshots.SnapshotError, match="Known: test-1"):
        snapshots.load(store, "../../secret")


def test_a_damaged_layer_is_named_with_the_fix(store: Path) -> None:
    roads = store / "test-1" / "roads.parquet" / "part-00000.parquet"
    roads.write_bytes(roads.read_bytes()[:-1])
    with pytest.raises(
        snapshots.SnapshotError, match=r"00\.parquet cannot be read .* fetch"
    ):
        snapshots.load(store, "test-1")
    shutil.rmtree(roads.parent)
    with pytest.raises(snapshots.SnapshotError, match=r"00\.parquet is missing"):
        snapshots.load(store, "test-1")


def test_a_bit_that_flips_in_the_values_of_a_layer_is_noticed(store: Path) -> None:
    """The sum of a page is of its values; the head of a page, 20 bytes, has none."""
    roads = store / "test-1" / "roads.parquet" / "part-00000.parquet"
    whole, written = snapshots.load(store, "test-1").roads, roads.read_bytes()
    pages = parquet.read_metadata(roads).row_group(0)
    last = pages.column(pages.num_columns - 1)
    end = last.data_page_offset + last.total_compressed_size
    refused = changed = 0
    for at in range(4, end, end // 200):
        flipped = bytearray(written)
        flipped[at] ^= 1
        roads.write_bytes(flipped)
        try:
            changed += not snapshots.load(store, "test-1").roads.equals(whole)
        except snapshots.SnapshotError:
            refused += 1
    assert refused > 120
    assert changed < 5


def test_a_link_or_a_pipe_in_the_place_of_a_file_is_not_read(
    store: Path, tmp_path: Path
) -> None:
    part = store / "test-1" / "roads.parquet" / "part-00000.parquet"
    part.symlink_to(part.rename(tmp_path / "elsewhere.parquet"))
    with pytest.raises(snapshots.SnapshotError, match="or a link in its place"):
        snapshots.load(store, "test-1")
    part.unlink()
    os.mkfifo(part)
    with pytest.raises(snapshots.SnapshotError, match="is missing, or a link"):
        snapshots.load(store, "test-1")


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"format": 1}', "\x00", '{"format": 99}']
)
def test_a_damaged_manifest_is_named_with_the_fix(store: Path, text: str) -> None:
    (store / "test-1" / "manifest.json").write_text(text)
    with pytest.raises(snapshots.SnapshotError, match=r"manifest\.json .* Fix: delete"):
        snapshots.load(store, "test-1")


@pytest.mark.parametrize("fault", ["text", "made", "layer", "folder"])
def test_a_damaged_snapshot_does_not_stop_the_others(
    made: Path, tmp_path: Path, fault: str
) -> None:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    manifest = tmp_path / "bad" / "manifest.json"
    record = json.loads(manifest.read_text("utf-8"))
    if fault == "folder":
        manifest.unlink()
        manifest.mkdir()
    elif fault == "text":
        manifest.write_text("{")
    else:
        wrong = {"made": 5} if fault == "made" else {"layers": {}}
        manifest.write_text(json.dumps(record | wrong))
    assert [found.id for found in snapshots.list_all(tmp_path)] == ["older", "test-1"]
    assert snapshots.newest(tmp_path) == "older"
    assert snapshots.load(tmp_path, "test-1").source.id == "test-1"
    (error,) = snapshots.damaged(tmp_path)
    assert str(manifest) in str(error)
    with pytest.raises(
        snapshots.SnapshotError, match=r"bad.manifest\.json .* Fix: delete"
    ):
        snapshots.load(tmp_path, "bad")


def test_a_renamed_folder_is_named_with_the_fix(store: Path) -> None:
    (store / "test-1").rename(store / "mine")
    with pytest.raises(snapshots.SnapshotError, match="says that it is 'test-1'"):
        snapshots.load(store, "mine")


def test_a_failed_save_leaves_the_old_one(store: Path) -> None:
    broken = dataclasses.replace(make(), facilities=None)
    with pytest.raises(TypeError):
        snapshots.save(broken, store)
    assert snapshots.load(store, "test-1").source.id == "test-1"
    assert [path.name for path in store.iterdir()] == ["test-1"]


def test_the_manifest_is_plain_json(store: Path) -> None:
    text = (store / "test-1" / "manifest.json").read_text("utf-8")
    assert "© OpenStreetMap" in text
    assert json.loads(text)["layers"]["roads"]["features"] > 0


def test_layers_of_an_empty_region_are_saved(tmp_path: Path) -> None:
    made = make()
    empty = dataclasses.replace(made, waterways=made.waterways.iloc[:0])
    snapshots.save(empty, tmp_path)
    loaded = snapshots.load(tmp_path, "test-1")
    assert len(loaded.waterways) == 0
    assert loaded.waterways.crs == WGS84
