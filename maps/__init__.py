"""Drawing: style, words in three languages, the page, one map a file."""

from maps.planning import planner

__all__ = ["planner"]
