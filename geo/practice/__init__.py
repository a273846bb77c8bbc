"""Made-up seasons, to try methods on and to practise with: never to be shown as real ones.

`season` draws groups on their way and what patrols find of them, `reports_of` what residents and
press report of them; `play` lets a plan meet the groups of a season, a night at a time.
"""

from geo.practice.exercise import play
from geo.practice.simulation import paths_of, reports_of, season

__all__ = ["paths_of", "play", "reports_of", "season"]
