"""What leaves the office: the monthly brief, releases of a run, and their recall."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from layers import readers, writers
from layers.files import atomic
from maps.words.text_tables import Columns
from mitrovica import log as logs
from mitrovica import releases
from mitrovica.story.outcome import SILENT, Outcome, Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import geopandas as gpd

    from geo.records import Log
    from layers.files.handling import Release as Terms
    from layers.readers.earlier_run import Results
    from layers.readers.study import Study
    from mitrovica.brief import Figures, Year
    from mitrovica.brief.overview import OnMap
    from mitrovica.releases import Order


@dataclass(frozen=True, kw_only=True)
class Brief:
    """A brief of a month, a quarter or half a year."""

    month: str | None = None
    quarter: str | None = None
    half_year: str | None = None
    tier: str = "internal"
    to: str = ""
    purpose: str = ""
    until: date | None = None
    study: Path | None = None
    store: Path | None = None
    log: Path | None = None
    out: Path = Path("brief")
    language: str = "en"
    register: Path | None = None

    def period(self, this_month: str) -> str:
        """Return the period that is asked for, by default the month before this one."""
        from mitrovica.brief import period_before

        named = self.half_year or self.quarter or self.month
        return named or period_before(this_month)


def brief(asked: Brief, watch: Watch = SILENT) -> Outcome:
    """Write the month in two pages.

    They say what patrols did, whom they met, and what is not known.

    Parameters
    ----------
    asked : Brief
    watch : Watch, optional
        Hears which tier a recipient gets, and each file as soon as it is written.

    Returns
    -------
    Outcome

    Raises
    ------
    mitrovica.releases.ReleaseError
        If the recipient, the purpose or the day cannot be, or two releases would tell too much
        together.
    mitrovica.brief.BriefError
        If there is nothing of the period, or the tier may not know of it.
    layers.files.atomic.DiskError
        If no file can be made in the folder of briefs.
    layers.readers.osm.snapshots.SnapshotError
        If the snapshot that the study names, whose ways lie under the map, is damaged.
    layers.writers.printing.PdfError
        If no browser prints; the page is there.
    """
    from maps.words.catalogue import language_of
    from mitrovica.brief import report_tables
    from mitrovica.brief.press import press_check
    from mitrovica.brief.sheets import Content, draw

    atomic.require_writable(asked.out)
    today = datetime.now(UTC).date()
    language = language_of(asked.language)
    study = readers.study.read(asked.study, asked.store)
    this_month = f"{today:%Y-%m}"
    period = asked.period(this_month)
    terms = None
    if asked.tier != "internal":
        terms = _terms(asked, today, watch, kind="brief-")
    tier = asked.tier if terms is None else terms.tier
    log = logs.store.read(logs.store.at(asked.log))
    told, before = logs.retention.for_brief(log, study.about.name, period, tier, today)
    content = Content(
        told,
        before,
        report_tables.figures(report_tables.read(study)),
        study.about,
        tier,
        today,
        others=study.table("others"),
        press=press_check(study),
        open=period == this_month,
        year=_year(asked, log, study, period, terms),
        terms=terms,
        map=_on_map(asked, terms, study, period, today),
    )
    put = None
    name = period
    if terms is not None:
        put = _entering(asked, terms, study, [told, before] if before else [told])
        name = terms.id
    html = asked.out / f"{name}.html"
    for path in writers.printing.write_page(html, draw(content), language, put):
        watch.show([f"Wrote {path}"])
    return Outcome()


def _on_map(
    asked: Brief, terms: Terms | None, study: Study, period: str, today: date
) -> OnMap | None:
    """Return the stops and released squares that a brief may show; None without any.

    The office sees the stops that were planned, others those whose cards hang; who enforces sees
    none.
    """
    from mitrovica.brief.overview import OnMap

    log = logs.retention.of_study(asked.log, study.about.name)
    if terms is None:
        stops = logs.retention.stops_of(log, period)
    else:
        hung_out = study.settings.hung_out
        if releases.enforces(terms.to):
            hung_out = {}
        stops = logs.retention.announced(log, hung_out, today)
    register = releases.register
    entries = register.of_office(asked.register)
    entry = register.newest_cells(entries, study.about.name, terms, today)
    if (stops.empty and entry is None) or not readers.network.chosen(study):
        return None
    ways, _ = readers.network.load(study, None)
    boundary = cast("gpd.GeoDataFrame", study.on(ways).boundary)
    shown = OnMap(boundary, study.places, ways, stops)
    if entry is None:
        return shown
    return replace(shown, cells=entry.squares, released=entry.day)


def _year(
    asked: Brief, log: Log, study: Study, period: str, terms: Terms | None
) -> Year | None:
    """Return the year up to a month or a quarter; None of half a year, or where little is known."""
    from mitrovica.brief import year_as_released, year_of

    register = releases.register
    entries = register.of_office(asked.register)
    if terms is None:
        changes = [(one.month, one.what) for one in study.settings.changes]
        counting = logs.current.in_force(log, study.about.name)
        quarters = register.quarters_of(entries)
        return year_of(counting, period, quarters, changes)
    if terms.tier == "partner":
        quarters = register.quarters_of(entries, terms.to)
        return year_as_released(quarters, period)
    return None


def _terms(asked: Brief | Release, today: date, watch: Watch, **more: Any) -> Terms:
    """Return the terms on which something leaves, and say if the recipient gets a lower tier."""
    path = releases.register.at(asked.register)
    terms = releases.register.terms(
        path, asked.tier, asked.to, asked.purpose, asked.until, today, **more
    )
    partners = releases.partners
    watch.show(partners.lowered(terms, asked.tier, partners.at(path)))
    return terms


def _entering(
    asked: Brief, terms: Terms, study: Study, told: list[Figures]
) -> Callable[[dict[Path, Path]], None]:
    """Return what enters a brief in the register and puts its page in place."""
    register = releases.register
    path = register.at(asked.register)
    entry = register.brief_of(terms, study.about.name, told)
    return partial(register.enter, path, entry, register.known(path))


@dataclass(frozen=True, kw_only=True)
class Release:
    """A release of a run."""

    tier: str
    to: str
    purpose: str
    until: date
    from_: Path = Path("out")
    out: Path | None = None
    study: Path | None = None
    store: Path | None = None
    snapshot: str | None = None
    least_groups: int | None = None
    delay_days: int | None = None
    override: str = ""
    register: Path | None = None
    draft: bool = False


def release(asked: Release, watch: Watch = SILENT) -> Outcome:
    """Make what may leave of a run, or refuse it and say why.

    Parameters
    ----------
    asked : Release
        For whom, for what, until when; of which run.
    watch : Watch, optional
        Hears which tier a recipient gets.

    Returns
    -------
    Outcome
        Where the release is, and what it tells.

    Raises
    ------
    mitrovica.releases.ReleaseError
        If it is refused; the message says why, and what would pass.
    layers.complaints.UserError
        If the folder holds no run of the study.
    """
    from maps.outputs import draw
    from mitrovica.markdown import as_html
    from mitrovica.releases.release_map import draw_release

    now = datetime.now(UTC)
    register = releases.register
    path = register.at(asked.register)
    earlier = readers.earlier_run.read(asked.from_)
    study = readers.study.read(asked.study, asked.store)
    study = study.again(earlier.study, earlier.boundary)
    terms = _terms(
        asked, now.date(), watch, override=asked.override, office=study.settings.office
    )
    order = _order(asked, terms, earlier, study, now)
    target = register.free(asked.out or asked.from_.with_name(f"release-{terms.id}"))
    if terms.tier == "partner":
        order = _with_cards(order, earlier)
    lines: Sequence[str]
    if terms.tier != "internal":
        lines = releases.gate.release(
            order, target, path, draw_release, draft=asked.draft
        )
    elif asked.draft:
        lines = ["Nothing is masked: only the own office gets the tier internal."]
    else:
        lines = releases.folder.fill_for_office(
            target, order, path, partial(draw, as_html=as_html)
        )
    if asked.draft:
        return Outcome(
            [f"Nothing is released. The tier {terms.tier} would tell:", *lines]
        )
    return Outcome([f"Release {terms.id} in {target}", *lines])


def _order(
    asked: Release, terms: Terms, earlier: Results, study: Study, now: datetime
) -> Order:
    """Return what is asked for, on the terms that the recipient gets."""
    from geo.params import Params
    from mitrovica.brief import report_tables

    register = releases.register
    limits = register.thresholds(
        terms.tier, asked.least_groups, asked.delay_days, asked.override
    )
    params = Params(**earlier.parameters)
    report = report_tables.read(study)
    return releases.Order(
        terms=terms,
        limits=limits,
        run=earlier.findings,
        data=earlier.data(study, params, asked.snapshot),
        params=params,
        hung_out=study.settings.hung_out,
        contradictions=report_tables.contradictions(report),
        now=now,
        earlier=register.of_office(asked.register),
        tables=report_tables.by_name(report, study.table("others")),
    )


def _with_cards(order: Order, earlier: Results) -> Order:
    """Return an order with the cards that hang: their hours leave only to the office's list."""
    from maps.cards import cards

    hanging = replace(order.run.patrols, stops=order.hanging)
    line = order.terms.handling.line()
    on_cards = cards(hanging, order.data, order.params, made=earlier.made, terms=line)
    return replace(order, cards=on_cards.pdf())


@dataclass(frozen=True, kw_only=True)
class OfRegister:
    """A register of releases, by default that of the office."""

    register: Path | None = None

    @property
    def file(self) -> Path:
        """The file of the register."""
        return releases.register.at(self.register)

    @property
    def partners(self) -> Path:
        """The list of partners beside it."""
        return releases.partners.at(self.file)


def list_releases(asked: OfRegister) -> Outcome:
    """List the releases: who has what, for what, until when.

    Parameters
    ----------
    asked : OfRegister
        What the command was asked for.

    Returns
    -------
    Outcome
    """
    register = releases.register
    entries = register.read(asked.file)
    today = datetime.now(UTC).date()
    partners = releases.partners.read(asked.partners, today)
    to_recall = releases.partners.to_recall(entries, partners, today)
    if not entries:
        return Outcome([f"No release in {asked.file}."], to_recall)
    rows = [entry.row(today) for entry in entries]
    return Outcome([Columns.of(register.HEAD, rows)], to_recall)


def register_shown(asked: OfRegister) -> dict[str, Any]:
    """Return what a form shows of releases and partners, as plain values.

    Parameters
    ----------
    asked : OfRegister

    Returns
    -------
    dict
        ``releases``, each with the row that `list_releases` shows; ``partners``; ``recall``: what
        is to be recalled; ``purposes``; ``rule``.
    """
    from mitrovica.masks.tiers import PURPOSES

    partners = releases.partners
    today = datetime.now(UTC).date()
    entries = releases.register.read(asked.file)
    listed = partners.read(asked.partners, today)
    return {
        "releases": [
            {"id": entry.id, "recalled": entry.recalled, "row": entry.row(today)}
            for entry in entries
        ],
        "partners": [vars(one) | {"until": one.until.isoformat()} for one in listed],
        "recall": partners.to_recall(entries, listed, today),
        "purposes": PURPOSES,
        "rule": partners.RULE,
        "today": today.isoformat(),
    }


def enter_partner(asked: OfRegister, partner: Mapping[str, Any]) -> None:
    """Enter an organisation in the list of partners, in place of one of its name.

    Parameters
    ----------
    asked : OfRegister
    partner : mapping
        As in `partners.toml`.

    Raises `layers.complaints.UserError` if it may not be there.
    """
    today = datetime.now(UTC).date()
    releases.partners.enter(asked.partners, partner, today)


def take_out_partner(asked: OfRegister, name: str) -> None:
    """Take an organisation out of the list of partners.

    Parameters
    ----------
    asked : OfRegister
    name : str
        Of the organisation.
    """
    today = datetime.now(UTC).date()
    releases.partners.take_out(asked.partners, name, today)


@dataclass(frozen=True, kw_only=True)
class Recall(OfRegister):
    """A release to be recalled."""

    name: str
    out: Path | None = None


def recall(asked: Recall) -> Outcome:
    """Recall a release: write the note to its recipient.

    Parameters
    ----------
    asked : Recall
        What the command was asked for.

    Returns
    -------
    Outcome

    Raises `mitrovica.releases.ReleaseError` if there is none of this id.
    """
    note = asked.out or Path(f"recall-{asked.name}.md")
    releases.register.recall(asked.file, asked.name, note)
    return Outcome([f"Wrote {note}. Send it to the recipient."])
