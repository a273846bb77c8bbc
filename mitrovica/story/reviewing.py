"""What plans expected of stops, noted before their nights and scored when the months are over."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from layers import log as logs
from maps import terminal
from maps.words.columns import Columns
from mitrovica.story.outcome import Outcome
from mitrovica.story.recording import OfLog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    import pandas as pd

    from geo.records import Log, StudyData
    from geo.results import Patrols
    from layers.log.expected import Expected


def note_expected(
    log: Path | None,
    plan_id: str,
    area: str,
    patrols: Patrols,
    data: StudyData,
    now: datetime,
) -> None:
    """Note what is expected of the stops of a plan that follows the log of `data`.

    Parameters
    ----------
    log : Path or None
        File of the log, by default that in the user's data folder.
    plan_id : str
        As the log names the plan.
    area : str
        Title of the study.
    patrols : geo.results.Patrols
        The plan.
    data : geo.records.StudyData
        With what counted in the log when it was made.
    now : datetime
        Goes on record.
    """
    from geo.following import records_of
    from geo.review import expect

    visited = patrols.served
    stops = visited.drop_duplicates("stop")[["stop", "geometry"]]
    need = patrols.stop_need.set_index("stop")["need"].reindex(stops["stop"])
    table = expect(
        stops,
        need.fillna(0.0).to_numpy(float),
        records_of(data.log),
        _first_plan(data.log),
    )
    followed = patrols.followed.set_index("stop")
    by_lot = (followed["by_lot"] > 0) & (followed["visits"] == 0)
    drawn = followed["probability"].where(by_lot)
    until = date.fromisoformat(max(visited["date"]))
    logs.expected.note(
        logs.store.at(log),
        plan_id,
        area,
        until,
        table.assign(probability=drawn.reindex(table.index)),
        now,
    )


def _first_plan(log: Log) -> pd.Series:
    """Return the visits of the first plan of a log to each stop."""
    first = log.plans["date"].min()
    of_first = log.plans.loc[log.plans["date"] == first, "plan_id"]
    plans = log.plans[log.plans["plan_id"].isin(of_first)]
    return plans["stop"].value_counts()


def review(asked: OfLog) -> Outcome:
    """Set what plans expected beside what patrols met.

    It is of whole months, of stops that were planned, and stays in the office.

    Parameters
    ----------
    asked : OfLog
        What the command was asked for.

    Returns
    -------
    Outcome
    """
    from geo.review import judged

    path, today = logs.store.at(asked.log), datetime.now(UTC).date()
    log = logs.store.read(path)
    texts = logs.expected.texts(path)
    noted = set(log.imports.loc[log.imports["kind"] == "expect", "sha256"])
    sound = [one for one in texts if one.digest in noted]
    studies = logs.keeping.by_study(log)
    done = {
        (score["area"], score["month"]) for score in logs.expected.scores(path)
    }
    new = [
        {"area": area, **score}
        for area, held in studies.items()
        for score in _scores_of(
            held, [one for one in sound if one.area == area], today
        )
        if (area, score["month"]) not in done
    ]
    logs.expected.settle(path, new, today)
    scores = logs.expected.scores(path)
    lines: list[str | Columns] = [
        *terminal.review.noted(len(noted), len(sound), len(texts) - len(sound))
    ]
    for area in studies:
        own = [score for score in scores if score["area"] == area]
        title = area if len(studies) > 1 else ""
        lines += terminal.review.lines(own, judged(own), title)
    return Outcome(lines)


def _scores_of(
    log: Log, texts: list[Expected], today: date
) -> Iterator[dict[str, Any]]:
    """Yield the score of each month that is over, of the plans whose texts are at hand."""
    import pandas as pd

    from geo.records import stayed_s
    from geo.review import OURS, RIVALS, scored

    if not texts:
        return
    per_hour = pd.concat(
        {one.plan_id: one.table for one in texts}, names=["plan_id", "stop"]
    )
    made = log.made.assign(
        month=log.made["date"].str[:7], hours=stayed_s(log.made) / 3600
    )
    made = made[(made["hours"] > 0) & (made["month"] < f"{today:%Y-%m}")]
    visits = made.join(per_hour, on=["plan_id", "stop"])
    met = log.groups.groupby(["month", "stop"]).size()
    for month, rows in visits.groupby("month"):
        # What a stop brought in a month is one number: all of its visits must have been expected.
        known = rows.groupby("stop")[OURS].transform(
            lambda rates: rates.notna().all()
        )
        expected = rows[known.astype(bool)]
        if expected.empty:
            continue
        counts = expected[[OURS, *RIVALS]].mul(expected["hours"], axis=0)
        units = counts.groupby(expected["stop"]).sum()
        units["probability"] = expected.groupby("stop")["probability"].first()
        stops = pd.MultiIndex.from_product([[month], units.index])
        units["met"] = met.reindex(stops, fill_value=0).to_numpy(int)
        yield scored(str(month), units, expected["date"].nunique())
