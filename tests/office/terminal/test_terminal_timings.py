"""What a command says of its time."""

import re
import time

import pytest

from mitrovica.terminal.console import stages

LINE = re.compile(r"(\w+) +([\d.]+) s +([\d.]+) s of processor time")


def test_processor_time_of_stages_adds_up_to_the_whole(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with stages(quiet=True, timings=True) as stage:
        stage("sleeps")
        time.sleep(0.3)
        stage("works")
        until = time.process_time() + 0.4
        while time.process_time() < until:
            pass
    lines = capsys.readouterr().err.splitlines()
    wall, processor = {}, {}
    for line in lines[:-1]:
        name, wall_s, processor_s = LINE.fullmatch(line).groups()
        wall[name], processor[name] = float(wall_s), float(processor_s)
    assert [*wall] == ["start", "sleeps", "works"]
    assert wall["sleeps"] >= 0.3 > processor["sleeps"]
    assert processor["works"] >= 0.4
    whole = float(re.search(r"whole +([\d.]+) s", lines[-1])[1])
    assert whole == pytest.approx(sum(processor.values()), abs=0.2)


def test_without_timings_a_line_has_the_time_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with stages() as stage:
        stage("works")
    assert re.fullmatch(r"works +0\.\d s\n", capsys.readouterr().err)
