"""What is too large for the memory is refused, and what is advised fits."""

from __future__ import annotations

import pytest

from geo import limits
from geo.limits import TooLargeError, require_fits
from geo.params import AccessParams, HotspotParams, Params
from geo.sightings.laws import Law
from layers.readers import bundled
from mitrovica import machine

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


@pytest.mark.parametrize(
    ("n", "params", "largest"),
    [
        (10_000_000, Params(), "10,000,000 sightings"),
        (5, Params(hotspots=HotspotParams(lixel_m=0.001)), "hotspots.lixel_m = 0.001"),
        (5, Params(access=AccessParams(cell_m=5.0)), "access.cell_m = 5"),
    ],
)
def test_what_takes_most_is_named(n: int, params: Params, largest: str) -> None:
    message = refused(n, params, 2 * GB)
    assert f"most for {largest}" in message
    assert (
        "2.0 GB are there. Fix: fewer sightings, a network of a smaller area" in message
    )


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
