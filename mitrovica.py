"""The front door: the command line, and the story read, analyse, draw, write."""

from __future__ import annotations

import typer

app = typer.Typer()
