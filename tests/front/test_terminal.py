"""What a user sees at 80, 100 and 140 columns, and in a file: ``tests/data/terminal/*.txt``.

``make terminal`` writes the files anew; read them before they are committed.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
from folders import DATA
from servers.small_snapshot import store_with_a_damaged_one
from studies.november import ONE_NIGHT
from tools.command_line import TOWN_RUN, call

KEPT = DATA / "terminal"
WIDTHS = ("80", "100", "140")
COMMANDS = (
    ONE_NIGHT.partition(" ")[2],
    "run check sightings.csv", "fetch list --store store", "fetch list --store empty",
    "plan --from run --date 30.11.2026", "fetch --from https://example.org/a.osm.pbf",
    "run --colour", "--help", "run --help", "plan --help",
)  # fmt: skip
ANSI = re.compile(r"\x1b\[[\d;?]*[a-zA-Z]")


@pytest.fixture(scope="module")
def folder(
    one_night: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return a folder with what the commands name; paths in it are short on every machine."""
    home = tmp_path_factory.mktemp("terminal")
    for name in ("run", "study", "quick.toml"):
        (home / name).symlink_to(one_night[0] / name)
    shutil.copy(DATA / "sightings_twelve_bad.csv", home / "sightings.csv")
    store_with_a_damaged_one(home / "store", "overpass-20261120-mitrovica")
    return home


@pytest.fixture
def shown(
    request: pytest.FixtureRequest, town_run: tuple[Path, str], one_night: tuple[Path, str],
    folder: Path, monkeypatch: pytest.MonkeyPatch,
) -> str:  # fmt: skip
    """Return what a session of commands prints, at a width or, without one, in a file."""
    monkeypatch.chdir(folder)
    monkeypatch.delenv("COLUMNS", raising=False)
    if request.param != "piped":
        for name, value in (
            ("COLUMNS", request.param),
            ("TTY_COMPATIBLE", "1"),
            ("TTY_INTERACTIVE", "0"),
        ):
            monkeypatch.setenv(name, value)
    made = {"80": {TOWN_RUN: town_run[1]}, "piped": {ONE_NIGHT: one_night[1]}}
    parts = made.get(request.param, {})
    # A plan takes seconds, and its tables are those of the other commands.
    for command in COMMANDS[request.param != "80" :]:
        result = call(*command.split())
        # The stages of a plan, on the stream for errors, have times.
        output = (
            result.stdout
            if command.startswith("plan --from run --s")
            else result.output
        )
        parts[f"mitrovica {command}"] = output
    text = "\n".join(f"$ {command}\n{output}" for command, output in parts.items())
    text = re.sub(
        r"your\s+files\):\s.*?\n(?=Map)", "your files): FOLDER\n", text, flags=re.S
    )
    # The snapshot was made today.
    text = re.sub(
        r"(2026-11-20 +)\d{4}-\d\d-\d\d", r"\g<1>2026-11-26", ANSI.sub("", text)
    )
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


@pytest.mark.parametrize(
    "shown",
    ["80", pytest.param("100", marks=pytest.mark.proof), "140", "piped"],
    indirect=True,
)
def test_commands_print_what_was_kept(
    shown: str, request: pytest.FixtureRequest
) -> None:
    name = request.node.callspec.params["shown"]
    path = KEPT / f"{name}.txt"
    if os.environ.get("REWRITE"):
        KEPT.mkdir(exist_ok=True)
        path.write_text(shown, "utf-8")
    assert shown == path.read_text("utf-8")
    # A command is no output; a file gets lines as long as they are.
    outputs = [line for line in shown.splitlines() if not line.startswith("$ ")]
    assert name == "piped" or max(map(len, outputs)) <= int(name)


@pytest.mark.parametrize("width", WIDTHS[:2])
def test_no_word_is_broken_in_two(width: str) -> None:
    texts = ((KEPT / f"{name}.txt").read_text("utf-8") for name in ("piped", width))
    # What a run prints is kept at 80 columns only.
    whole, narrow = (
        set(re.split(r"[\s│╭╮╰╯─]+", text[text.index("$ mitrovica plan") :]))
        for text in texts
    )
    assert narrow <= whole
