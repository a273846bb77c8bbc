"""The commands: each calls, prints and exits.

`readers`, `writers`, `logs` and `terminal` open a room when it is first used, and other heavy
imports happen inside the commands, so that ``mitrovica --help`` answers at once.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import typer
from rich.markup import escape

from layers import log as logs
from layers import readers, releases, writers
from layers.files import kept, staging
from layers.shipped import command
from maps import terminal
from maps.terminal import options as opt
from maps.terminal.console import Columns, Commands, complain, screen, show, stages
from mitrovica import __version__

# Help and errors without boxes, alike on a screen and in a file.
app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
sightings_app = opt.group(app, "sightings", no_args_is_help=True)
releases_app, log_app = opt.group(app, "releases"), opt.group(app, "log")


@app.callback(invoke_without_command=True)
def main(version: opt.Version = False) -> None:
    """Corridor proximity, hotspots and patrol routes for outreach to people on the move."""
    if version:
        show([f"mitrovica {__version__}"])
        raise typer.Exit


@opt.command(app, opt.Init, "init")
def make_study(o: opt.Init) -> None:
    """Write the folder of a new study, with an example in each table."""
    outline = None if o.area is None else readers.areas.area_of(o.area, cache=o.cache)
    written = writers.study.write(o.folder, o.title or o.folder.resolve().name, outline)
    show(f"Wrote {path}" for path in written)
    fetch = command(
        "fetch", study=o.folder, area=None if o.area else "PLACE", cache=o.cache
    )
    show([f"Next: fill in places.csv and sightings.csv, then {fetch}"])


@opt.command(app, opt.Run)
def run(o: opt.Run) -> None:
    """Run the study: read, analyse, draw, write."""
    from geo import limits
    from geo.study import run as analyse
    from layers.cluster import engine
    from layers.files.handling import Handling
    from maps.outputs import draw

    now, wanted = datetime.now(UTC), writers.formats.named(o.formats)
    opened = readers.study.read(o.named, o.store)
    params = readers.config.for_run(o.config, opened.settings.parameters, full=o.full)
    handling = Handling.of(now.date(), params.privacy)
    show(map(writers.folder.kept_line, staging.ready(o.out, "run")))
    patrolled = logs.keeping.of_study(o.log, opened.about.name, no_log=o.no_log)
    log_used = terminal.log.used(patrolled, logs.store.at(o.log))
    inside = writers.private.folder_of(now, o.out)
    # Sightings that the user did not give need no report of their rows.
    given = (o.sightings or opened.sightings) if o.sightings or o.named else []
    silent = o.quiet or not given
    complain([] if o.snapshot else readers.network.passed_over(o.store))
    inputs = [each for each in (*given, o.config) if each and each.is_file()]
    with stages("network", quiet=o.quiet) as stage:
        ways = readers.network.load(opened, o.snapshot)
        opened = opened.on(ways[0])
        rows = opened.check_sightings(o.sightings, *o.unclear, now=now)
        complain([] if silent else rows.fault_lines())
        rows.require_used()
        rows = replace(rows, choice=o.duplicates)
        data, ids = opened.data(rows.resolved[0], ways, params.privacy, patrolled)
        data, notes = logs.tracks.match_tracks(o.log, data, params.patrols.time_zone)
        available = readers.machine.available_bytes()
        limits.require_fits(len(data.sightings), data.layers, params, available)
        with engine.connected(o.cluster, o.workers, len(data.sightings)) as client:
            findings = analyse(data, params, stage=stage, each=engine.each_on(client))
        stage("map")
        drawn = draw(findings, data, params, handling, made=now.date(), tiles=o.tiles)
        stage("files")
        writers.private.write(
            inside,
            rows.inner_tables(ids) if given or o.config else [],
            inputs,
            handling,
        )
        contents = writers.folder.Contents(
            params,
            drawn,
            handling,
            now,
            wanted,
            inputs={
                "sightings files": len(given),
                "parameter files": int(bool(o.config)),
                "logs": int(bool(log_used)),
            },
            duplicates={"choice": rows.choice, "merged_records": rows.merged},
        )
        kept = writers.folder.write_all(
            o.out,
            contents,
            findings=findings,
            data=data,
            contradictions=readers.report.contradictions(opened.report_tables()),
        )
    private = inside if given or o.config else None
    counted = [
        f"Sightings: {rows.counts()}. Row by row: {o.check}",
        *rows.duplicate_lines(),
    ]
    stayed = map(writers.folder.kept_line, kept)
    noted = [*([] if silent else counted), *notes, *drawn.late, *stayed]
    noted += writers.folder.large_lines(o.out)
    ends = terminal.lines.of_run(
        findings, o.out, private, o.another_night, [*log_used, *noted]
    )
    show(noted if o.quiet else ends)


@opt.command(app, opt.Plan)
def plan(o: opt.Plan) -> None:
    """Plan the patrols again with what changes; the analysis stays."""
    from geo.patrols.proposal import replan
    from geo.study import with_log
    from maps.outputs import draw

    if o.compare is not None:
        show(
            terminal.lines.change_lines(*map(readers.earlier_run.timetable, o.compare))
        )
        return
    left = readers.earlier_run.read(o.from_)
    opened = readers.study.read(o.study, o.store).again(left.study, left.boundary)
    params, several = readers.config.for_plan(
        left.parameters, o.config, date=o.date, nights=o.nights
    )
    now, wanted = datetime.now(UTC), writers.formats.named(o.formats)
    handling, target = left.handling, o.out or o.from_ / "plan"
    show(map(writers.folder.kept_line, staging.ready(target, "plan")))
    patrolled = logs.keeping.of_study(o.log, left.study, no_log=o.no_log)
    log_used = terminal.log.used(
        patrolled, logs.store.at(o.log), in_run=o.no_log and left.used_log
    )
    with stages("network", quiet=o.quiet) as stage:
        data = left.data(opened, params, o.snapshot, patrolled)
        data, notes = logs.tracks.match_tracks(o.log, data, params.patrols.time_zone)
        stage("patrols")
        found = with_log(left.findings, data, params)
        hotspots = found.hotspots.beyond_effort
        patrols = replan(data, found.need, params, several=several, hotspots=hotspots)
        nights = params.fortnight.nights if several else 1
        before = readers.earlier_run.nights_before(target) if several else None
        changes = terminal.lines.new_in_plan(
            found, patrols, data, params, nights, before
        )
        stage("map")
        other = tuple(each for each in found.omitted if each.part != "patrols")
        new = replace(found, source=data.layers.source, patrols=patrols, omitted=other)
        drawn = draw(
            new, data, params, handling, made=left.made, tiles=o.tiles, more=changes
        )
        stage("files")
        contents = writers.folder.Contents(
            params,
            drawn,
            handling,
            now,
            wanted,
            inputs={
                "runs": 1,
                "parameter files": int(o.config is not None),
                "logs": int(left.used_log or found.patrolled is not None),
            },
        )
        kept = writers.folder.write_plan(target, contents, patrols=patrols, data=data)
    if not o.no_log:
        zone = params.patrols.time_zone
        logs.adding.add_plan(o.log, patrols.stops, left.study, zone, now)
    ends = terminal.lines.of_plan(new, target, changes, log_used)
    show(
        [
            *drawn.late,
            *map(writers.folder.kept_line, kept),
            *notes,
            *([] if o.quiet else ends),
        ]
    )


@opt.command(app, opt.Measure)
def measure(o: opt.Measure) -> None:
    """Measure a study too large for `run` in parts: nearness to corridors, density on ways."""
    from layers import cluster as parts
    from layers.files.handling import Handling

    now, opened = datetime.now(UTC), readers.study.read(o.named, o.store)
    params = readers.config.for_run(o.config, opened.settings.parameters, full=False)
    ways = readers.network.load(opened, o.snapshot)
    opened = opened.on(ways[0])
    rows = opened.check_sightings(o.sightings, *o.unclear, now=now)
    complain(rows.fault_lines())
    data, _ = opened.data(rows.accepted, ways, params.privacy)
    handling = Handling.of(now.date(), params.privacy)
    cluster = parts.connected(o.cluster, o.workers, len(data.sightings))
    with screen().status("Starting …") as status, cluster as client:
        found = parts.measure(
            data,
            params,
            handling,
            o.out,
            client=client,
            progress=lambda name, made, of: status.update(
                f"{name}: {made} of {of} parts"
            ),
        )
    head = ("corridor", "within m", "sightings", "expected within")
    figures = found[["corridor", "band_m", "sightings", "expected_within"]].round(1)
    show([Columns.of(head, figures.astype(str).to_numpy().tolist()), ""])
    show(
        [
            f"Sightings: {rows.counts()}",
            f"Wrote {o.out}: proximity and density, a file a part",
        ]
    )


@opt.command(app, opt.CheckPlan, "check-plan")
def check_plan(o: opt.CheckPlan) -> None:
    """Check an edited timetable: times, windows, reach, breaks, need, and what the edit costs."""
    from geo.patrols import edited
    from geo.patrols.inputs import prepare
    from geo.study import with_log

    left = readers.earlier_run.read(o.from_)
    planned = readers.earlier_run.timetable(o.against or o.from_)
    if planned.empty:
        raise terminal.lines.left_out(left.findings, "patrols")
    rows = readers.earlier_run.edited(o.file, planned)
    opened = readers.study.read(o.study, o.store).again(left.study, left.boundary)
    params, _ = readers.config.for_plan(left.parameters, o.config, date=o.date)
    patrolled = logs.keeping.of_study(o.log, left.study, no_log=o.no_log)
    log_used = terminal.log.used(
        patrolled, logs.store.at(o.log), in_run=o.no_log and left.used_log
    )
    data = left.data(opened, params, o.snapshot, patrolled)
    found = with_log(left.findings, data, params)
    night = int(rows["night"].min())
    unedited = planned[planned["night"] == night]
    inputs = prepare(data, found.need, params).of_night(night)
    if o.vroom is not None:
        writers.network.write_problems(o.vroom, inputs, rows)
    before, after = edited.weigh(inputs, unedited), edited.weigh(inputs, rows)
    faults = after.faults + edited.times_not_kept(unedited, rows, after.patrols.stops)
    one_of = night if planned["night"].nunique() > 1 else None
    show([*log_used, *terminal.lines.edit_lines(before, after, faults, night=one_of)])
    if faults:
        raise typer.Exit(1)


@opt.command(app, opt.PrintMap, "map")
def print_map(o: opt.PrintMap) -> None:
    """Print the map of a run or a plan to PDF: a page for each patrol."""
    from maps.words.catalogue import language_of

    tongue = None if o.language is None else language_of(o.language)
    html, until = readers.earlier_run.map_of(o.from_, crew=o.crew)
    if datetime.now(UTC).date() > until:
        fix = "run again, or ask for a new release"
        complain([f"{html} is out of date: it held until {until}. Fix: {fix}"])
    written = writers.pdf.write_pdf(
        html, o.pdf or html.with_suffix(".pdf"), paper=o.paper, language=tongue
    )
    show([f"Wrote {written}"])


@opt.command(app, opt.Fetch)
def fetch(o: opt.Fetch) -> None:
    """Fetch OpenStreetMap and keep it as a snapshot."""
    from layers.readers.osm import changes, snapshots

    opened = readers.study.read(o.study, o.store)
    areas = readers.areas
    study_area = (
        areas.area_of(o.area, cache=o.cache) if o.area else areas.of_study(opened)
    )
    folder = snapshots.at(o.store)
    other = snapshots.load(folder, o.compare) if o.compare else None
    steps: list[str] = []
    with screen().status(escape(f"Reading {o.from_} …")) as status:

        def progress(step: str) -> None:
            steps.append(step)
            status.update(escape(step))

        name = readers.network.fetch(
            o.from_,
            study_area,
            folder,
            mapping=o.mapping,
            servers=o.server,
            cache=o.cache,
            refresh=o.refresh,
            progress=progress,
            again=partial(command, "fetch", study=o.study, area=o.area, store=o.store),
        )
    complain(step for step in steps if step.endswith("given up"))
    show([f"Snapshot {name} in {folder}"])
    if other is not None:
        table = changes.compare(other, snapshots.load(folder, name))
        km = table["km"].map("{:.2f}".format).where(table["km"] > 0, "")
        rows = table.assign(km=km).itertuples(index=False)
        show([Columns.of(changes.HEAD, rows, f"Changed since {o.compare}")])
    if o.terrain is not None:
        made = readers.terrain.fetch(
            folder,
            name,
            o.terrain,
            study_area.geometry.iloc[0],
            cell_m=o.terrain_cell,
            detail_m=o.terrain_detail,
            licence=o.terrain_credit,
        )
        show(
            [
                f"Terrain: {made['rows']} x {made['columns']} cells of {made['cell_m']:g} m"
            ]
        )
    show([f"Next: {command('run', o.study, store=o.store)}"])


@app.command()
def doctor() -> None:
    """Check the machine: versions, browser, fonts, GDAL, folders, other packages of our names."""
    found = list(readers.machine.checks(writers.pdf.browser))
    rows = ((one.part, one.found, one.state or "good") for one in found)
    show([Columns.of(readers.machine.HEAD, rows)])
    complain(f"{one.part}: {one.found}. Fix: {one.fix}" for one in found if one.fix)
    if any(one.state == "wrong" for one in found):
        raise typer.Exit(1)


@app.command("snapshots")
def list_snapshots(store: opt.Store = None) -> None:
    """List the snapshots: source, OSM date, counts."""
    from layers.readers.osm import snapshots

    folder = snapshots.at(store)
    found = snapshots.list_all(folder)
    show(
        [Columns.of(snapshots.HEAD, (manifest.row() for manifest in found))]
        if found
        else []
    )
    complain(readers.network.passed_over(store))
    if not found:
        show([f"No snapshot in {folder}. Make one: {command('fetch', store=store)}"])


@opt.command(sightings_app, opt.Check, "check")
def check(o: opt.Check) -> None:
    """Check files of sightings, row by row."""
    opened = readers.study.read(o.study, o.store)
    if opened.boundary is None and readers.network.chosen(opened):
        opened = opened.on(readers.network.load(opened, None)[0])
    found = opened.check_sightings(o.files, *o.unclear, now=datetime.now(UTC))
    head = ("file", "rows", "used", "nobody met", "rejected")
    show([Columns.of(head, found.files), "", *found.lines()])
    if found.faults:
        raise typer.Exit(1)


@sightings_app.command("form")
def form(
    path: opt.FormFile = Path("sightings_form.xlsx"), study: opt.Study = None
) -> None:
    """Write the field form (XLSForm) for KoboToolbox and ODK."""
    show(
        [f"Wrote {writers.xlsform.write_form(path, readers.study.read(study).form_id)}"]
    )


@log_app.callback(invoke_without_command=True)
def show_log(context: typer.Context, log: opt.LogFile = None) -> None:
    """Say what the log holds: nights, stops planned and made, groups met, what is missing."""
    if context.invoked_subcommand is None:
        found = logs.store.read(path := logs.store.at(log))
        keeping, today = logs.keeping, datetime.now(UTC).date()
        studies = keeping.by_study(found)
        nights = keeping.of_each(studies, keeping.nights)
        unreached = keeping.of_each(studies, keeping.never_reached)
        show(terminal.log.status(found, path, studies, nights, unreached, today))
        show(keeping.unsettled(found))
        show(terminal.log.at_stops(keeping.of_each(studies, keeping.found_at_stops)))
    elif log is not None:
        name = context.invoked_subcommand
        line = command("log", name, *terminal.log.GIVEN[name], log="FILE")
        raise typer.BadParameter(f"--log goes behind the command. Fix: {line}")


@log_app.command("add")
def add_to_log(files: opt.LogInputs, log: opt.LogFile = None) -> None:
    """Add what crews filled in and where they drove; each record is taken once."""
    adding = logs.adding
    reports = adding.add(log, files, now=datetime.now(UTC))
    show(
        [
            Columns.of(adding.HEAD, [report.row for report in reports]),
            "",
            *adding.lines(reports),
        ]
    )
    if any(report.faults for report in reports):
        raise typer.Exit(1)


@log_app.command("withdraw")
def withdraw_from_log(files: opt.WrongTracks, log: opt.LogFile = None) -> None:
    """Take wrong tracks out of the log again."""
    show(logs.adding.withdraw(log, files, now=datetime.now(UTC)))


@log_app.command("export")
def export_log(file: opt.LogCopy, log: opt.LogFile = None) -> None:
    """Copy the log without tracks, to be merged at another desk of this office only."""
    show([logs.keeping.export(log, file)])


@log_app.command("merge")
def merge_log(file: opt.OtherLog, log: opt.LogFile = None) -> None:
    """Add the records of another desk's log, each once."""
    said = logs.keeping.merge(log, file, now=datetime.now(UTC))
    show([said, *logs.keeping.unsettled(logs.store.read(logs.store.at(log)))])


@log_app.command("purge")
def purge_log(before: opt.Before, log: opt.LogFile = None) -> None:
    """Take away matched tracks of nights before a day, and the sizes of groups of a year ago."""
    show(logs.keeping.purge(log, before, now=datetime.now(UTC)))


@opt.command(app, opt.Brief)
def brief(o: opt.Brief) -> None:
    """Write the month in two pages: what patrols did, whom they met, what is not known."""
    from geo.brief import period_before
    from maps.brief import Content, draw
    from maps.words.catalogue import language_of

    today, tongue = datetime.now(UTC).date(), language_of(o.language)
    opened = readers.study.read(o.study)
    this = f"{today:%Y-%m}"
    period = o.half_year or o.quarter or o.month or period_before(this)
    register, given, known = releases.register, None, o.tier
    path = register.at(o.register)
    if o.tier != "internal":
        given = register.terms(
            path, o.tier, o.to, o.purpose, o.until, today, kind="brief-"
        )
        known = given.tier
        show(releases.partners.lowered(given, o.tier, releases.partners.at(path)))
    held = logs.store.read(logs.store.at(o.log))
    now, before = logs.keeping.for_brief(held, opened.about.name, period, known, today)
    report = readers.report.figures(opened.report_tables())
    page = draw(
        Content(
            now,
            before,
            report,
            opened.about,
            known,
            today,
            others=opened.table("others"),
            press=opened.press_check(),
            open=period == this,
            terms=given,
        )
    )
    html, put = o.out / f"{given.id if given else period}.html", None
    if given is not None:
        told = [now, before] if before else [now]
        entry, earlier = (
            register.brief_of(given, opened.about.name, told),
            register.known(path),
        )
        put = partial(register.enter, path, entry, earlier)
    show(f"Wrote {path}" for path in writers.pdf.write_page(html, page, tongue, put))


@opt.command(app, opt.Crews, "crews")
def who_rides(o: opt.Crews) -> None:
    """Say which languages patrols are likely to hear, and who drives and rides with each."""
    from geo.brief import crews, languages

    opened, team = readers.study.read(o.study), readers.config.team(o.people)
    stops = readers.earlier_run.timetable(o.from_)
    if stops.empty:
        raise terminal.lines.left_out(
            readers.earlier_run.read(o.from_).findings, "patrols"
        )
    patrolled = logs.keeping.of_study(o.log, opened.about.name)
    report = readers.report.figures(opened.report_tables())
    found = languages.likely(patrolled.contacts, patrolled.groups, report)
    assigned = crews.crews_of(stops, opened.settings.banks, team, found)
    show(terminal.crew.lines(found, assigned, team))


@opt.command(app, opt.Exercise)
def exercise(o: opt.Exercise) -> None:
    """Practise with a made-up season, a night at a time: what a plan meets, and its score."""
    from geo.practice import play

    found = readers.earlier_run.read(o.from_).findings
    stops = readers.earlier_run.timetable(o.plan or o.from_)
    if found.movement is None or stops.empty:
        raise terminal.lines.left_out(found, "movement", "patrols")
    sections = found.movement.sections
    patrols = replace(found.patrols, stops=stops.to_crs(str(sections.crs)))
    show(terminal.crew.practice(play(sections, patrols, o.night, o.seed)))


@opt.command(app, opt.Release)
def release(o: opt.Release) -> None:
    """Make what may leave of a run, or refuse it and say why."""
    from geo.params import Params
    from maps.cards import draw_cards
    from maps.outputs import draw
    from maps.plain_maps import draw_release

    now, register, partners = datetime.now(UTC), releases.register, releases.partners
    path = register.at(o.register)
    left = readers.earlier_run.read(o.from_)
    opened = readers.study.read(o.study, o.store).again(left.study, left.boundary)
    terms = register.terms(
        path,
        o.tier,
        o.to,
        o.purpose,
        o.until,
        now.date(),
        o.override,
        office=opened.settings.office,
    )
    limits = register.thresholds(terms.tier, o.least_groups, o.delay_days, o.override)
    target = register.free(o.out or o.from_.with_name(f"release-{terms.id}"))
    params = Params(**left.parameters)
    data = left.data(opened, params, o.snapshot)
    report = opened.report_tables()
    order = releases.Order(
        terms=terms,
        limits=limits,
        run=left.findings,
        data=data,
        params=params,
        hung_out=opened.settings.hung_out,
        contradictions=readers.report.contradictions(report),
        now=now,
        earlier=register.known(path),
        tables=readers.report.by_name(report, opened.table("others")),
    )
    show(partners.lowered(terms, o.tier, partners.at(path)))
    if terms.tier == "partner":
        # Hours of stops leave only to those on the list, and only of cards that hang.
        hanging = replace(left.findings.patrols, stops=order.hanging)
        line = terms.handling.line()
        cards, _ = draw_cards(hanging, data, params, made=left.made, terms=line)
        order = replace(order, cards=cards)
    if terms.tier == "internal":
        lines = releases.folder.fill_for_office(target, order, path, draw)
    else:
        lines = releases.gate.release(order, target, path, draw_release)
    show([f"Release {terms.id} in {target}", *lines])


@releases_app.callback(invoke_without_command=True)
def list_releases(context: typer.Context, register: opt.Register = None) -> None:
    """List the releases: who has what, for what, until when."""
    if context.invoked_subcommand is None:
        entries = releases.register
        today, path = datetime.now(UTC).date(), entries.at(register)
        found, partners = entries.read(path), releases.partners
        rows = [entry.row(today) for entry in found]
        show([Columns.of(entries.HEAD, rows) if found else f"No release in {path}."])
        known = partners.read(partners.at(path), today)
        complain(partners.to_recall(found, known, today))


@releases_app.command("recall")
def recall_release(
    context: typer.Context,
    name: opt.Recall,
    out: opt.Note = None,
    register: opt.Register = None,
) -> None:
    """Recall a release: write the note to its recipient."""
    note = out or Path(f"recall-{name}.md")
    before = context.parent.params["register"] if context.parent else None
    releases.register.recall(releases.register.at(register or before), name, note)
    show([f"Wrote {note}. Send it to the recipient."])


@opt.command(app, opt.Backup)
def backup(o: opt.Backup) -> None:
    """Back up study, log, register and briefs, encrypted."""
    from layers import office

    files = office.of_office(logs.store.at(o.log), releases.register.at(o.register))
    files |= {
        f"study/{name}": path
        for name, path in readers.study.read(o.study).files().items()
    }
    files |= {
        f"briefs/{name}": path for name, path in office.of_folder(o.briefs).items()
    }
    phrase = passphrase(o.passphrase_file, confirm=True)
    show(office.back_up(o.file, phrase, files, datetime.now(UTC)))


@opt.command(app, opt.Restore)
def restore(o: opt.Restore) -> None:
    """Put a backup back: all of it, and nothing replaced."""
    from layers import office

    folders = {"office": o.office or kept.folder(), "study": o.out / "study"}
    folders["briefs"] = o.out / "briefs"
    show(office.restore(o.file, passphrase(o.passphrase_file, confirm=False), folders))


def passphrase(file: Path | None, *, confirm: bool) -> str:
    """Return the passphrase in a file, or ask for it without showing it."""
    if file is not None:
        return readers.config.passphrase(file)
    asked: str = typer.prompt(
        "Passphrase", hide_input=True, confirmation_prompt=confirm
    )
    return asked
