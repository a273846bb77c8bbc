"""What is too large for the memory is refused, and what is advised fits."""

from __future__ import annotations

import dataclasses
import re

import pytest

from geo import limits
from geo.limits import TooLargeError, require_fits
from geo.params import AccessParams, CorridorParams, HotspotParams, Params
from geo.sightings.laws import Law
from layers.readers import bundled, machine

GB = 10**9


def refused(n: int, params: Params, available: int) -> str:
    with pytest.raises(TooLargeError) as caught:
        require_fits(n, bundled.network(), params, available)
    return str(caught.value)


def test_the_study_itself_fits_a_small_machine() -> None:
    require_fits(5, bundled.network(), Params(), 2 * GB)
    require_fits(5, bundled.network(), Params().in_full(), 4 * GB)


def test_nothing_is_refused_where_the_memory_is_not_known() -> None:
    require_fits(10**12, bundled.network(), Params(), None)


def test_the_number_of_sightings_that_would_fit_fits() -> None:
    message = refused(10_000_000, Params(), 4 * GB)
    assert "10,000,000 sightings" in message
    assert "4.0 GB are there" in message
    fits = int(re.search(r"at most ([\d,]+) sightings", message)[1].replace(",", ""))  # type: ignore[index]
    require_fits(fits, bundled.network(), Params(), 4 * GB)
    refused(fits + 1, Params(), 4 * GB)


@pytest.mark.parametrize(
    ("params", "key"),
    [
        (Params(hotspots=HotspotParams(lixel_m=0.001)), "lixel_m"),
        (Params(access=AccessParams(cell_m=5.0)), "cell_m"),
        (Params(corridors=CorridorParams(null_points=10_000_000)), "null_points"),
    ],
)
def test_the_parameter_that_takes_most_is_named_with_a_value_that_fits(
    params: Params, key: str
) -> None:
    message = refused(5, params, 2 * GB)
    table, value = re.search(rf"Fix: (\w+)\.{key} = (\d[\d.e+]*)", message).groups()  # type: ignore[union-attr]
    of_table = getattr(params, table)
    whole = int(value) if key == "null_points" else float(value)
    changed = dataclasses.replace(of_table, **{key: whole})
    require_fits(5, bundled.network(), dataclasses.replace(params, **{table: changed}), 2 * GB)


def test_where_no_single_change_helps_a_larger_machine_is_named() -> None:
    assert "a smaller area, or a machine with more memory" in refused(5, Params(), 10**8)


def test_memory_that_runs_out_is_named_with_the_step() -> None:
    with pytest.raises(MemoryError) as caught:
        Law(100.0, 200.0, gaussian=False).places(10**11)
    message = limits.exhausted(caught.value)
    assert message.startswith(
        "Memory ran out in geo.sightings.laws (Where a sighting's true place may be: "
    )
    assert "Unable to allocate" in message
    assert "Fix: fewer sightings" in message
    assert "\n" not in message


def test_the_memory_of_this_machine_is_known() -> None:
    available = machine.available_bytes()
    assert available is not None
    assert 10**8 < available < 10**14
