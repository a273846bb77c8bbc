"""The stages of a command on the stream for errors."""

from __future__ import annotations

import re

import pytest

from mitrovica.terminal.console import stages


def pass_two(**options: bool) -> None:
    with stages(**options) as stage:
        stage("network")
        stage("access")


def test_each_stage_has_a_line_with_its_time_when_it_ends(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pass_two()
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r"network +\d+\.\d s\naccess +\d+\.\d s\n", err)


def test_the_stage_that_fails_has_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError), stages() as stage:
        stage("network")
        stage("access")
        stage(str(1 // 0))
    assert [line.split()[0] for line in capsys.readouterr().err.splitlines()] == [
        "network"
    ]


def test_a_terminal_has_a_line_for_each_stage_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (
        ("TTY_COMPATIBLE", "1"),
        ("TTY_INTERACTIVE", "0"),
        ("NO_COLOR", "1"),
    ):
        monkeypatch.setenv(name, value)
    pass_two()
    lines = re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", capsys.readouterr().err).splitlines()
    assert [line.split()[0] for line in lines if re.search(r"\d s$", line)] == [
        "network",
        "access",
    ]


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    pass_two(quiet=True)
    assert capsys.readouterr() == ("", "")
