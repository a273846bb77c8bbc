"""Colours: contrast, numbers on them, and patrols that differ without them."""

import pytest
from coloraide import Color

from layers import palette
from layers.package_data import toml


def test_contrast_is_that_of_wcag() -> None:
    # From the W3C: black on white is 21:1, #767676 on white 4.54:1.
    assert palette.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert palette.contrast("#ffffff", "#767676") == pytest.approx(4.54, abs=0.005)


def test_numbers_are_legible_on_the_colour_of_every_shift() -> None:
    for stroke in palette.SHIFTS:
        assert palette.contrast(palette.ink_on(stroke.colour), stroke.colour) >= 4.5


def test_no_two_patrols_look_alike_without_colour() -> None:
    looks = {
        (palette.patrol(shift, vehicle).dash, palette.patrol(shift, vehicle).shape)
        for shift in range(4)
        for vehicle in (1, 2, 3)
    }
    assert len(looks) == 12


@pytest.mark.parametrize("shift", palette.SHIFTS)
@pytest.mark.parametrize("water", ["rivers", "streams"])
@pytest.mark.parametrize("deficiency", [None, "deutan", "protan"])
def test_no_river_looks_like_a_route(
    shift: palette.Symbol, water: str, deficiency: str | None
) -> None:
    pair = [
        Color(toml("lists", "looks.toml")["ground"][water]["colour"]),
        Color(shift.colour),
    ]
    if deficiency:
        pair = [colour.filter(deficiency) for colour in pair]
    assert pair[0].delta_e(pair[1], method="2000") >= 15
