"""Proofs hand to a method what a study hands to it: names, columns and settings are the same."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from problems import other_seasons, seasons
from problems.as_run import fit_as_run
from studies import valley
from studies.bundled_region import at_home, bundled_inputs, bundled_need, bundled_region

from geo import study
from geo.intensity import need
from geo.params import Params
from geo.patrols import proposal

Call = dict[str, Any]
COLUMNS_READ = ("ways", "visits", "kinds")
"""Frames of which `geo.intensity.fit` reads every column."""


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Callable[[object, str], list[Call]]:
    """Have a function of a module note the arguments of its calls."""

    def record(module: object, name: str) -> list[Call]:
        whole, calls = getattr(module, name), []

        def noted(*args: Any, **named: Any) -> Any:
            bound = inspect.signature(whole).bind(*args, **named)
            calls.append(dict(bound.arguments))
            return whole(*args, **named)

        monkeypatch.setattr(module, name, noted)
        return calls

    return record


def run_valley() -> None:
    study.run(valley.study_data(), valley.params())


def settings(call: Call) -> dict[str, object]:
    """Return the names of arguments with what must not differ: columns, numbers, types."""
    found: dict[str, object] = {}
    for name, value in call.items():
        if isinstance(value, pd.DataFrame) and name in COLUMNS_READ:
            found[name] = sorted(value.columns)
        elif isinstance(value, (int, float)):
            found[name] = value
        else:
            found[name] = type(value).__name__
    return found


def test_the_field_is_fitted_as_in_a_study(
    recorded: Callable[[object, str], list[Call]],
) -> None:
    calls = recorded(need, "fit")
    run_valley()
    country, drawn = seasons.grid_country(), seasons.from_prior(5, 1, 1)
    fit_as_run(
        country.ways, country.stops, drawn.visits, drawn.reports, drawn.kinds,
        country.towns,
    )  # fmt: skip
    land, truth = other_seasons.land(), other_seasons.season(1)
    fit_as_run(
        land.ways, land.stops, truth.visits, truth.reports, truth.kinds,
        land.towns,
    )  # fmt: skip
    as_run, *proofs = map(settings, calls)
    assert proofs == [as_run, as_run]
    assert as_run["ways"] == ["corridor", "geometry"]


def test_patrols_are_planned_as_in_a_study(
    recorded: Callable[[object, str], list[Call]],
) -> None:
    calls = recorded(proposal, "propose")
    few = replace(Params(), patrols=replace(Params().patrols, iterations=1, vehicles=1))
    params = at_home(few)
    proposal.replan(bundled_region(), bundled_need(), params)
    (call,) = calls
    product, proof = call["inputs"], bundled_inputs(few)
    assert proof.params == product.params
    assert proof.stops.equals(product.stops)
    assert np.array_equal(proof.reach.of_all, product.reach.of_all)
