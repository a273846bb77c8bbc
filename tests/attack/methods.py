"""All attacks, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from attack import figures, lattice, places, words
from attack.folder import Folder
from attack.planted import Planted
from attack.targets import Score, cells, score, targets
from attack.world import World

POSITIONS: dict[str, figures.Method] = {
    "lattice": lattice.invert,
    "distances": figures.distances,
    "discs": figures.discs,
    "curves": figures.curves,
    "intersection": figures.intersection,
    "surface": figures.surface,
    "densities": figures.densities,
    "snapped": figures.snapped,
    "coordinates": places.coordinates,
}
"""Attacks on the place of a sighting."""

FACTS: dict[str, Callable[[Folder, Planted], list[str]]] = {
    "words": words.words,
    "columns": words.columns,
    "months": words.months,
    "sizes": words.sizes,
    "digests": words.digests,
}
"""Attacks on anything else about it."""


@dataclass(frozen=True)
class Report:
    """What the attacks made of a folder."""

    scores: dict[str, Score] = field(default_factory=dict)
    facts: dict[str, list[str]] = field(default_factory=dict)

    @property
    def leaks(self) -> list[str]:
        """The attacks that know more than the table of sightings tells."""
        return [n for n, s in self.scores.items() if s.leaks] + [
            n for n, f in self.facts.items() if f
        ]

    @property
    def best(self) -> str:
        """The attack on places that wins most, of those that bet on any."""
        return max(self.scores, key=lambda n: (self.scores[n].sightings > 0, self.scores[n].won))


def fine(n: int) -> float:
    """Return the step of the places in a cell: one sighting must be able to show a leak."""
    return 0.5 if n <= 3 else 1.0 if n <= 5 else 5.0


def attack(
    folder: Folder,
    planted: Planted,
    world: World,
    only: Iterable[str] = (*POSITIONS, *FACTS),
) -> Report:
    """Run the attacks named on a folder.

    A run leaves nothing of where interviews were.  Whoever looks for coordinates is given the cells
    of those, too.
    """
    chosen = set(only)
    step_m = fine(len(planted.of_kind("sighting")))
    events, every = targets(folder, step_m), cells(planted.door(), step_m)
    scores = {}
    for name, method in POSITIONS.items():
        if name in chosen:
            found = every if name == "coordinates" else events
            scores[name] = score(found, method(folder, world, found), planted.truth)
    facts = {name: m(folder, planted) for name, m in FACTS.items() if name in chosen}
    return Report(scores, facts)
