"""The keys of `study.toml`."""

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Any, Final, Literal

from annotated_types import Len
from pydantic import AfterValidator, BeforeValidator
from pydantic.dataclasses import dataclass

from geo.params.patrols import Bank
from geo.params.types import CHECKED, Day, NotNegative, Number, Table
from geo.records import OFFERS

Corners = tuple[float, float, float, float]

LONGEST_DAYS: Final = 184
"""Days for which an assessment of a crossing holds: half a year."""

LANGUAGES: Final = ("en", "sq", "sr", "ar", "fa", "ps", "ur", "fr")
"""Those after the first three are of the stop cards alone."""


def _by_language(value: Any) -> Any:
    """Return one text as that of English."""
    if isinstance(value, str):
        return {LANGUAGES[0]: value}
    if not isinstance(value, Mapping):
        raise ValueError("a text, or a table by language, is needed")  # noqa: TRY004
    return value


def _known(value: Mapping[str, str]) -> Mapping[str, str]:
    """Refuse a language that neither map nor card has."""
    wrong = sorted(set(value) - set(LANGUAGES))
    if wrong:
        raise ValueError(
            f"unknown language {', '.join(wrong)}. Fix: use {', '.join(LANGUAGES)}"
        )
    return value


def _line(value: str) -> str:
    """Refuse a text of several lines."""
    if not value.isprintable():
        raise ValueError("a text of one line is needed")
    return value.strip()


def _id(value: str) -> str:
    """Refuse what the servers of forms take for no id."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", value):
        raise ValueError("letters, digits and _ are needed, a letter first")
    return value


def _month(value: str) -> str:
    """Refuse what is no month."""
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", value):
        raise ValueError("a month is written YYYY-MM, such as 2026-03")
    return value


def _files(value: Any) -> Any:
    """Return one name as a list of names."""
    return (value,) if isinstance(value, str) else value


def _file(value: Any) -> Any:
    """Return the name of a network's file as its table."""
    return {"file": value} if isinstance(value, str) else value


def _rectangle(value: Corners) -> Corners:
    """Refuse what is not a rectangle on the globe."""
    west, south, east, north = value
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise ValueError(
            "west, south, east and north in degrees are needed, in this order"
        )
    return value


Line = Annotated[str, Len(0, 1000), AfterValidator(_line)]
Name = Annotated[Line, Len(1, 200)]
Texts = Annotated[
    Mapping[str, Line], BeforeValidator(_by_language), AfterValidator(_known)
]
CardLanguage = Literal["ar", "fa", "ps", "ur", "fr", "en", "sq", "sr"]
Offer = Literal["water_food", "first_aid", "information", "registration", "charging"]
Rectangle = Annotated[tuple[Number, Number, Number, Number], AfterValidator(_rectangle)]


@dataclass(frozen=True, config=CHECKED)
class NetworkFile(Table):
    """``[network]``: the ways in the study's own folder."""

    file: Name
    """GeoJSON of lines, or the folder of a snapshot."""
    title: Name = "Network of the study"
    licence: Line = "licence not stated"
    tolerance_m: NotNegative = 0.0
    """How far generalised lines may lie from the true ones."""
    note: Texts = field(default_factory=dict)
    """What it was made from, and what it lacks."""


@dataclass(frozen=True, config=CHECKED)
class Neighbour(Table):
    """``[[neighbours]]``: a name that the map shows beyond the boundary."""

    name: Annotated[Texts, Len(1)]
    lat: Number
    lon: Number


@dataclass(frozen=True, config=CHECKED)
class ChangeMade(Table):
    """``[[changes]]``: what the office opened, closed or changed, for the year in the brief."""

    month: Annotated[str, AfterValidator(_month)]
    """From which month on, ``2026-03``."""
    what: Annotated[Texts, Len(1)]


@dataclass(frozen=True, config=CHECKED)
class Assessed(Table):
    """``[[assessed]]``: an official crossing that the office and a legal-aid partner assessed."""

    crossing: Name
    """Id of the place."""
    partner: Name
    """Who assessed it: an organisation that gives legal aid by the study's services."""
    decided_by: Annotated[tuple[Name, ...], Len(2)]
    """Roles that decided, of the office and of the partner."""
    on: Day
    until: Day
    """Last day on which it holds, `LONGEST_DAYS` after the first at most."""

    def __post_init__(self) -> None:
        """Check that it is not longer than half a year."""
        days = (self.until - self.on).days
        if not 0 < days <= LONGEST_DAYS:
            raise ValueError(
                f"the assessment of {self.crossing} is from {self.on} until {self.until}, {days} "
                f"days; it holds {LONGEST_DAYS} days at most. Fix: assess it again"
            )


@dataclass(frozen=True, config=CHECKED)
class Settings(Table):
    """The keys of ``study.toml``: those of `geo.records.About`, and what is read.

    Texts are one text, or a table by language.
    """

    title: Annotated[Texts, Len(1)]
    outline: Texts = field(default_factory=dict)
    footnote: Texts = field(default_factory=dict)
    run_by: Texts = field(default_factory=dict)
    check_in_min: NotNegative = 15.0
    overdue_call: Texts = field(default_factory=dict)
    phone: Line = ""
    emergency: Line = "112"
    """Number to call in an emergency; 112 answers on mobile phones in most countries."""
    neighbours: tuple[Neighbour, ...] = ()
    offers: Annotated[tuple[Offer, ...], Len(1)] = OFFERS
    card_languages: Annotated[tuple[CardLanguage, ...], Len(1)] = (
        "ar",
        "sq",
        "sr",
        "en",
    )
    """Languages of the stop cards, in their order: a page for each four of them."""
    card_words: Name | None = None
    """TOML with corrected texts of the stop cards."""
    credit: Line = ""
    boundary: Name | None = None
    """GeoJSON; without it the study reaches as far as its ways."""
    fetch_bounds: Rectangle | None = None
    """The part of the boundary that ``mitrovica fetch`` fetches; by default all of it."""
    places: Name | None = None
    sightings: Annotated[tuple[Name, ...], BeforeValidator(_files)] = ()
    network: Annotated[NetworkFile, BeforeValidator(_file)] | None = None
    snapshot: Name | None = None
    report_tables: Name | None = None
    report: Texts = field(default_factory=dict)
    """The report that they are from: its title, place and year."""
    services: Name | None = None
    """CSV, table `services`: who helps with which need."""
    press: Name | None = None
    """CSV, table `press`: published reports."""
    others: Name | None = None
    """CSV, table `others`: what other organisations counted."""
    leaflet: Name | None = None
    """CSV, table `leaflet`: what people are told of the asylum procedure, with who checked it."""
    banks: Mapping[Bank, tuple[Name, ...]] = field(default_factory=dict)
    """Ids of the stops on each bank of the Ibar."""
    office: Mapping[Name, Line] = field(default_factory=dict)
    """Desks of the own office by name, and where each is: they alone get the tier internal."""
    assessed: tuple[Assessed, ...] = ()
    """Official crossings at which information and legal aid may be planned."""
    changes: tuple[ChangeMade, ...] = ()
    """What the office changed, and since when."""
    hung_out: Mapping[Name, Day] = field(default_factory=dict)
    """Ids of the stops whose cards hang, and since which day: only they may be told of."""
    incidents: Mapping[Name, Day] = field(default_factory=dict)
    """Ids of the stops where there was an incident, and the last day on which none is visited."""
    form_id: Annotated[str, Len(1, 64), AfterValidator(_id)] | None = None
    """Id of the form for the field; by default made of the title."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
