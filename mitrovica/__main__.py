"""The command line as a module: ``python -m mitrovica``."""

from mitrovica.cli import app

app()
