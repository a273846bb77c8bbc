"""The command line, also as ``python -m mitrovica``: it needs the libraries of the office."""

import sys

from layers.complaints import UserError, extra


def main() -> None:
    """Run a command; without the office's libraries, say what installs them."""
    try:
        with extra("office", "the command line"):
            from mitrovica.cli import app
    except UserError as error:
        sys.exit(f"Error: {error}")
    app()


if __name__ == "__main__":
    main()
