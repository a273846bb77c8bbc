"""The front door: the command line, and the story it tells: read, analyse, draw, write."""

__version__ = "0.1.0"
