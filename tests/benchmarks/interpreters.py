"""How many contacts fail for want of a language, with and without one interpreter more.

Simulated, not measured.  Groups come at random in seasons of nights, and speak languages with the
shares that the countries of origin give, in both readings of table 2.  Where nobody on board
speaks a group's language, three contacts in five fail, as three of the report's five groups could
not be spoken with: five groups are few, and agree with anything from 15 to 95 in 100.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from geo.params.patrols import Person, Team
from layers.readers import study
from mitrovica.brief import report_tables
from mitrovica.brief.crews import assign
from mitrovica.brief.languages import spoken_by
from mitrovica.brief.report_figures import ReportFigures

NIGHTS, SEASONS, A_NIGHT = 90, 200, 4.0
"""Nights of a season; seasons; groups met a night, of both patrols of both shifts together."""
FAIL = 0.6
"""Share of contacts that fails where nobody on board speaks the language."""
SHIFTS = ("evening", "early_morning")
DRIVERS = [
    Person("driver", ("sq", "sr", "en"), (shift,)) for shift in SHIFTS for _ in range(2)
]
TRIPS = pd.DataFrame({
    "night": 1, "shift": np.repeat(SHIFTS, 2), "vehicle": [1, 2, 1, 2],
    "banks": [{"south"}, {"north", "south"}, {"south"}, {"north"}], "need": 1.0, "date": None,
    "begin_s": np.repeat([64_800, 99_000], 2), "end_s": np.repeat([82_800, 115_200], 2),
})  # fmt: skip


def shares(figures: ReportFigures, syria: float, morocco: float) -> pd.Series:
    """Return the shares of languages where two figures that contradict are read in one way."""
    rows = figures.origins[figures.origins["year"] == "2020"]
    read = {"Syria": syria, "Morocco": morocco}
    persons = {
        r["part"]: read.get(r["part"], r["high"]) for r in rows.to_dict("records")
    }
    return spoken_by(pd.Series(persons))


def failed(people: list[Person], spoken: pd.Series, seed: int) -> tuple[float, float]:
    """Return the share of contacts that fail, and how far seasons differ (5 to 95 in 100)."""
    trips = assign(
        TRIPS, Team(tuple(people)), pd.DataFrame([spoken] * len(SHIFTS), SHIFTS)
    )
    heard = [
        {g for p in (*row["riders"], *row["phone"]) for g in people[p].languages}
        for row in trips.to_dict("records")
    ]
    rng, rates = np.random.default_rng(seed), []
    for _ in range(SEASONS):
        n = rng.poisson(A_NIGHT * NIGHTS)
        language = rng.choice(spoken.index, n, p=spoken / spoken.sum())
        trip = rng.integers(0, len(trips), n)
        known = np.array([g in heard[v] for g, v in zip(language, trip, strict=True)])
        rates.append(float(np.mean(~known & (rng.random(n) < FAIL))))
    return float(np.mean(rates)), float(np.ptp(np.quantile(rates, [0.05, 0.95])))


def main() -> None:
    figures = report_tables.figures(report_tables.read(study.read()))
    assert figures is not None
    low, high = binomtest(3, 5).proportion_ci()
    print(f"The report: 3 of 5 groups, which agrees with {low:.0%} to {high:.0%}")
    crews = {
        "drivers alone (sq, sr, en)": [],
        "one Arabic interpreter on board, evening": [
            Person("interpreter", ("ar",), ("evening",))
        ],
        "one Arabic interpreter on board, south only": [
            Person("interpreter", ("ar",), (), "south")
        ],
        "one Arabic interpreter on the telephone": [
            Person("interpreter", ("ar",), phone=True)
        ],
        "one on the telephone, Arabic and Kurdish": [
            Person("interpreter", ("ar", "ku"), phone=True)
        ],
    }
    for reading in ((649.0, 183.0), (183.0, 649.0)):
        spoken = shares(figures, *reading)
        print(
            f"\nSyria {reading[0]:g}, Morocco {reading[1]:g}: Arabic {spoken['ar']:.0%}"
        )
        for name, more in crews.items():
            rate, spread = failed([*DRIVERS, *more], spoken, 1)
            print(
                f"  {name:48} {rate:.0%} of contacts fail (seasons differ by {spread:.0%})"
            )


if __name__ == "__main__":
    main()
