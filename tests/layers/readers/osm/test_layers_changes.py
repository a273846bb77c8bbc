"""What changed between two states of OpenStreetMap."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest
from servers.small_snapshot import make

from layers.readers.osm import changes, snapshots


def test_the_same_state_has_no_change() -> None:
    assert changes.compare(make(), make()).empty


def test_what_was_added_removed_and_changed_is_counted_by_kind() -> None:
    old = make()
    roads, railways = old.roads.copy(), old.railways.copy()
    railways.loc[railways["status"] == "disused", "status"] = "active"
    gone, renamed, moved = roads.index[[0, 1, 2]]
    roads.loc[renamed, "name"] = "Rruga e re"
    roads.loc[moved, "geometry"] = roads.geometry[moved].reverse()
    new_facility = old.facilities.iloc[[0]].assign(id="node/99", kind="taxi")
    facilities = pd.concat([old.facilities, new_facility], ignore_index=True)
    new = dataclasses.replace(
        old, roads=roads.drop(gone), railways=railways, facilities=facilities
    )
    found = changes.compare(old, new)

    first = found.iloc[0]
    disused = old.railways[old.railways["status"] == "disused"]
    assert (first["layer"], first["change"]) == ("railways", "disused to active")
    assert first["features"] == len(disused) > 0
    assert first["km"] == pytest.approx(snapshots.length_km(disused).sum())
    assert set(found["layer"][1:]) == {"roads", "facilities"}, (
        "no railway is counted twice"
    )

    by_change = found[found["layer"] == "roads"].groupby("change")
    assert by_change["features"].sum().to_dict() == {"changed": 2, "removed": 1}
    km = snapshots.length_km(old.roads)
    assert by_change["km"].sum()["removed"] == pytest.approx(km[gone])
    assert by_change["km"].sum()["changed"] == pytest.approx(km[renamed] + km[moved])
    assert found.iloc[-1].tolist() == ["facilities", "taxi", "added", 1, 0.0]


def test_the_other_way_round_what_was_added_is_removed() -> None:
    old = make()
    new = dataclasses.replace(old, waterways=old.waterways.iloc[1:])
    there, back = changes.compare(old, new), changes.compare(new, old)
    assert there["change"].tolist() == ["removed"]
    assert back["change"].tolist() == ["added"]
    pd.testing.assert_frame_equal(
        there.drop(columns="change"), back.drop(columns="change")
    )
