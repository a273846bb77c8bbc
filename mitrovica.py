"""The command line, and the story it tells: read, analyse, draw, write.

`readers`, `writers`, `logs` and `terminal` open a room when it is first used, and other heavy
imports happen inside the commands, so that ``mitrovica --help`` answers at once.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

import typer
from rich.markup import escape

from layers import atomic, readers, releases, staging, writers
from layers import log as logs
from layers.shipped import command
from maps import terminal
from maps.terminal import options as opt
from maps.terminal.console import Commands, Grid, complain, screen, show, stages

if TYPE_CHECKING:
    from shapely import Polygon

    from geo.params import Params
    from geo.results import Findings
    from layers.readers.earlier_run import Results
    from layers.readers.sightings.report import SightingsReport
    from layers.readers.study import Study
    from layers.records import Layers, Log, StudyData, Terrain
    from layers.releases.folder import Order

__version__ = "0.1.0"

# Help and errors without boxes, alike on a screen and in a file.
app = typer.Typer(
    cls=Commands, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None
)
sightings_app = typer.Typer(
    help="Check files of sightings from the field.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(sightings_app, name="sightings")
releases_app = typer.Typer(
    help="Who got which release, for what, until when; recall one.", rich_markup_mode=None
)
app.add_typer(releases_app, name="releases")
log_app = typer.Typer(
    help="What patrols found: the log, which never leaves the office.", rich_markup_mode=None
)
app.add_typer(log_app, name="log")


@app.callback(invoke_without_command=True)
def main(version: opt.Version = False) -> None:
    """Corridor proximity, hotspots and patrol routes for outreach to people on the move."""
    if version:
        show([f"mitrovica {__version__}"])
        raise typer.Exit


@app.command("init")
@opt.takes(opt.Init)
def make_study(o: opt.Init) -> None:
    """Write the folder of a new study, with an example in each table."""
    outline = None if o.area is None else readers.areas.resolve(o.area, cache=o.cache)
    written = writers.study.write(o.folder, o.title or o.folder.resolve().name, outline)
    show(f"Wrote {path}" for path in written)
    fetch = command("fetch", study=o.folder, area=None if o.area else "PLACE", cache=o.cache)
    show([f"Next: fill in places.csv and sightings.csv, then {fetch}"])


@app.command()
@opt.takes(opt.Run)
def run(o: opt.Run) -> None:
    """Run the study: read, analyse, draw, write."""
    from geo import limits
    from geo.study import run as analyse
    from layers.cluster import engine
    from layers.handling import Handling
    from maps.drawing import draw

    now, wanted = datetime.now(UTC), writers.formats.named(o.formats)
    opened = open_study(o.folder, o.study, store=o.store)
    params = readers.config.for_run(o.config, opened.settings.parameters, full=o.full)
    handling = Handling.of(now.date(), params.privacy)
    show(map(writers.folder.kept_line, staging.ready(o.out, "run")))
    patrolled, log_used = open_log(o.log, opened.about.name, no_log=o.no_log)
    inside = writers.private.folder_of(now, o.out)
    # Sightings that the user did not give need no report of their rows.
    given = (o.sightings or opened.sightings) if o.sightings or o.folder or o.study else []
    silent = o.quiet or not given
    name_damaged(o.store, o.snapshot)
    inputs = [each for each in (*given, o.config) if each and each.is_file()]
    with stages("network", quiet=o.quiet) as stage:
        opened, ways, rows = read_sightings(o, opened, now)
        complain([] if silent else rows.fault_lines())
        rows.require_used()
        rows = replace(rows, choice=o.duplicates)
        data, ids = opened.data(rows.resolved[0], ways, params.privacy, patrolled)
        data, notes = logs.matching.match_tracks(o.log, data, params.patrols.time_zone)
        limits.require_fits(
            len(data.sightings), data.layers, params, readers.machine.available_bytes()
        )
        with engine.connected(o.cluster, o.workers, len(data.sightings)) as client:
            findings = analyse(data, params, stage=stage, each=engine.each_on(client))
        stage("map")
        drawn = draw(findings, data, params, handling, made=now.date(), tiles=o.tiles)
        stage("files")
        writers.private.write(
            inside, rows.inner_tables(ids) if given or o.config else [], inputs, handling
        )
        contents = writers.folder.Contents(
            params, drawn.page, handling, now, drawn.texts, drawn.cards, drawn.bring, wanted,
            inputs={
                "sightings files": len(given), "parameter files": int(bool(o.config)),
                "logs": int(bool(log_used)),
            },
            duplicates={"choice": rows.choice, "merged_records": rows.merged},
        )  # fmt: skip
        kept = writers.folder.write_all(
            o.out, contents, findings=findings, data=data, ten_lines=drawn.summary,
            contradictions=readers.report.contradictions(opened.report_tables()),
        )  # fmt: skip
    named = o.folder or o.study
    check = command(
        "sightings", "check", *o.sightings or (), study=named, store=o.store, decimal=o.decimal,
        dates=o.dates, sheet=o.sheet, drop_personal=o.drop_personal,
    )  # fmt: skip
    again = command("plan", from_=o.out, study=named, store=o.store, log=o.log, no_log=o.no_log)
    ends = terminal.lines.of_run(findings, o.out, inside if given or o.config else None, again)
    ends[1:1] = log_used
    counted = [] if silent else [f"Sightings: {rows.counts()}. Row by row: {check}"]
    more = [*counted, *([] if silent else rows.duplicate_lines()), *notes]
    show([*([] if o.quiet else ends), *more, *drawn.late])
    show([*map(writers.folder.kept_line, kept), *writers.folder.large_lines(o.out)])


@app.command()
@opt.takes(opt.Plan)
def plan(o: opt.Plan) -> None:
    """Plan the patrols again with what changes; the analysis stays."""
    from geo.patrols.proposal import replan
    from maps.drawing import draw

    if o.compare is not None:
        show(terminal.lines.change_lines(*map(readers.earlier_run.timetable, o.compare)))
        return
    left = readers.earlier_run.read(o.from_)
    opened = open_study(o.study, store=o.store).again(left.study, left.boundary)
    found = left.findings
    params, several = readers.config.for_plan(
        left.parameters, o.config, date=o.date, nights=o.nights
    )
    now, wanted = datetime.now(UTC), writers.formats.named(o.formats)
    handling, target = left.handling, o.out or o.from_ / "plan"
    show(map(writers.folder.kept_line, staging.ready(target, "plan")))
    patrolled, log_used = open_log(o.log, left.study, no_log=o.no_log, in_run=left.used_log)
    with stages("network", quiet=o.quiet) as stage:
        data = data_again(opened, left, params, o.snapshot, patrolled)
        data, notes = logs.matching.match_tracks(o.log, data, params.patrols.time_zone)
        stage("patrols")
        found = renewed(found, data, params)
        patrols = replan(data, found.need, params, several=several)
        earlier, name = found.patrols.stops, "the plan of the run"
        if several and readers.earlier_run.is_plan_of_nights(target):
            earlier = readers.earlier_run.timetable(target)
            name = "the nights before"
        changes = [terminal.lines.change_line(earlier, patrols, name)]
        changes += terminal.log.weight_lines(found, params.need)
        changes += terminal.lines.not_visited_lines(params.patrols.named("add_stops"), patrols)
        unsafe = params.patrols.of_night(params.fortnight.nights if several else 1).suspend_stops
        changes += terminal.lines.suspended_lines(unsafe, data)
        stage("map")
        other = tuple(each for each in found.omitted if each.part != "patrols")
        new = replace(found, source=data.layers.source, patrols=patrols, omitted=other)
        drawn = draw(new, data, params, handling, made=left.made, tiles=o.tiles, more=changes)
        stage("files")
        contents = writers.folder.Contents(
            params, drawn.page, handling, now, drawn.texts, drawn.cards, drawn.bring, wanted,
            inputs={
                "runs": 1, "parameter files": int(o.config is not None),
                "logs": int(left.used_log or found.patrolled is not None),
            },
        )  # fmt: skip
        kept = writers.folder.write_plan(
            target, contents, patrols=patrols, study=left.study, source=data.layers.source,
            data=data,
        )  # fmt: skip
    if not o.no_log:
        zone = params.patrols.time_zone
        logs.adding.add_plan(o.log, patrols.stops, left.study, zone, now, __version__)
    ends = terminal.lines.of_plan(new, target, changes)
    ends[1:1] = log_used
    show([*drawn.late, *map(writers.folder.kept_line, kept), *notes, *([] if o.quiet else ends)])


@app.command()
@opt.takes(opt.Measure)
def measure(o: opt.Measure) -> None:
    """Measure a study too large for `run` in parts: nearness to corridors, density on ways."""
    from layers import cluster as parts
    from layers.handling import Handling

    now, opened = datetime.now(UTC), open_study(o.folder, o.study, store=o.store)
    params = readers.config.for_run(o.config, opened.settings.parameters, full=False)
    opened, ways, rows = read_sightings(o, opened, now)
    complain(rows.fault_lines())
    data, _ = opened.data(rows.accepted, ways, params.privacy)
    handling = Handling.of(now.date(), params.privacy)
    cluster = parts.connected(o.cluster, o.workers, len(data.sightings))
    with screen().status("Starting …") as status, cluster as client:
        found = parts.measure(
            data, params, handling, o.out, client=client,
            progress=lambda name, made, of: status.update(f"{name}: {made} of {of} parts"),
        )  # fmt: skip
    head = ("corridor", "within m", "sightings", "expected within")
    figures = found[["corridor", "band_m", "sightings", "expected_within"]].round(1)
    show([Grid.of(head, figures.astype(str).to_numpy().tolist()), ""])
    show([f"Sightings: {rows.counts()}", f"Wrote {o.out}: proximity and density, a file a part"])


@app.command("check-plan")
@opt.takes(opt.CheckPlan)
def check_plan(o: opt.CheckPlan) -> None:
    """Check an edited timetable: times, windows, reach, breaks, need, and what the edit costs."""
    from geo.patrols import edited
    from geo.patrols.inputs import prepare
    from geo.patrols.vroom import problems
    from layers.filenames import file_parts
    from layers.listing import write_json

    left = readers.earlier_run.read(o.from_)
    planned = readers.earlier_run.timetable(o.against or o.from_)
    rows = readers.earlier_run.edited(o.file, planned)
    opened = open_study(o.study).again(left.study, left.boundary)
    params, _ = readers.config.for_plan(left.parameters, o.config, date=o.date)
    patrolled, log_used = open_log(o.log, left.study, no_log=o.no_log, in_run=left.used_log)
    data = data_again(opened, left, params, o.snapshot, patrolled)
    found = renewed(left.findings, data, params)
    night = int(rows["night"].min())
    unedited = planned[planned["night"] == night]
    inputs = prepare(data, found.need, params).of_night(night)
    if o.vroom is not None:
        o.vroom.mkdir(parents=True, exist_ok=True)
        each = problems(inputs, rows)
        for shift, name in file_parts(each).items():
            write_json(each[shift], o.vroom / f"{name}.json")
    before, after = edited.weigh(inputs, unedited), edited.weigh(inputs, rows)
    faults = after.faults + edited.times_not_kept(unedited, rows, after.patrols.stops)
    one_of = night if planned["night"].nunique() > 1 else None
    show([*log_used, *terminal.lines.edit_lines(before, after, faults, night=one_of)])
    if faults:
        raise typer.Exit(1)


@app.command("map")
@opt.takes(opt.PrintMap)
def print_map(o: opt.PrintMap) -> None:
    """Print the map of a run or a plan to PDF: a page for each patrol."""
    from maps.words.catalogue import language_of

    tongue = None if o.language is None else language_of(o.language)
    html, until = readers.earlier_run.map_of(o.from_)
    if datetime.now(UTC).date() > until:
        fix = "run again, or ask for a new release"
        complain([f"{html} is out of date: it held until {until}. Fix: {fix}"])
    written = writers.pdf.write_pdf(
        html, o.pdf or o.from_ / "map.pdf", paper=o.paper, language=tongue
    )
    show([f"Wrote {written}"])


@app.command()
@opt.takes(opt.Fetch)
def fetch(o: opt.Fetch) -> None:
    """Fetch OpenStreetMap and keep it as a snapshot."""
    from layers.readers.osm import snapshots

    opened = open_study(o.study, store=o.store)
    areas = readers.areas
    study_area = areas.resolve(o.area, cache=o.cache) if o.area else areas.of_study(opened)
    polygon = cast("Polygon", study_area.geometry.iloc[0])
    folder = o.store or snapshots.default_store()
    with screen().status(escape(f"Reading {o.from_} …")) as status:
        parts = readers.network.fetch(
            o.from_, polygon, mapping=o.mapping, servers=o.server, cache=o.cache, refresh=o.refresh,
            progress=lambda text: status.update(escape(text)),
            again=partial(command, "fetch", study=o.study, area=o.area, store=o.store), work=folder,
        )  # fmt: skip
        name = snapshots.save(next(parts), folder, study_area, parts)
    show([f"Snapshot {name} in {folder}"])
    if o.terrain is not None:
        made = readers.terrain.fetch(
            folder, name, o.terrain, polygon, cell_m=o.terrain_cell, detail_m=o.terrain_detail,
            licence=o.terrain_credit,
        )  # fmt: skip
        show([f"Terrain: {made['rows']} x {made['columns']} cells of {made['cell_m']:g} m"])
    show([f"Next: {command('run', o.study, store=o.store)}"])


@app.command()
def doctor() -> None:
    """Check the machine: versions, browser, fonts, GDAL, folders, other packages of our names."""
    from layers.readers.machine import HEAD, checks

    found = list(checks(writers.pdf.browser))
    rows = ((one.part, one.found, one.state or "good") for one in found)
    show([Grid.of(HEAD, rows)])
    complain(f"{one.part}: {one.found}. Fix: {one.fix}" for one in found if one.fix)
    if any(one.state == "wrong" for one in found):
        raise typer.Exit(1)


@app.command("snapshots")
def list_snapshots(store: opt.Store = None) -> None:
    """List the snapshots: source, OSM date, counts."""
    from layers.readers.osm import snapshots

    folder = store or snapshots.default_store()
    found = snapshots.list_all(folder)
    show([Grid.of(snapshots.HEAD, (manifest.row() for manifest in found))] if found else [])
    name_damaged(store)
    if not found:
        show([f"No snapshot in {folder}. Make one: {command('fetch', store=store)}"])


@sightings_app.command("check")
@opt.takes(opt.Check)
def check(o: opt.Check) -> None:
    """Check files of sightings, row by row."""
    from layers.readers.sightings import report

    opened = open_study(o.study, store=o.store)
    if opened.boundary is None and readers.network.chosen(opened):
        opened = opened.on(readers.network.load(opened, None)[0])
    options = opened.options(o.drop_personal, o.decimal, o.dates, o.sheet, now=datetime.now(UTC))
    found = report.read(*(o.files or opened.sightings), options=options)
    head = ("file", "rows", "used", "nobody met", "rejected")
    show([Grid.of(head, found.files), "", *found.lines()])
    if found.faults:
        raise typer.Exit(1)


@sightings_app.command("form")
def form(path: opt.FormFile = Path("sightings_form.xlsx"), study: opt.Study = None) -> None:
    """Write the field form (XLSForm) for KoboToolbox and ODK."""
    show([f"Wrote {writers.xlsform.write_form(path, open_study(study).form_id)}"])


@log_app.callback(invoke_without_command=True)
def show_log(context: typer.Context, log: opt.LogFile = None) -> None:
    """Say what the log holds: nights, stops planned and made, groups met, what is missing."""
    if context.invoked_subcommand is None:
        found = logs.store.read(path := logs.store.at(log))
        nights, unreached = logs.keeping.nights(found), logs.keeping.never_reached(found)
        today = datetime.now(UTC).date()
        show(terminal.log.status(found, path, nights, unreached, today))
        show(terminal.log.at_stops(logs.keeping.found_at_stops(found)))
    elif log is not None:
        raise typer.BadParameter("--log goes behind the command: log add FILES --log FILE")


@log_app.command("add")
def add_to_log(files: opt.LogInputs, log: opt.LogFile = None) -> None:
    """Add what crews filled in and where they drove; each record is taken once."""
    adding = logs.adding
    reports = adding.add(log, files, now=datetime.now(UTC), version=__version__)
    show([Grid.of(adding.HEAD, [report.row for report in reports]), "", *adding.lines(reports)])
    if any(report.faults for report in reports):
        raise typer.Exit(1)


@log_app.command("withdraw")
def withdraw_from_log(files: opt.WrongTracks, log: opt.LogFile = None) -> None:
    """Take wrong tracks out of the log again."""
    now = datetime.now(UTC)
    show(logs.adding.withdraw(log, files, now=now, version=__version__))


@log_app.command("export")
def export_log(file: opt.LogCopy, log: opt.LogFile = None) -> None:
    """Copy the log without tracks, for the desks and the backup of this office only."""
    show([logs.keeping.export(log, file)])


@log_app.command("merge")
def merge_log(file: opt.OtherLog, log: opt.LogFile = None) -> None:
    """Add the records of another desk's log, each once."""
    show([logs.keeping.merge(log, file, now=datetime.now(UTC), version=__version__)])


@log_app.command("purge")
def purge_log(before: opt.Before, log: opt.LogFile = None) -> None:
    """Take away matched tracks of nights before a day, and the sizes of groups of a year ago."""
    now = datetime.now(UTC)
    show(logs.keeping.purge(log, before, now=now, version=__version__))


@app.command()
@opt.takes(opt.Brief)
def brief(o: opt.Brief) -> None:
    """Write the month in two pages: what patrols did, whom they met, what is not known."""
    from geo.brief import period_before
    from layers.releases.register import at, enter_brief, terms
    from maps.brief import Content, draw
    from maps.words.catalogue import language_of

    today, tongue, opened = datetime.now(UTC).date(), language_of(o.language), open_study(o.study)
    this = f"{today:%Y-%m}"
    period = o.half_year or o.quarter or o.month or period_before(this)
    held, given = logs.store.read(logs.store.at(o.log)), None
    if o.tier != "internal":
        given = terms(
            at(o.register), o.tier, o.to, o.purpose, o.until, today, kind="brief-"
        )  # fmt: skip
    known = given.tier if given else o.tier
    if known != o.tier:
        show([f"{o.to} enforces: it gets the public tier, not {o.tier!r}."])
    now, before = logs.keeping.brief(held, opened.about.name, period, known, today)
    if given is not None:
        enter_brief(at(o.register), given, opened.about.name, [now, before] if before else [now])
    report = readers.report.figures(opened.report_tables())
    page = draw(
        Content(
            now, before, report, opened.about, known, today, others=opened.table("others"),
            press=opened.press_check(), open=period == this, terms=given,
        )
    )  # fmt: skip
    html = o.out / f"{given.id if given else period}.html"
    with atomic.owner_only():
        with atomic.file(html) as part:
            part.write_text(page, "utf-8")
        show([f"Wrote {html}"])
        show([f"Wrote {writers.pdf.print_page(html, html.with_suffix('.pdf'), tongue)}"])


@app.command()
@opt.takes(opt.Crews)
def crews(o: opt.Crews) -> None:
    """Say which languages patrols are likely to hear, and who should ride along."""
    from geo.brief import languages

    opened, who = open_study(o.study), readers.config.people(o.people)
    stops = readers.earlier_run.timetable(o.from_)
    patrolled, _ = open_log(o.log, opened.about.name, no_log=False)
    report = readers.report.figures(opened.report_tables())
    found = languages.expected(patrolled.contacts, patrolled.groups, report)
    assigned = languages.crews_of(stops, opened.settings.banks, who, found)
    kept = languages.kept_to_a_bank(stops, opened.settings.banks, who, found)
    show(terminal.crew.lines(found, assigned, kept, who))


@app.command()
@opt.takes(opt.Exercise)
def exercise(o: opt.Exercise) -> None:
    """Practise with a made-up season, a night at a time: what a plan meets, and its score."""
    from geo.practice import play

    found = readers.earlier_run.read(o.from_).findings
    if found.movement is None:
        raise typer.BadParameter("the run has no movement, so no sections. Fix: name its entries")
    sections, stops = found.movement.sections, readers.earlier_run.timetable(o.plan or o.from_)
    patrols = replace(found.patrols, stops=stops.to_crs(str(sections.crs)))
    show(terminal.crew.practice(play(sections, patrols, o.night, o.seed)))


@app.command()
@opt.takes(opt.Release)
def release(o: opt.Release) -> None:
    """Make what may leave of a run, or refuse it and say why."""
    from geo.params import Params
    from maps.cards import draw_cards
    from maps.exploring import draw_release

    now, path = datetime.now(UTC), releases.register.at(o.register)
    terms = releases.register.terms(path, o.tier, o.to, o.purpose, o.until, now.date(), o.override)
    granted = terms.tier
    limits = releases.register.thresholds(granted, o.least_groups, o.delay_days, o.override)
    left = readers.earlier_run.read(o.from_)
    opened = open_study(o.study, store=o.store).again(left.study, left.boundary)
    target = releases.register.free(o.out or o.from_.with_name(f"release-{terms.id}"))
    params = Params(**left.parameters)
    data = data_again(opened, left, params, o.snapshot)
    order = releases.Order(
        terms=terms, limits=limits,
        run=left.findings, data=data, params=params, announced=o.announced,
        contradictions=readers.report.contradictions(opened.report_tables()), now=now,
        earlier=releases.register.read(path),
    )  # fmt: skip
    if granted == "public" and o.announced:
        line = order.terms.handling.line()
        cards, _ = draw_cards(left.findings.patrols, data, params, made=left.made, terms=line)
        order = replace(order, cards=cards)
    if granted == "internal":
        order.enter(path, left.findings.sightings[:0])
        lines = release_to_office(target, order)
    else:
        lines = releases.gate.release(order, target, path, draw_release)
    show([f"Release {terms.id} in {target}", *lines])
    if granted != o.tier:
        show([f"{o.to} enforces: it gets the public tier, not {o.tier!r}."])


@releases_app.callback(invoke_without_command=True)
def list_releases(context: typer.Context, register: opt.Register = None) -> None:
    """List the releases: who has what, for what, until when."""
    if context.invoked_subcommand is None:
        entries = releases.register
        today, found = datetime.now(UTC).date(), entries.read(path := entries.at(register))
        rows = [entry.row(today) for entry in found]
        show([Grid.of(entries.HEAD, rows) if found else f"No release in {path}."])


@releases_app.command("recall")
def recall_release(
    context: typer.Context, name: opt.Recall, out: opt.Note = None, register: opt.Register = None
) -> None:
    """Recall a release: write the note to its recipient."""
    note = out or Path(f"recall-{name}.md")
    before = context.parent.params["register"] if context.parent else None
    releases.register.recall(releases.register.at(register or before), name, note)
    show([f"Wrote {note}. Send it to the recipient."])


def release_to_office(target: Path, order: Order) -> list[str]:
    """Write all that the coordinator's office may have: a run of the same sightings."""
    from geo.study import run as analyse
    from layers.releases.folder import notes
    from maps.drawing import draw

    data = replace(order.data, sightings=order.run.sightings.to_crs("EPSG:4326"))
    found = analyse(data, order.params)
    drawn = draw(found, data, order.params, order.terms.handling, made=order.now.date())
    texts = drawn.texts | notes(order, found, found.sightings[:0], [])
    writers.folder.write_all(
        target,
        writers.folder.Contents(
            order.params, drawn.page, order.terms.handling, order.now, texts, drawn.cards
        ),
        findings=found, data=data, ten_lines=drawn.summary, contradictions=order.contradictions,
    )  # fmt: skip
    return drawn.late


def read_sightings(
    o: opt.OnStudy, opened: Study, now: datetime
) -> tuple[Study, tuple[Layers, Terrain | None], SightingsReport]:
    """Return a study on the ways that are chosen for it, these ways, and the rows of its files."""
    from layers.readers.sightings import report

    ways = readers.network.load(opened, o.snapshot)
    opened = opened.on(ways[0])
    options = opened.options(o.drop_personal, o.decimal, o.dates, o.sheet, now=now)
    return opened, ways, report.read(*(o.sightings or opened.sightings), options=options)


def data_again(
    opened: Study, run: Results, params: Params, snapshot: str | None, *patrolled: Log
) -> StudyData:
    """Return what an earlier run was made from, without its records; its ways, or others."""
    from layers.schema import RECORDS

    ways = readers.network.load(opened, snapshot or run.findings.source.id)
    return opened.data(RECORDS.geoframe(), ways, params.privacy, *patrolled)[0]


def renewed(found: Findings, data: StudyData, params: Params) -> Findings:
    """Return findings with what patrols met since, where the log holds a visit."""
    if data.log.visits.empty:
        return found
    from geo.study import with_log

    return with_log(found, data, params)


def open_log(
    path: Path | None, area: str, *, no_log: bool, in_run: bool = False
) -> tuple[Log, list[str]]:
    """Return what the log holds of a study, empty where left out, and the line that says so.

    `in_run` says whether the run that a plan starts from used the log.
    """
    from layers.records import Log

    if no_log and in_run:
        return Log.of(), [terminal.log.IN_RUN]
    found = Log.of() if no_log else logs.keeping.of_area(logs.store.read(logs.store.at(path)), area)
    return found, terminal.log.used(found, logs.store.at(path))


def open_study(*folders: Path | None, store: Path | None = None) -> Study:
    """Return the study in a folder; without one, that which is shipped with the program."""
    given = [folder for folder in folders if folder]
    if len(given) > 1:
        raise typer.BadParameter(f"two studies, {given[0]} and {given[1]}. Fix: name one of them")
    return readers.study.read(given[0] if given else readers.bundled.FOLDER, store)


def name_damaged(store: Path | None, snapshot: str | None = None) -> None:
    """Name the damaged snapshots, which a command without ``--snapshot`` does not use."""
    from layers.readers.osm import snapshots

    found = snapshots.damaged(store or snapshots.default_store()) if snapshot is None else ()
    complain(f"Passed over: {fault}" for fault in found)


if __name__ == "__main__":
    app()
