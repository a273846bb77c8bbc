"""Commands of one word and of two: which is called, and what help names."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from reference_parts import named_commands
from studies import example
from tools.command_line import call

MOST = 10
"""Commands that the first help names."""
NARROW = 80


def names() -> set[str]:
    return {name.removeprefix("mitrovica ") for name, _ in named_commands()}


def test_few_commands_stand_at_the_top_and_help_names_all_others() -> None:
    tops = {name for name in names() if " " not in name} - {"mitrovica"}
    assert len(tops) <= MOST
    assert {name.split()[0] for name in names() if " " in name} <= tops
    first, _, further = call("--help").output.partition("Commands of two words:")
    for name in tops:
        assert f"\n  {name} " in first
    for name in names() - tops - {"mitrovica"}:
        top, second = name.split()
        assert second in further[further.index(f"\n  {top} ") :].splitlines()[1]
        assert f"\n  {name} " in call(top, "--help").output


def test_no_sentence_of_a_help_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(NARROW))
    for name in ("", *names() - {"mitrovica"}):
        said = call(*name.split(), "--help").output
        assert "...\n" not in said.partition("\nCommands:")[2], name
        assert max(map(len, said.splitlines())) <= NARROW, name


def test_a_study_with_the_name_of_a_second_word_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(example.EXAMPLE, tmp_path / "check")
    refused = call("run", "check")
    assert refused.exit_code == 2
    assert "`run check` is a command, and check a study" in refused.output
    assert "Fix: mitrovica run ./check for the study" in refused.output
    taken = call("run", "./check", "--config", "none.toml")
    assert taken.output.startswith("none.toml does not exist")
    (tmp_path / "check" / "study.toml").unlink()
    assert call("run", "check").exit_code == 0
    gone = call("run", "./check", "--config", "none.toml")
    assert gone.output.startswith("check is not the folder of a study")


def test_an_option_before_the_second_word_is_named_with_the_order_that_works() -> None:
    answer = call("release", "--register", "a b.jsonl", "recall", "2026-11-26-public-1")
    assert answer.exit_code == 2
    line = "mitrovica release recall 2026-11-26-public-1 --register 'a b.jsonl'"
    assert answer.output == f"--register goes behind the command. Fix: {line}\n"
    value = call("plan", "--from", "check", "--config", "none.toml")
    assert "goes behind" not in value.output


def test_a_second_word_that_is_none_is_refused() -> None:
    answer = call("plan", "chekc")
    assert answer.exit_code == 2
    assert "chekc" in answer.output
