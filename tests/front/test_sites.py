"""Sites for a service, as the command tells them: the best of all, and nothing but places."""

from __future__ import annotations

from pathlib import Path

import pytest
from tools.command_line import call

from geo.siting import best_sites, minutes_of, sites_of
from layers import readers
from layers.complaints import UserError
from mitrovica import story


@pytest.fixture
def run(one_night: tuple[Path, str]) -> Path:
    return one_night[0] / "run"


def test_the_best_place_is_the_best_of_all(run: Path, tmp_path: Path) -> None:
    outcome = story.sites(story.Sites(from_=run, no_log=True, most=1, out=tmp_path))
    earlier = readers.earlier_run.read(run)
    study = readers.study.read(None).again(earlier.study, earlier.boundary)
    params, _ = readers.config.for_plan(earlier.parameters, None)
    data = earlier.data(study, params, None)
    places = sites_of(data, params.patrols)
    minutes, need = minutes_of(data, earlier.findings.need, places, params.need)
    public = minutes.loc[:, ~places["closed"]]
    alone = (public <= 15).mul(need, axis=0).sum()
    [best] = best_sites(public, need, most=1)["sites"][1:]
    assert alone[best[0]] == pytest.approx(alone.max())
    table = next(part for part in outcome.shown if not isinstance(part, str))
    assert table.rows[1][1:3] == (places.loc[best[0], "name"], f"{alone.max():.0%}")


def test_report_and_map_name_places_alone_and_for_whom(
    run: Path, tmp_path: Path
) -> None:
    story.sites(story.Sites(from_=run, no_log=True, out=tmp_path))
    report = (tmp_path / "sites.md").read_text("utf-8")
    assert "For those who bring help" in report
    assert "Belvedere" in report
    assert "known to 1500 m" in report
    drawn = (tmp_path / "map.html").read_text("utf-8")
    assert "among the best" in drawn
    assert "(Mitrovica South): closed" in drawn


def test_a_service_that_is_unknown_is_refused_with_those_that_are(run: Path) -> None:
    with pytest.raises(UserError, match="one of registration, protection"):
        story.sites(story.Sites(from_=run, service="charging_phones"))
    few = call("plan", "sites", "--from", run, "--no-log", "--most", "-1")
    assert (few.exit_code, few.output) == (2, "most is -1. Fix: most=3\n")
    told = call("plan", "sites", "--from", run / "nowhere")
    assert told.exit_code == 2
    assert "Fix: check the name and the folder" in told.output
