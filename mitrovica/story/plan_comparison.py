"""Two plans beside each other; or scenarios, on what a run found."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from layers import readers
from layers.complaints import UserError
from layers.files import atomic
from mitrovica import scenarios, terminal
from mitrovica.story.outcome import SILENT, Outcome, Watch
from mitrovica.story.patrol_plans import Plan, read_again, study_of
from mitrovica.story.run_and_plan import used_log

if TYPE_CHECKING:
    from layers.readers.earlier_run import Results
    from mitrovica.scenarios.assumptions import Scenario
    from mitrovica.scenarios.scenario_files import ScenarioFile

REPORT: Final = "scenarios.md"
FOLDER: Final = "scenarios"
AS_IN_RUN: Final = "as in the run"
"""What the scenario is called that changes nothing, beside which a single one is set."""


def compare(asked: Plan, watch: Watch = SILENT) -> Outcome:
    """Say what differs between two timetables, or what scenarios would reach.

    Parameters
    ----------
    asked : Plan
        Of `compare` two folders of runs or plans; or scenarios, files or names of those in the
        study's folder, of which a single one is set beside the run as it is.
    watch : Watch, optional
        Hears each stage.

    Returns
    -------
    Outcome

    Raises
    ------
    layers.complaints.UserError
        If a folder stands beside a scenario, or a scenario changes what is not the office's.
    mitrovica.scenarios.assumptions.ScenarioError
        If a scenario opens or closes what is no place of help, or admits no plan.
    """
    named = asked.compare or []
    folders = [path for path in named if path.is_dir()]
    if not folders:
        return _scenarios(asked, named, watch)
    if len(folders) != 2 or len(named) != 2:
        raise UserError(
            f"--compare {' '.join(map(str, named))}: two folders of runs or plans are compared, or "
            "scenarios. Fix: name two folders, or files of scenarios alone"
        )
    before, after = map(readers.earlier_run.timetable, folders)
    return Outcome(terminal.lines.change_lines(before, after))


# The story in its order: read, compare, draw, write, tell.
def _scenarios(asked: Plan, named: Sequence[Path], watch: Watch) -> Outcome:
    """Say what scenarios would reach of the need that a run found; write a report and pages."""
    from maps.words.text_tables import as_markdown
    from mitrovica.scenarios import comparison as drawn
    from mitrovica.scenarios.assumptions import compare_nights

    earlier = asked.read_earlier()
    study = study_of(asked, earlier)
    files = [scenarios.scenario_files.read(path, study.folder) for path in named]
    if len(files) == 1:
        files.insert(0, scenarios.scenario_files.ScenarioFile(AS_IN_RUN))
    _require_apart(files)
    used = used_log(asked.log, earlier.study, unused=asked.no_log)
    watch.step("network")
    data, need, params = read_again(asked, earlier, used)
    if need.empty or not params.patrols.depot:
        raise terminal.lines.left_out(earlier.findings, "patrols")
    watch.step("nights")
    assumed = [_assumed(asked, earlier, file) for file in files]
    compared = compare_nights(data, need, assumed, study.settings.banks)
    say = partial(
        drawn.lines,
        compared,
        {file.name: file.assumed for file in files},
        {file.name: file.changes for file in files},
    )
    told, handling, pages = say(), earlier.handling, {}
    for file in files[1:]:
        page = drawn.page(compared, file.name, say(file.name), data, handling)
        pages[f"{file.name}.html"] = page
    report = as_markdown(drawn.TITLE, [handling.line(), *told])
    target = asked.out or asked.from_ / FOLDER
    for name, text in {REPORT: report, **pages}.items():
        atomic.write(target / name, text)
    wrote = f"Wrote {', '.join([REPORT, *pages])} to {target}"
    return Outcome([*used.lines, *told, "", wrote])


def _require_apart(files: Sequence[ScenarioFile]) -> None:
    """Raise `UserError` where two scenarios have one name."""
    names = [file.name for file in files]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UserError(
            f"two scenarios are called {', '.join(twice)}. Fix: rename a file"
        )


def _assumed(asked: Plan, earlier: Results, file: ScenarioFile) -> Scenario:
    """Return a scenario with the parameters of the run, those of the command, and its own."""
    from mitrovica.scenarios.assumptions import Scenario

    changes = readers.config.merged(readers.config.read(asked.config), file.tables)
    params, _ = readers.config.for_plan(earlier.parameters, changes, date=asked.date)
    return Scenario(file.name, params, file.opened, file.closed)
