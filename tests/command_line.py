"""The command line, called as a user calls it."""

from __future__ import annotations

from typer.testing import CliRunner, Result

import mitrovica

SMALL = """
patrols = {iterations = 20, vehicles = 1}
corridors = {simulations = 19, null_points = 1000}
hotspots = {simulations = 19, draws = 1}
movement = {draws = 1}
access = {cell_m = 1000}
"""
"""Parameters of a run that takes little time."""


def call(*arguments: object) -> Result:
    """Call `mitrovica` and return what it printed and its exit code."""
    return CliRunner().invoke(mitrovica.app, [str(argument) for argument in arguments])
