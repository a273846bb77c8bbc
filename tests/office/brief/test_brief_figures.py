"""Figures of a period: computed anew from the files that crews sent; what a tier may know."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from studies import briefs

from geo.records import Log
from geo.schema import LOG_CONTACTS, LOG_GROUPS
from mitrovica.brief import BriefError, Figures, figures_of, period_before
from mitrovica.brief.figures import ROUNDED
from mitrovica.log import retention, store
from mitrovica.log.current import in_force
from mitrovica.masks.tiers import TIERS

LATER = date(2027, 5, 1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the log of two plans, beside the files that it was made of."""
    return briefs.make(tmp_path_factory.mktemp("brief"))


@pytest.fixture(scope="module")
def log(made: Path) -> Log:
    return in_force(store.read(made), briefs.AREA)


def of(period: str, tier: str, log: Log, on: date = LATER) -> Figures:
    nights = retention.nights(log) if len(log.plans) else no_nights()
    return figures_of(log, nights, period, tier, on)


@cache
def no_nights() -> pd.DataFrame:
    return retention.nights(Log.of())


def test_figures_are_those_of_the_pages(made: Path, log: Log) -> None:
    for first, period in (("2026-11-10", "2026-11"), ("2026-12-01", "2026-12")):
        planned, rows, done = briefs.files(made.parent / first)
        found, pages = of(period, "internal", log), briefs.counted(rows)
        assert found.counts["planned"] == len(planned)
        assert found.counts["made"] == len(done)
        assert found.counts["skipped"] == len(rows) - len(done)
        assert found.counts["missing"] == len(planned) - len(rows) == 2
        assert found.groups == sum(int(row["page/groups"]) for row in done)
        assert found.hours == pytest.approx(briefs.hours(done), abs=1e-3)
        spoken = found.languages.set_index("language")
        for language, row in spoken.iterrows():
            assert row["answered"] == pages["answered"][language]
            assert row["in_words"] == pages["words"][language]
            assert row["groups"] == max(pages["language"][language], row["answered"])
        assert set(spoken.index) == {*pages["language"], *pages["answered"]}
        needs = found.needs.set_index("need")
        assert needs["asked"].to_dict() == {n: pages["needs"][n] for n in needs.index}
        assert needs["met"].to_dict() == {n: pages["met"][n] for n in needs.index}


def test_where_nobody_was_met_stays_inside(log: Log) -> None:
    met = log.groups["stop"].dropna().iloc[0]
    one_stop = replace(log, groups=log.groups[log.groups["stop"] == met])
    without = of("2026-12", "internal", one_stop)
    assert met not in set(without.empty["stop"])
    assert len(without.empty) == 3
    quarter = of("2026-Q4", "partner", log)
    assert quarter.empty.empty
    assert quarter.unreached == ()


def log_of(
    groups: dict[str, int], needs: dict[tuple[str, str], tuple[int, int]]
) -> Log:
    """Return a log with so many groups in each month, and needs asked and met by month."""
    met = [
        {"group_id": f"{month}{k}", "slot": f"{month}{k}", "stop": "a", "shift": "evening",
         "month": month, "size_class": "5-9"}
        for month, n in groups.items() for k in range(n)
    ]  # fmt: skip
    said = [
        {"contact_id": f"{month}{need}{kind}", "slot": "", "month": month, "area": "x",
         "kind": kind, "value": need, "groups": n}
        for (month, need), both in needs.items()
        for kind, n in zip(("need", "need_met"), both, strict=True)
    ]  # fmt: skip
    return Log.of(groups=LOG_GROUPS.frame(met), contacts=LOG_CONTACTS.frame(said))


def test_a_tier_is_told_no_figure_of_fewer_groups() -> None:
    log = log_of({"2026-01": 9, "2026-04": 23}, {
        ("2026-01", "food"): (9, 4), ("2026-04", "food"): (31, 17), ("2026-04", "water"): (31, 22),
    })  # fmt: skip
    assert of("2026-Q1", "partner", log).groups is None
    assert of("2026-Q1", "partner", log).needs.empty
    spring = of("2026-Q2", "partner", log)
    assert spring.groups == 20
    needs = spring.needs.set_index("need")
    assert needs.loc["food"].to_list() == [30, 15, 10]
    # Nine were not met: whoever knows how many asked must not learn how many got it.
    assert needs.loc["water", "asked"] == 30
    assert needs.loc["water", ["met", "unmet"]].isna().all()
    # The half-year is made of the quarters that a partner is told, so that no difference tells.
    half = of("2026-H1", "public", log)
    assert half.groups == 20
    assert half.needs.set_index("need").loc["food", "asked"] == 30
    assert half.needs[["met", "unmet"]].isna().to_numpy().all()


@given(st.lists(st.integers(0, 60), min_size=6, max_size=6))
def test_what_a_tier_is_told_is_rounded_and_holds_enough(counts: list[int]) -> None:
    months = [f"2026-{n:02d}" for n in range(1, 7)]
    log = log_of(dict(zip(months, counts, strict=True)), {})
    quarters = [sum(counts[:3]), sum(counts[3:])]
    for period, whole in (("2026-Q1", quarters[0]), ("2026-Q2", quarters[1])):
        met = of(period, "partner", log).groups
        assert met == (whole // ROUNDED * ROUNDED if whole >= 10 else None)
    whole = sum(one for one in quarters if one >= 10)
    met = of("2026-H1", "public", log).groups
    assert met == (whole // ROUNDED * ROUNDED if whole >= 20 else None)


@pytest.mark.parametrize(
    ("period", "tier", "on", "says"),
    [
        ("2026-Q4", "internal", LATER, "--month YYYY-MM"),
        ("2026-13", "internal", LATER, "--month YYYY-MM"),
        ("2026-12", "partner", LATER, "--quarter YYYY-QN"),
        ("2026-Q5", "partner", LATER, "--quarter YYYY-QN"),
        ("2026-Q3", "public", LATER, "--half-year YYYY-HN"),
        ("2026-Q4", "partner", date(2027, 1, 30), "30 days after its end"),
        ("2026-H2", "public", date(2027, 3, 30), "90 days after its end"),
        ("2027-06", "internal", date(2027, 5, 31), "has not begun"),
        ("2026-12", "friends", LATER, "internal, partner, public"),
    ],
)  # fmt: skip
def test_what_a_tier_may_not_know_is_refused(
    period: str, tier: str, on: date, says: str
) -> None:
    with pytest.raises(BriefError, match="Fix: "):
        of(period, tier, Log.of(), on)
    try:
        of(period, tier, Log.of(), on)
    except BriefError as error:
        assert says in str(error)


def test_the_day_after_the_delay_it_is_told() -> None:
    assert of("2026-Q4", "partner", Log.of(), date(2027, 1, 31)).groups is None
    assert of("2026-H2", "public", Log.of(), date(2027, 4, 1)).groups is None


def test_an_empty_log_says_nothing() -> None:
    found = of("2026-12", "internal", Log.of())
    assert (found.groups, found.hours, found.failed) == (0, 0.0, (0, 0))
    assert found.change is None
    assert isinstance(found.languages, pd.DataFrame)


def test_a_month_is_compared_inside_only(log: Log) -> None:
    change = of("2026-12", "internal", log).change
    assert change is not None
    assert 0 < change.p <= 1
    assert not change.seasons
    assert of("2026-11", "internal", log).change is None
    assert of("2026-Q4", "partner", log).change is None


def test_periods_and_tiers() -> None:
    assert period_before("2026-H1", "public") == "2025-H2"
    assert set(TIERS) == {"internal", "partner", "public"}
