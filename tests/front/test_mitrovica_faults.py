"""Faults of a user's ends in one plain message and exit code 2; the program's own do not."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import sys
from pathlib import Path

import pytest
import typer
from servers.small_snapshot import store_with_a_damaged_one
from tools import programs
from tools.command_line import call, passed

from geo.sightings.laws import Law
from mitrovica import cli
from mitrovica.commands import plain_errors

pytestmark = pytest.mark.usefixtures("town")

BRACKETS = "[/x] [red]"


def test_a_path_with_square_brackets_is_printed_as_it_is(tmp_path: Path) -> None:
    form = tmp_path / f"{BRACKETS}.xlsx"
    written = call("init", "form", form)
    assert (written.exit_code, written.output) == (0, f"Wrote {form}\n")
    listed = passed("fetch", "list", "--store", tmp_path / BRACKETS)
    assert f"No snapshot in {tmp_path / BRACKETS}." in listed.output
    for command in (
        ("run", "check", tmp_path / f"{BRACKETS}.csv"),
        ("run", "--config", tmp_path / f"{BRACKETS}.toml"),
        ("fetch", "--from", tmp_path / f"{BRACKETS}.osm.pbf", "--store", tmp_path),
        ("map", "--from", tmp_path / BRACKETS),
        ("plan", "--from", tmp_path / BRACKETS),
    ):
        result = call(*command)
        assert result.exit_code == 2, result.output
        assert BRACKETS in result.output, command
        assert len(result.output.splitlines()) == 1, result.output


def test_a_missing_file_is_named_with_the_folder_and_without_a_number(
    tmp_path: Path,
) -> None:
    result = call("run", "--config", tmp_path / "none.toml")
    assert result.output == (
        f"{tmp_path / 'none.toml'} does not exist: looked in {tmp_path}. "
        "Fix: check the name and the folder\n"
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "plan --date 30.11.2026",
            "--date 30.11.2026: a day is written YYYY-MM-DD. Fix: ",
        ),
        (
            "fetch --from https://example.org/a.pbf",
            "--from https://example.org/a.pbf: an address",
        ),
        ("map --from nowhere", "nowhere does not exist: looked in "),
        ("plan --from nowhere", "nowhere does not exist: looked in "),
    ],
)
def test_what_was_meant_is_named_in_one_line(
    line: str, message: str, town_run: tuple[Path, str]
) -> None:
    run = () if "--from" in line else ("--from", town_run[0])
    result = call(*line.split(), *run)
    assert result.exit_code == 2
    assert result.output.startswith(message)
    assert len(result.output.splitlines()) == 1


def test_the_next_command_has_the_options_that_matter(tmp_path: Path) -> None:
    store = tmp_path / "my store"
    listed = call("fetch", "list", "--store", store)
    assert listed.output.endswith(f"Make one: mitrovica fetch --store '{store}'\n")


def test_a_damaged_snapshot_is_named_and_the_others_are_listed(tmp_path: Path) -> None:
    store_with_a_damaged_one(tmp_path)
    listed = passed("fetch", "list", "--store", tmp_path)
    assert [line.split()[:2] for line in listed.stdout.splitlines()] == [
        [], ["snapshot", "OSM"], ["good", "2026-11-20"]
    ]  # fmt: skip
    assert listed.stderr.startswith(
        f"Passed over: {tmp_path / 'bad' / 'manifest.json'} is damaged"
    )
    assert "Fix: delete the folder" in listed.stderr


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("patrols.vehicles = true", "patrols.vehicles: found True. a number is needed"),
        ("patrols.seed = 99999999999999999999", "patrols.seed: found 99999999999999999999."),
        ("patrols.date = 9999-12-31", "patrols.date: found datetime.date(9999, 12, 31)."),
        ('patrols.stop_kinds = ["staton"]', "Did you mean station?"),
        ("patrols.vehicels = 3", "There is no such key. Did you mean vehicles?"),
        ("[acess]", "acess: There is no such key. Did you mean access?"),
        ("corridors.level = 0.0005", "corridors: level = 0.0005 cannot be reached"),
        ('patrols.shifts = [{name = "a", start = "20:00", end = "19:00"}]', "23 h 00 min"),
        ('patrols.shifts = [{name = "a", start = "sunset+99:00", end = "19:00"}]', "12:00 from"),
        ("hotspots.lixel_m = 1e-7", "GB of memory, most for hotspots.lixel_m = 1e-07"),
        pytest.param('patrols.depot = "dcam_cordinator"', "Did you mean dcam_coordinator?",
                     marks=pytest.mark.proof),
        pytest.param('patrols.add_stops = ["station_mitrovca"]', "Did you mean station_mitrovica?",
                     marks=pytest.mark.proof),
    ],
)  # fmt: skip
def test_a_parameter_that_was_taken_silently_or_ended_in_a_traceback_is_refused_in_one_line(
    line: str, fault: str, tmp_path: Path
) -> None:
    config = tmp_path / "study.toml"
    config.write_text(
        "patrols.iterations = 20\naccess.cell_m = 1000\n"
        "hotspots.simulations = 19\n"
        "corridors.simulations = 19\ncorridors.bands_m = [250]\n" + line
    )
    result = call(
        "run",
        "--quiet",
        "--snapshot",
        "own",
        "--config",
        config,
        "--out",
        tmp_path / "out",
    )
    assert result.exit_code == 2, result.output
    assert fault in result.output
    assert len(result.output.splitlines()) <= 2, result.output
    assert not (tmp_path / "out").exists()


@pytest.mark.proof
def test_a_date_out_of_range_on_the_command_line_is_refused(
    town_run: tuple[Path, str],
) -> None:
    result = call("plan", "--from", town_run[0], "--date", "9999-12-31")
    assert result.exit_code == 2
    assert result.output.startswith(
        "patrols.date: found '9999-12-31'. Input should be less than"
    )
    assert len(result.output.splitlines()) == 1


def test_a_run_passes_over_a_damaged_snapshot_and_says_so(tmp_path: Path) -> None:
    store = store_with_a_damaged_one(tmp_path / "store")
    config = tmp_path / "too_large.toml"
    config.write_text("hotspots.lixel_m = 1e-7")
    options = ("--store", store, "--config", config, "--out", tmp_path / "out")
    result = call("run", *options)
    assert "Passed over: " in result.stderr
    assert "bad/manifest.json is damaged" in result.stderr
    assert "hotspots.lixel_m = 1e-07" in result.stderr
    named = call("run", "--snapshot", "good", *options)
    assert "Passed over" not in named.output


def test_a_run_that_runs_out_of_memory_says_so_in_one_line() -> None:
    """A real limit of the address space, in a process of its own."""

    def limited() -> None:
        os.environ["COLUMNS"] = "400"
        try:
            with plain_errors():
                resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
                Law(100.0, 200.0, gaussian=False).places(40_000)
        except typer.Exit as end:
            sys.exit(end.exit_code)

    done = programs.run(limited)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("Memory ran out in geo.sightings.laws")
    assert len(done.stderr.splitlines()) == 1


def test_faults_of_the_program_keep_their_traceback() -> None:
    with pytest.raises(ZeroDivisionError), plain_errors():
        json.loads(str(1 // 0))


def test_a_long_value_is_cut(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    config = tmp_path / "long.toml"
    config.write_text(f'patrols.time_zone = "{"x" * 5000}"')
    with pytest.raises(typer.Exit), plain_errors():
        from layers.readers.config import for_run

        for_run(config)
    assert len(capsys.readouterr().err.split(". ")[0]) < 130


def test_a_run_that_is_stopped_says_so_in_one_line_and_leaves_the_earlier_results(
    town_run: tuple[Path, str], tmp_path: Path
) -> None:
    """A real process, and the signal that Ctrl-C sends."""
    out = tmp_path / "out"
    shutil.copytree(town_run[0], out)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    said, into = os.pipe()

    def running() -> None:
        os.dup2(into, 2)
        sys.stderr = os.fdopen(into, "w")
        signal.signal(signal.SIGINT, signal.default_int_handler)
        cli.app(["run", "--snapshot", "own", "--out", str(out)], prog_name="mitrovica")

    program = programs.start(running)
    os.close(into)
    with os.fdopen(said) as lines:
        assert lines.readline().startswith("network ")
        assert program.pid
        os.kill(program.pid, signal.SIGINT)
        rest = lines.read().splitlines()
    program.join()
    assert program.exitcode == 130
    assert rest[-1] == "Stopped. The results of earlier commands are whole."
    # The signal is heard when a compiled loop ends: how far that is depends on the machine.
    assert "files" not in {line.split()[0] for line in rest[:-1]}
    assert {
        path: path.read_bytes() for path in out.rglob("*") if path.is_file()
    } == before
