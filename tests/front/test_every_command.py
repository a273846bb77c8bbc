"""Every command on every kind of study: it passes, or refuses as is written here beforehand."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from logs import crew_tracks
from logs.followed import asking
from reference_parts import named_commands
from studies import kinds, offices, shipped_words
from tools import desks
from tools.command_line import call
from typer.testing import Result

from geo.crs import metric_crs
from layers.readers import study

CALLS = {
    "init": "new --area outline.geojson --title New",
    "fetch": "{study} --from {extract} --store fetched",
    "fetch list": "--store fetched",
    "doctor": "",
    "run check": "{study} {store}",
    "init form": "form.xlsx {study}",
    "init table": "table.xlsx --language sr",
    "run": "{study} {ways} {store} --config small.toml --out out {log}",
    "plan": "{study} {store} --from out --config evening.toml --date {night} --out plan {log}",
    "run measure": "{study} {ways} {store} --config small.toml --out measured",
    "plan check": "{made}/patrol_plan.csv {study} {store} --from out --against {made} {log}",
    "map": "--from {made}",
    "desk": ". {store} {kept}",
    "log add": "{pages} --log log.gpkg",
    "log": "--log log.gpkg",
    "log export": "copy.gpkg --log log.gpkg",
    "log merge": "copy.gpkg --log log.gpkg",
    "log withdraw": "track.gpx --log log.gpkg",
    "log purge": "--before 2026-01-01 --log log.gpkg",
    "brief": "{study} --month {month} --out brief {kept}",
    "plan crews": "{study} --from {made} --people people.toml {kept}",
    "plan sites": "{study} {store} --from out {log}",
    "plan leaflet": "{study} --draft --languages ar,en",
    "release": "{study} {store} --from out --tier {tier} --to '{to}' --purpose health"
    " --until {until} --out released --register register.jsonl",
    "release combine": "{others} --to '{to}' --register register.jsonl",
    "release list": "--register register.jsonl",
    "release recall": "{release} --register register.jsonl",
}
"""Each command as it is called, in this order."""

LOG = "--log log.gpkg"
USUAL = {
    "study": "--study study", "store": "--store fetched", "ways": "", "log": LOG, "kept": LOG,
    "to": kinds.DOCTORS["organisation"], "extract": "ways.osm",
}  # fmt: skip
OF_STUDY: Mapping[str, Mapping[str, str]] = {
    "shipped": {
        "study": "", "store": "", "ways": "--snapshot own", "tier": "internal",
        "to": "DCAM regional coordinator",
    },
    "bare": {"tier": "public"},
    "foreign": {"tier": "internal", "log": "--no-log", "kept": "--log none.gpkg"},
    "scripts": {"tier": "partner"},
    "example": {"tier": "public"},
    **{f"{n} sightings": {"tier": "public"} for n in kinds.NUMBERS},
    **{name: {"tier": "public", "extract": str(path)} for name, path in kinds.EXTRACTS.items()},
}  # fmt: skip
"""What stands in the calls for each study, where it is not as in `USUAL`."""

DEPOT = 'depot = "ID OF A PLACE" under [parameters.patrols] in study.toml'
SIGHTING = "a row in sightings.csv"
MORE = "no cell has at least 20 groups. Fix: wait until more are known"
OFFICE = "([office] of study.toml: none is named)"
NOTHING = "Fix: one of none"
PLAN_FIRST = "add the plan first: mitrovica log add FOLDER/forms/stops.csv"
ADD_FIRST = "mitrovica log add FILES"
REFUSES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "bare": {
        "plan": (DEPOT,),
        "run measure": (SIGHTING,),
        "plan check": (DEPOT,),
        "log add": (PLAN_FIRST,),
        "log export": (ADD_FIRST,),
        "log merge": ("copy.gpkg does not exist",),
        "log withdraw": ("track.gpx does not exist",),
        "plan crews": (DEPOT,),
        "release": (MORE,),
        "release recall": (NOTHING,),
    },
    "foreign": {"release": (OFFICE,), "release recall": (NOTHING,)},
    "example": {"release": (MORE,), "release recall": (NOTHING,)},
    "0 sightings": {
        "run measure": (SIGHTING,),
        "release": (MORE,),
        "release recall": (NOTHING,),
    },
    "1 sightings": {"release": (MORE,), "release recall": (NOTHING,)},
    "5 sightings": {"release": (MORE,), "release recall": (NOTHING,)},
    **{
        name: {"release": (MORE,), "release recall": (NOTHING,)}
        for name in kinds.EXTRACTS
    },
}
"""By study and command, what it says that mends it; every other call passes."""

NAMED = re.compile(r"(?:Next|Fix|Row by row): (mitrovica [^.;]*)")
"""A command that a message tells the user to give."""

Played = tuple[str, Path, dict[str, Result | desks.Ended]]


def known_options(command: Any) -> set[str]:
    return {
        option
        for one in command.params
        for option in one.opts
        if option.startswith("--")
    }


def called(
    home: Path, kind: str, names: Iterable[str]
) -> dict[str, Result | desks.Ended]:
    """Call commands on the study in a folder, one after the other."""
    today = datetime.now(UTC).date()
    words = USUAL | OF_STUDY[kind]
    # A night of yesterday may last until some hours from now.
    words |= {"night": f"{today - timedelta(days=2)}", "month": f"{today:%Y-%m}",
              "until": f"{today + timedelta(days=7)}",
              "release": f"{today}-{words['tier']}-1"}  # fmt: skip
    found = {}
    for name in names:
        words["made"] = "plan" if (home / "plan").exists() else "out"
        if name == "release combine":
            words["others"] = offices.beside(home, home / "released")
        if name == "log add":
            words["pages"] = brought_back(home)
        line = [*name.split(), *shlex.split(CALLS[name].format(**words))]
        found[name] = desk(home, line) if name == "desk" else call(*line)
    return found


def desk(home: Path, line: list[str]) -> desks.Ended:
    """Open the desk and end it; it shows the night, or says what is missing, and the report."""
    result, answers = desks.looked_at(home, line)
    assert len(answers) == 3, result.output
    page, night, report = answers
    assert page.status == report.status == 200
    if night.status != 200:
        faults = [fault["en"] for fault in night.found["faults"]]
        assert "Fix: " in " ".join(faults)
    assert report.found.startswith("<h1>")
    return result


def brought_back(home: Path) -> str:
    """Write what a crew brings back, pages of three groups and a track; return their names."""
    stops = home / "plan" / "forms" / "stops.csv"
    if not stops.exists():
        unplanned = {"name": ["Clinic"], "arrive": ["2026-11-02T18:00:00+01:00"]}
        asking(pd.DataFrame(unplanned), 3).to_csv(home / "pages.csv", index=False)
        return "pages.csv"
    asking(pd.read_csv(stops), 3).to_csv(home / "pages.csv", index=False)
    folder = home / "study"
    boundary = study.read(folder if folder.exists() else None).boundary
    driven = crew_tracks.driven(home / "plan" / "layers", metric_crs(boundary))
    track = crew_tracks.gpx(next(iter(driven.values())), noise_m=10, gap_s=0, seed=1)
    (home / "track.gpx").write_text(track)
    return "plan/forms/stops.csv pages.csv track.gpx"


IN_SHORT = ("bare", "scripts")
"""Kinds of studies in the suite; all are in the proof, where the shipped one takes minutes."""


@pytest.fixture(
    scope="module",
    params=[
        kind if kind in IN_SHORT else pytest.param(kind, marks=pytest.mark.proof)
        for kind in OF_STUDY
    ],
)
def played(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Played]:
    """Return a kind of study, the folder that the commands were called in, and what they gave."""
    kind, home = request.param, tmp_path_factory.mktemp(request.param)
    if kind in kinds.EXTRACTS:
        request.getfixturevalue("shared")
    kinds.write(kind, home)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        if kind == "shipped":
            run, _ = request.getfixturevalue("bundled_run")
            shutil.copytree(run, home / "out")
        patch.setenv("XDG_DATA_HOME", str(home / "data"))
        yield (
            kind,
            home,
            called(home, kind, [n for n in CALLS if (n, kind) != ("run", "shipped")]),
        )


def test_no_command_is_left_out() -> None:
    called_here = {"mitrovica", *(f"mitrovica {name}" for name in CALLS)}
    assert called_here == {name for name, _ in named_commands()}


def test_each_command_passes_or_refuses_as_written(played: Played) -> None:
    kind, _, found = played
    refuses = REFUSES.get(kind, {})
    for name, result in found.items():
        fault = result.exception
        assert fault is None or isinstance(fault, SystemExit), (name, result.exc_info)
        assert (result.exit_code == 0) == (name not in refuses), (name, result.output)
        assert [
            line for line in refuses.get(name, ()) if line not in result.output
        ] == [], name


@pytest.mark.parametrize(
    "kind",
    [
        kind if kind == "bare" else pytest.param(kind, marks=pytest.mark.proof)
        for kind in REFUSES
    ],
)
@pytest.mark.usefixtures("own_register")
def test_what_a_refusal_asks_for_makes_the_command_pass(
    kind: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The bare study refuses most; the others are in the proof."""
    if kind in kinds.EXTRACTS:
        request.getfixturevalue("shared")
    refuses = REFUSES[kind]
    lines = dict.fromkeys(
        line for of_command in refuses.values() for line in of_command
    )
    kinds.write(kind, tmp_path)
    monkeypatch.chdir(tmp_path)
    for line in lines:
        if line in (SIGHTING, DEPOT, MORE, OFFICE):
            kinds.do(tmp_path / "study", line)
    again = [name for name in CALLS if name in {"fetch", "run", *refuses}]
    found = called(tmp_path, kind, again)
    assert {
        name: result.output for name, result in found.items() if result.exit_code
    } == {}


def test_no_word_of_the_shipped_study_stands_in_another(played: Played) -> None:
    kind, home, found = played
    if kind in ("shipped", *kinds.EXTRACTS):
        return
    words = shipped_words.find()
    said = {name: result.output for name, result in found.items()}
    written = {
        str(path.relative_to(home)): shipped_words.text_of(path)
        for path in home.rglob("*")
    }
    hits = {
        name: sorted({*words.findall(text)}) for name, text in (said | written).items()
    }
    assert {name: hit for name, hit in hits.items() if hit} == {}


def test_a_command_that_is_named_can_be_called(played: Played) -> None:
    """What stands behind "Next:" and "Fix:" names a command and options that there are."""
    _, _, found = played
    known = {name: known_options(command) for name, command in named_commands()}
    named = [line for result in found.values() for line in NAMED.findall(result.output)]
    assert named
    for line in named:
        words = shlex.split(line)
        name = next(one for one in (words[:3], words[:2]) if " ".join(one) in known)
        options = {word for word in words if word.startswith("--")}
        assert options <= known[" ".join(name)], line
