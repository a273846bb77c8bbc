"""Nearness to corridors, and whether it is more than chance."""

from collections.abc import Iterable
from typing import Final

from layers.schema.inputs import CORRIDORS
from layers.schema.table import Column, Table

BANDS_M: Final = (100.0, 250.0, 500.0)
"""Half-widths of the bands around corridors, unless a study sets others; metres."""


def band_column(band_m: float) -> str:
    """Return the name of the column that holds the probability of lying within `band_m`."""
    return f"p_{band_m:g}m".replace(".", "_")


def proximity_table(bands_m: Iterable[float] = BANDS_M) -> Table:
    """Return the table of nearness to corridors for these bands."""
    return Table(
        "proximity",
        "How near each sighting lies to each kind of corridor",
        (
            Column("sighting", "string", "sighting id"),
            Column("corridor", "string", "kind of corridor", values=CORRIDORS),
            Column("distance_m", "float64",
                   "distance to the nearest feature of the kind: half of the places where it may "
                   "have been are nearer", "m"),
            Column("distance_low_m", "float64", "5 % of those places are nearer", "m"),
            Column("distance_high_m", "float64", "95 % of those places are nearer", "m"),
            Column("nearest", "string",
                   "name, number or class of the feature nearest to its point"),
            *(
                Column(band_column(b), "float64", f"probability of lying within {b:g} m")
                for b in bands_m
            ),
            Column("located_from_kind", "bool",
                   "the position was taken from this kind: nearness is an input, not a finding"),
        ),
    )  # fmt: skip


PROXIMITY: Final = proximity_table()

PROXIMITY_TOTALS: Final = Table(
    "proximity_totals",
    "Expected number of sightings within each band of each kind of corridor",
    (
        Column("corridor", "string", "kind of corridor", values=CORRIDORS),
        Column("band_m", "float64", "width of the band on each side", "m"),
        Column("sightings", "Int64", "sightings measured"),
        Column("expected_within", "float64", "sum of the probabilities of lying in the band"),
        Column("located_from_kind", "Int64", "sightings whose nearness to the kind is an input"),
        Column("expected_within_independent", "float64",
               "the same sum without the sightings located from the kind"),
    ),
)  # fmt: skip

NULLS: Final = ("effort", "measured", "uniform", "network", "intensity")
"""Null models: where sightings would be if corridors did not matter."""

VERDICTS: Final = ("nearer", "fragile", "not_shown", "cannot_be_decided")
"""What a test says: `fragile` is nearer, but depends on one sighting or one assumption; the last is
said where so few sightings could not have shown it."""

CORRIDOR_TESTS: Final = Table(
    "corridor_tests",
    "Tests of whether sightings lie nearer to corridors than chance, one per kind and statistic",
    (
        Column("null", "string", "null model", values=NULLS),
        Column("corridor", "string", "kind of corridor", values=CORRIDORS),
        Column("test", "string", "statistic", values=("z1", "z2", "ks", "envelope")),
        Column("sightings", "Int64", "sightings tested"),
        Column("left_out", "Int64", "sightings located from the kind, left out"),
        Column("statistic", "float64", "its value; of the envelope none"),
        Column("p", "float64", "Monte Carlo p-value; one-sided (nearer), of ks two-sided"),
        Column("p_error", "float64", "standard error of p, as so few places of the null are drawn"),
    ),
)

CORRIDOR_BANDS: Final = Table(
    "corridor_bands",
    "Tests of whether more sightings than by chance lie within each band of each corridor kind",
    (
        Column("null", "string", "null model", values=NULLS),
        Column("corridor", "string", "kind of corridor", values=CORRIDORS),
        Column("band_m", "float64", "half-width of the band", "m"),
        Column("primary", "bool", "the one hypothesis named beforehand; the others are exploratory "
               "and adjusted together"),
        Column("sightings", "Int64", "sightings tested"),
        Column("left_out", "Int64", "sightings located from the kind, left out"),
        Column("null_share", "float64",
               "share of the null within the band, known as roughly as the sightings are"),
        Column("expected_within", "float64", "sum of the sightings' probabilities of lying within"),
        Column("p", "float64", "Monte Carlo p-value"),
        Column("p_adjusted", "float64",
               "adjusted for all kinds and bands by maxT; of the primary hypothesis p itself"),
        Column("p_error", "float64",
               "standard error of `p_adjusted`, as so few data sets are simulated and so few "
               "places of the null are drawn"),
        Column("smallest_p", "float64",
               "smallest adjusted p that so many sightings can reach, wherever they lie"),
        Column("p_left_out", "float64",
               "largest adjusted p when any one sighting is left out"),
        Column("depends_on", "string",
               "what a fragile verdict depends on: id of the sighting, or the assumption"),
        Column("needed_for_level", "float64",
               "sightings for any outcome to reach the level, adjusted"),
        Column("needed_for_effect", "float64",
               "sightings that would find the share seen with 80 % power, adjusted"),
        Column("tipping_ratio", "float64",
               "so many times likelier reporting within the band would explain the result; at "
               "most 1: nothing to explain"),
        Column("verdict", "string", "what the test says", values=VERDICTS),
    ),
)  # fmt: skip

CORRIDOR_CURVES: Final = Table(
    "corridor_curves",
    "Share of sightings within each distance, with its global envelope under the null",
    (
        Column("null", "string", "null model", values=NULLS),
        Column("corridor", "string", "kind of corridor", values=CORRIDORS),
        Column("distance_m", "float64", "distance to the corridor", "m"),
        Column("observed", "float64", "share of the sightings within it"),
        Column("central", "float64", "median of the simulations"),
        Column("high", "float64", "upper bound of the global envelope"),
    ),
)

NULL_POINTS: Final = Table(
    "null_points",
    "Some equally likely positions of each null model: where chance would put sightings",
    (Column("null", "string", "null model", values=NULLS),),
    geometry="Point",
)

EXPLANATIONS: Final = ("railway", "main_road", "river", "none")
"""What may explain a sighting: it was on a corridor of this kind, or on none of them."""

CORRIDOR_EXPLAINED: Final = Table(
    "corridor_explained",
    "How well each corridor kind explains each sighting, and all of them",
    (
        Column("sighting", "string", "sighting id; all for the sightings together"),
        Column("corridor", "string", "kind of corridor, none of them, or (of all) a mixture",
               values=(*EXPLANATIONS, "mixture")),
        Column("located_from_kind", "bool", "the position is an input to this odds"),
        Column("log_ratio", "float64", "natural logarithm of its likelihood against the null"),
        Column("share", "float64", "probability of the explanation, all alike before"),
        Column("share_reachable", "float64",
               "largest share that so many sightings could give it, wherever they lay"),
        Column("entropy", "float64", "of the explanations, 0 certain to 1 no idea"),
        Column("explained_by", "string",
               "explanation with at least 80 %; undecided if none has; cannot be decided where so "
               "few sightings could not give it 80 %",
               values=(*EXPLANATIONS, "mixture", "undecided", "cannot_be_decided")),
    ),
)  # fmt: skip
