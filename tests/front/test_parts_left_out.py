"""A study that lacks parts, drawn, written and read back: what is left out is named everywhere."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from importlib import resources
from pathlib import Path

import jsonschema
import pandas as pd
import pytest
from studies import small_study, valley

from geo.results import Findings
from layers.artwork import Drawn
from layers.files.filenames import FINDINGS, MAP
from layers.files.handling import Handling
from layers.readers import earlier_run
from layers.readers.earlier_run import Results
from layers.writers.run_folder import Contents, write_all
from maps import planner
from maps.words.about import left_out
from maps.words.catalogue import LANGUAGES

MADE = date(2026, 11, 26)


@pytest.fixture(
    scope="module",
    params=[
        # It leaves out every part of the findings.
        frozenset[str](),
        *(
            pytest.param(parts, marks=pytest.mark.proof)
            for parts in valley.PAIRWISE[1:]
        ),
    ],
    ids=valley.name,
)
def ran(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Findings, Path, Results]:
    """Return the findings of a study, its folder, and what is read from there."""
    data, params = (valley.study_data(request.param), valley.params(request.param))
    findings, folder = (
        valley.found_without(request.param),
        tmp_path_factory.mktemp("run"),
    )
    write_all(
        folder,
        Contents(
            params,
            Drawn(
                planner(findings, data, made=MADE).get_root().render(),
                summary=small_study.summary_lines(findings, data=data),
            ),
            Handling.of(MADE, params.privacy),
            datetime(2026, 11, 26, tzinfo=UTC),
        ),
        findings=findings,
        data=data,
    )
    return findings, folder, earlier_run.read(folder)


def texts(folder: Path) -> dict[str, dict[str, str]]:
    """Return the texts of the map by language and key."""
    data = re.search(
        'id="planner-data">(.*?)</script>', (folder / MAP).read_text("utf-8"), re.S
    )
    assert data
    found = json.loads(data[1])
    return {
        language: {key: each[n] for key, each in found["texts"].items()}
        for n, language in enumerate(found["languages"])
    }


def test_what_is_written_comes_back(ran: tuple[Findings, Path, Results]) -> None:
    findings, _, left = ran
    again = left.findings
    assert again.omitted == findings.omitted
    assert (again.access is None) == (findings.access is None)
    assert repr(again) == repr(findings)
    pd.testing.assert_frame_equal(
        again.patrols.stops.drop(columns="geometry"),
        findings.patrols.stops.drop(columns="geometry"),
    )
    assert left.study == "Lipa valley"


def test_findings_keep_to_their_schema(ran: tuple[Findings, Path, Results]) -> None:
    folder = ran[1]
    schema = (
        resources.files("layers.data")
        .joinpath("findings.schema.json")
        .read_text("utf-8")
    )
    jsonschema.validate(
        json.loads((folder / FINDINGS).read_text("utf-8")), json.loads(schema)
    )


def test_the_map_says_what_is_left_out_and_what_adds_it(
    ran: tuple[Findings, Path, Results],
) -> None:
    findings, folder, _ = ran
    by_language, page = texts(folder), (folder / MAP).read_text("utf-8")
    assert page.count('id="left-out"') == bool(findings.omitted)
    for language in LANGUAGES:
        why = left_out(findings).values()
        named = [each(language) for part in why for each in part]
        assert set(named) <= set(by_language[language].values())
        assert all(
            o.fix in text for o, text in zip(findings.omitted, named, strict=True)
        ) or (language != "en")


def test_the_study_is_named_by_itself_alone(
    ran: tuple[Findings, Path, Results],
) -> None:
    folder = ran[1]
    by_language = texts(folder)
    titles = [by_language[language]["title"] for language in LANGUAGES]
    assert [title.rpartition(", ")[2] for title in titles] == [
        "Lipa valley", "Lipa valley", "Dolina Lipe", "Долина Липе",
    ]  # fmt: skip
    assert {each["layer.boundary"] for each in by_language.values()} == {
        "Outline of the valley"
    }
    assert {each["footnote"] for each in by_language.values()} == set(
        valley.ABOUT.footnote.values()
    )


def test_no_model_is_listed_that_was_not_made(
    ran: tuple[Findings, Path, Results],
) -> None:
    findings, folder, _ = ran
    page = (folder / MAP).read_text("utf-8")
    made = findings.access is not None
    assert ('data-w="models.about"' in page) == made
    assert ('<section id="plan">' in page) == (not findings.patrols.stops.empty)
