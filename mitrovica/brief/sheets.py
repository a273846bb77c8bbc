"""The month in two pages: one HTML file in four language forms, which needs no script to read.

It says in words and tables what `mitrovica.brief` counted.  A chart is an SVG by matplotlib with a
text alternative, and shows nothing that the table beside it does not say.
"""

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from textwrap import fill
from typing import Any, Final, cast

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from geo.presence.visits import garwood
from geo.records import About
from geo.schema import OTHERS
from layers import palette
from layers.files.handling import Release
from maps.page.escaping import template
from maps.page.figure import data_url
from maps.words.about import footnote, in_language, own_or
from maps.words.catalogue import (
    LANGUAGE_NAMES,
    LANGUAGES,
    MONTHLY,
    day,
    known,
    number,
    percent,
    period_name,
    word,
)
from maps.words.phrases import listed, same
from mitrovica.brief import Figures, Year
from mitrovica.brief import overview as brief_map
from mitrovica.brief.changes import LEVEL
from mitrovica.brief.press import NEAR_M, PressCheck
from mitrovica.brief.report_figures import ReportFigures
from mitrovica.brief.year import Coincided
from mitrovica.masks.tiers import TIERS

WIDTH_IN: Final = 2.68
"""As wide as it is printed, so that its letters have their size there."""
ROW_IN: Final = 0.15
LEAST_P: Final = 0.01
"""A smaller p-value is not told more exactly."""
YEAR_IN: Final = (5.0, 1.5)
"""Width and height of the picture of a year."""
LABEL: Final = 24
"""Letters of a line of a label, at most."""
_STYLE: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "brief",
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "font.family": "sans-serif",
}

_QUANTITIES: Final = {
    r"asylum seekers.*": "q.seekers",
    r"sum of the shares.*": "q.shares",
    r"share of (.*)": "q.share",
    r"entered: (.*)": "q.entered",
    r"change in .*": "q.change",
    r"suspects.*": "q.suspects",
}
_RATE: Final = ("rate", "low", "high")
_SOURCES: Final = {
    r"table (\d)(?:: .*)?": "source.table",
    r"text(?:: .*)?": "source.text",
    r"total - rows": "source.left",
    r"the whole": "source.whole",
}


@dataclass(frozen=True)
class Chart:
    """A picture and what it says."""

    uri: str
    """The picture as a data address."""
    text: str
    """Its text alternative: every value that it shows."""


def bars(title: str, names: Sequence[str], parts: Mapping[str, pd.Series]) -> Chart:
    """Return horizontal bars of several parts each, by the name of the part."""
    table = pd.DataFrame(
        {part: [*values] for part, values in parts.items()}, index=[*names]
    )
    with mpl.rc_context(_STYLE):
        axes = _axes(ROW_IN * len(names) + 0.45)
        table.plot.barh(
            ax=axes,
            stacked=True,
            width=0.7,
            color=[palette.BLUE, palette.ORANGE],
            legend=False,
        )
        axes.invert_yaxis()
        axes.margins(y=0.02)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if len(parts) > 1:
            figure = cast("Figure", axes.figure)
            figure.legend(
                loc="outside upper left",
                ncols=2,
                frameon=False,
                handlelength=0.8,
                columnspacing=1.0,
                borderpad=0,
            )
        values = (
            f"{name}: {', '.join(f'{part} {n:g}' for part, n in row.items())}"
            for name, row in table.iterrows()
        )
        return _chart(axes, title, values)


def spans(
    title: str, names: Sequence[str], low: Sequence[float], high: Sequence[float]
) -> Chart:
    """Return a line from the lowest to the highest reading of each, with a mark at both ends.

    Parameters
    ----------
    title : str
        Begins the text alternative.
    names : sequence of str
        Of the lines, from top to bottom.
    low, high : sequence of float
        Ends of each line.
    """
    with mpl.rc_context(_STYLE):
        labels = [fill(name, LABEL) for name in names]
        lines = sum(1 + 0.85 * label.count("\n") for label in labels)
        axes = _axes(ROW_IN * lines + 0.28)
        axes.hlines(labels, low, high, color=palette.ORANGE, linewidth=4)
        for ends in (low, high):
            axes.plot(ends, labels, "o", color=palette.BLUE, markersize=5)
        axes.update_datalim([(0, 0)], updatey=False)
        # Marks at either end stay whole.
        axes.margins(x=0.04, y=0.2 if lines > len(names) else 0.08)
        axes.invert_yaxis()
        values = [
            f"{name}: {a:g}" + (f"–{b:g}" if b != a else "")
            for name, a, b in zip(names, low, high, strict=True)
        ]
        return _chart(axes, title, values)


def rates(
    title: str,
    names: Sequence[str],
    rate: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
) -> Chart:
    """Return a dot and its interval for each part of a year; nothing where it is not known.

    Parameters
    ----------
    title
        Of the picture, for those who cannot see it.
    names
        Parts of the year, (n,).
    rate, low, high
        Groups an hour and the ends of the interval, (n,).
    """
    with mpl.rc_context(_STYLE):
        width, height = YEAR_IN
        axes = _axes(height, width)
        at = range(len(names))
        axes.vlines(at, low, high, color=palette.ORANGE, linewidth=3)
        axes.plot(at, rate, "o", color=palette.BLUE, markersize=4.5)
        axes.set_xticks(at, names, rotation=45, ha="right")
        axes.set_ylim(bottom=0)
        axes.grid(axis="x", visible=False)
        axes.grid(axis="y", color=palette.LIGHT_GREY, linewidth=0.5, alpha=0.6)
        values = [
            f"{name}: {value:.2g} ({least:.2g}–{most:.2g})"
            for name, value, least, most in zip(names, rate, low, high, strict=True)
            if not pd.isna(value)
        ]
        return _chart(axes, title, values)


def _axes(height: float, width: float = WIDTH_IN) -> Axes:
    axes = Figure(figsize=(width, height), layout="constrained").subplots()
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=palette.LIGHT_GREY, linewidth=0.5, alpha=0.6)
    axes.set_axisbelow(True)
    return axes


def _chart(axes: Axes, title: str, values: Iterable[str]) -> Chart:
    """Return a picture, and its title and values as a text."""
    stream = io.BytesIO()
    figure = cast("Figure", axes.figure)
    figure.savefig(stream, format="svg", metadata={"Date": None}, transparent=True)
    address = data_url("image/svg+xml", stream.getvalue())
    return Chart(address, f"{title}. {'; '.join(values)}.")


@dataclass(frozen=True)
class Content:
    """What a brief says."""

    now: Figures
    before: Figures | None
    """Figures of the period before; None where a tier may not know of it."""
    report: ReportFigures | None
    about: About
    tier: str
    made: date
    others: pd.DataFrame = field(default_factory=OTHERS.frame)
    """Table `OTHERS`."""
    press: PressCheck | None = None
    open: bool = False
    """The period is not over."""
    year: Year | None = None
    """The year up to the period; None where too little is known."""
    terms: Release | None = None
    """To whom it goes, for what, until when; None for the office's own."""
    map: brief_map.OnMap | None = None
    """None where there is neither a stop nor a released square, or no network to draw."""

    @property
    def is_empty(self) -> bool:
        """Whether the log holds nothing of the period: one page then says all."""
        counted = [*self.now.counts.values(), self.now.groups]
        return all(n == 0 for n in counted)


def draw(content: Content) -> str:
    """Return the brief as one HTML file: four language forms of two pages each, no script.

    ``#sq``, ``#sr-Latn`` or ``#sr-Cyrl`` behind its address opens another form than English.
    """
    # English stands last, and is shown where the address names no other.
    forms = [_Form(content, language) for language in reversed(LANGUAGES)]
    return template("brief.html", "mitrovica").render(
        forms=forms,
        content=content,
        likely=garwood(np.array([float(content.now.groups or 0)])),
        near_m=f"{NEAR_M:g}",
    )


class _Form:
    """The words of one language, which the template calls."""

    def __init__(self, content: Content, language: str) -> None:
        self.content, self.language, self.now = content, language, content.now
        self.name, self.note = LANGUAGE_NAMES[language], footnote(content.about)
        study = own_or(content.about.title, "study_area", language)
        key = "title.one" if content.is_empty else "title"
        title = self.say(key, period=self.period(self.now), study=study)
        self.title = title[:1].upper() + title[1:]
        terms = {
            "day": day(content.made, language),
            "least": TIERS[content.tier].least_groups,
        }
        self.handling = self.say(f"handling.{content.tier}", **terms)
        if content.terms is not None and content.tier != "public":
            to, until = content.terms.to, day(content.terms.until, language)
            self.handling += " " + word("release.terms", language, to=to, until=until)

    # Words and numbers

    def say(self, key: str, **values: object) -> str:
        return word(MONTHLY + key, self.language, **values)

    def period(self, found: Figures) -> str:
        return self.named_period(found.period)

    def named_period(self, period: str) -> str:
        return period_name(period, self.language)

    def named(self, kind: str, value: str) -> str:
        """Return the word for a value of a list, or the value where the catalogue has none."""
        key = f"{MONTHLY}{kind}.{value}"
        return word(key, self.language) if known(key) else value

    def figure(self, value: Any, digits: int = 0) -> str:
        """Return a number, or that it is not published."""
        if value is None or pd.isna(value):
            return self.say("withheld")
        return number(value, self.language, digits)

    def share(self, part: int, whole: int) -> str:
        """Return a part of a whole in per cent."""
        return percent(part / whole)

    def exact(self, value: float) -> str:
        """Return a figure of the report, whole where it is."""
        return number(value, self.language, 0 if value == round(value) else 1)

    def quantity(self, text: str) -> str:
        """Return what a figure of the report states."""
        return self._matched(_QUANTITIES, text)

    def source(self, places: str) -> str:
        """Return where a figure is printed."""
        parts = re.split(r"[,;] (?=ta|te|to|th)", places)
        return ", ".join(dict.fromkeys(self._matched(_SOURCES, one) for one in parts))

    def sources(self) -> str:
        """Return what the brief rests on."""
        if not self.content.report:
            return self.say("sources.log")
        title = in_language(self.content.about.report, self.language)
        return self.say("sources", report=title or self.say("report.untitled"))

    def beside(self, table: pd.DataFrame) -> list[tuple[str, ...]]:
        """Return the rows of a year: each part beside the one before."""
        more = table["rate"].diff() > 0
        rows: list[tuple[str, ...]] = []
        for row, is_more in zip(table.to_dict("records"), more, strict=True):
            groups = self.figure(row["groups"])
            if row["released"]:
                groups = self.say("year.released", n=groups)
            key = "more" if is_more else "fewer"
            if pd.isna(row["p"]):
                key = "cannot"
            elif row["p"] > LEVEL:
                key = "same"
            rows.append(
                (
                    period_name(row["period"], self.language),
                    self._known(row["hours"], 1),
                    groups if not pd.isna(row["groups"]) else "–",
                    self._rate(row),
                    self.say(f"year.{key}"),
                )
            )
        return rows

    def coincided(self, one: Coincided) -> str:
        """Return whether groups met in an hour changed with a change of the office."""
        key = "more" if one.shown else "same"
        if pd.isna(one.p):
            key = "cannot"
        return self.say(
            f"year.coincided.{key}",
            what=in_language(one.what, self.language),
            month=period_name(one.month, self.language),
            ratio=self._known(one.ratio, 1),
            p=self._chance(one.p),
        )

    def year_chart(self, table: pd.DataFrame) -> Chart:
        """Draw the months of a year."""
        names = [period_name(period, self.language) for period in table["period"]]
        columns = (table[name].tolist() for name in ("rate", "low", "high"))
        return rates(self.say("year.rate"), names, *columns)

    def _chance(self, p: float) -> str:
        """Return a p-value behind its sign."""
        if p < LEAST_P:
            return f"< {self._known(LEAST_P, 2)}"
        return f"= {self._known(p, 2)}"

    def _rate(self, row: dict[Any, Any]) -> str:
        if pd.isna(row["rate"]):
            return "–"
        rate, low, high = (self._known(row[key], 2) for key in _RATE)
        return f"{rate} ({low}–{high})"

    def _known(self, value: float, digits: int) -> str:
        return "–" if pd.isna(value) else number(value, self.language, digits)

    def names(self, names: Iterable[str]) -> str:
        return listed([same(name) for name in names])(self.language)

    def _matched(self, patterns: dict[str, str], text: str) -> str:
        for pattern, key in patterns.items():
            if found := re.fullmatch(pattern, text):
                what = "".join(self.named("part", part) for part in found.groups())
                return self.say(key, what=what, n=what)
        return text

    def day(self, when: date) -> str:
        return day(when, self.language)

    def map(self, shown: brief_map.OnMap) -> Chart:
        """Draw stops and released squares; the text names the stops and counts the groups."""
        squares = [
            f"{side_m / 1000:g} km: {groups}"
            for side_m, groups in zip(
                shown.squares["side_m"], shown.squares["groups"], strict=True
            )
        ]
        with mpl.rc_context(_STYLE):
            axes = brief_map.draw(shown, self.language)
            return _chart(axes, self.say("map"), [*shown.names, *squares])

    def bars(self, rows: pd.DataFrame, kind: str, title: str, whole: str) -> Chart:
        """Draw both halves of a whole, or the whole where a half is not published.

        Parameters
        ----------
        rows : pandas.DataFrame
            First what each bar is of, then its counts.
        kind : str
            Of what the bars are: the middle of the keys of their names.
        title, whole : str
            Keys of the title, and of the name of the whole.
        """
        names = [self.named(kind, row_kind) for row_kind in rows.iloc[:, 0]]
        halves = (
            {"met": "met", "unmet": "unmet"}
            if kind == "need"
            else {"in_words": "in_words", "not_in_words": "missed"}
        )
        if rows[list(halves.values())].isna().to_numpy().any():
            halves = {"groups_head": whole}
        parts = {
            self.say(key): rows[column].astype(float) for key, column in halves.items()
        }
        return bars(self.say(title), names, parts)

    def span(
        self, key: str
    ) -> tuple[str, list[tuple[str, list[tuple[float, str]]]], Chart]:
        """Return title, readings by name, and chart of a table of the report."""
        rows = getattr(self.content.report, key)
        years = rows["year"].unique()
        title = (
            self.say(key, year=years[-1])
            if key in ("entries", "manners")
            else self.say(key)
        )
        parts = [self.quantity(self.named("part", part)) for part in rows["part"]]
        names = [
            f"{part} ({year})" if part and len(years) > 1 else part or year
            for part, year in zip(parts, rows["year"], strict=True)
        ]
        chart = spans(title, names, [*rows["low"]], [*rows["high"]])
        return title, [*zip(names, rows["sources"], strict=True)], chart
