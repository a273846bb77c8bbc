"""The form for the field: an XLSForm whose export the sightings reader takes with no mapping.

It works in KoboToolbox, ODK Collect and Enketo, in English, Albanian and Serbian.  Its questions
bear the names of `layers.schema.RECORDS`.  It asks for nothing that identifies a person, and it
records visits where nobody was met: without those zeros effort cannot be corrected.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from openpyxl import Workbook

from layers import atomic
from layers.schema import SCHEMA_VERSION, VISIT

FORM_ID: Final = "mitrovica_sightings"
LANGUAGES: Final = ("English (en)", "Shqip (sq)", "Srpski (sr)")

Words = tuple[str, str, str]
"""One text in the order of `LANGUAGES`."""


@dataclass(frozen=True)
class Question:
    """A row of the survey sheet."""

    type: str
    name: str
    label: Words
    hint: Words = ("", "", "")
    required: bool = False
    constraint: str = ""
    message: Words = ("", "", "")
    relevant: str = ""


_MET: Final = f"${{kind}} != '{VISIT}'"

SURVEY: Final = (
    Question(
        "select_one kind", "kind",
        ("What do you report?", "Çfarë raportoni?", "Šta prijavljujete?"),
        required=True,
    ),
    Question("begin_group", "where", ("Where", "Ku", "Gde")),
    Question(
        "geopoint", "location",
        ("Point on the map", "Pika në hartë", "Tačka na karti"),
        ("Where the group was, or where you looked", "Ku ishte grupi, ose ku keni vëzhguar",
         "Gde je grupa bila, ili gde ste osmatrali"),
        required=True,
    ),
    Question(
        "select_one located_kind", "located_kind",
        ("What was the point taken from?", "Prej çfarë është marrë pika?",
         "Prema čemu je tačka određena?"),
        required=True,
    ),
    Question(
        "integer", "uncertainty_m",
        ("How far off may the point be, at most? (metres)",
         "Sa larg mund të jetë pika nga vendi i vërtetë, më së shumti? (metra)",
         "Koliko tačka najviše može da odstupa? (metara)"),
        ("The error of the device is added later", "Gabimi i pajisjes shtohet më vonë",
         "Greška uređaja se dodaje kasnije"),
        required=True,
        constraint=". >= 0 and . <= 10000",
        message=("From 0 to 10 000 metres", "Nga 0 deri në 10 000 metra", "Od 0 do 10 000 metara"),
    ),
    Question(
        "text", "place",
        ("Place, in a few words", "Vendi, me pak fjalë", "Mesto, u nekoliko reči"),
        ("A street, a stop, a bridge. Write nothing about persons.",
         "Një rrugë, një stacion, një urë. Mos shkruani asgjë për persona.",
         "Ulica, stajalište, most. Ne pišite ništa o osobama."),
    ),
    Question("end_group", "", ("", "", "")),
    Question("begin_group", "when", ("When", "Kur", "Kada")),
    Question(
        "date", "date_from",
        ("Day, or the first day on which it may have been",
         "Dita, ose dita e parë kur mund të ketë ndodhur",
         "Dan, ili prvi dan kada je to moglo biti"),
        required=True,
        constraint=". <= today()",
        message=("Not a day to come", "Jo një ditë që vjen", "Ne dan koji tek dolazi"),
    ),
    Question(
        "date", "date_to",
        ("Last day on which it may have been, if you are not sure",
         "Dita e fundit kur mund të ketë ndodhur, nëse nuk jeni të sigurt",
         "Poslednji dan kada je to moglo biti, ako niste sigurni"),
        constraint=". >= ${date_from}",
        message=("Not before the first day", "Jo para ditës së parë", "Ne pre prvog dana"),
    ),
    Question(
        "select_one time_of_day", "time_of_day",
        ("Part of the day", "Pjesa e ditës", "Doba dana"),
        required=True,
    ),
    Question("end_group", "", ("", "", "")),
    Question("begin_group", "group", ("Group", "Grupi", "Grupa"), relevant=_MET),
    Question(
        "integer", "group_min",
        ("How many people at least?", "Së paku sa veta?", "Koliko ljudi najmanje?"),
        required=True,
        constraint=". >= 1 and . <= 1000",
        message=("From 1 to 1000", "Nga 1 deri në 1000", "Od 1 do 1000"),
    ),
    Question(
        "integer", "group_max",
        ("How many people at most?", "Më së shumti sa veta?", "Koliko ljudi najviše?"),
        required=True,
        constraint=". >= ${group_min} and . <= 1000",
        message=("Not fewer than the least, up to 1000", "Jo më pak se së paku, deri në 1000",
                 "Ne manje od najmanjeg broja, do 1000"),
    ),
    Question(
        "select_multiple needs", "needs",
        ("Needs that the group named", "Nevojat që përmendi grupi", "Potrebe koje je grupa navela"),
        constraint="not(selected(., 'none_named') and count-selected(.) > 1)",
        message=("None, or some: not both", "Asnjë, ose disa: jo të dyja",
                 "Nijedna, ili neke: ne oboje"),
    ),
    Question(
        "select_one heading", "heading",
        ("Heading", "Drejtimi i lëvizjes", "Smer kretanja"),
    ),
    Question("end_group", "", ("", "", "")),
)  # fmt: skip

CHOICES: Final[dict[str, dict[str, Words]]] = {
    "kind": {
        "sighting": ("A group that I saw", "Një grup që e pashë", "Grupu koju sam video/la"),
        "interview": ("A group that I spoke with", "Një grup me të cilin fola",
                      "Grupu s kojom sam razgovarao/la"),
        VISIT: ("A visit where nobody was met", "Një vizitë ku nuk u takua askush",
                "Obilazak na kome nikog nije bilo"),
    },
    "located_kind": {
        "device": ("Measured by the device", "E mati pajisja", "Izmerio je uređaj"),
        "railway": ("A railway or station", "Hekurudhë ose stacion treni", "Pruga ili stanica"),
        "road": ("A road", "Rrugë", "Put"),
        "path": ("A path", "Shteg", "Staza"),
        "river": ("A river", "Lumë", "Reka"),
        "town": ("A town, quarter or building", "Qytet, lagje ose ndërtesë",
                 "Grad, naselje ili zgrada"),
        "other": ("Something else", "Diçka tjetër", "Nešto drugo"),
    },
    "time_of_day": {
        "early_morning": ("Early morning", "Herët në mëngjes", "Rano ujutru"),
        "day": ("Day", "Ditën", "Danju"),
        "evening": ("Evening", "Në mbrëmje", "Uveče"),
        "night": ("Night", "Natën", "Noću"),
        "unknown": ("Not known", "Nuk dihet", "Nije poznato"),
    },
    "needs": {
        "water": ("Drinking water", "Ujë i pijshëm", "Pijaća voda"),
        "food": ("Food", "Ushqim", "Hrana"),
        "medical": ("Medical help", "Ndihmë mjekësore", "Medicinska pomoć"),
        "shoes_clothing": ("Shoes, clothing", "Këpucë, veshmbathje", "Obuća, odeća"),
        "shelter": ("Shelter", "Strehim", "Sklonište"),
        "phone_charging": ("Charging phones", "Mbushje e telefonave", "Punjenje telefona"),
        "money": ("Money", "Para", "Novac"),
        "safety": ("Safety", "Siguri", "Bezbednost"),
        "information": ("Information", "Informata", "Informacije"),
        "legal_aid": ("Legal aid", "Ndihmë juridike", "Pravna pomoć"),
        "none_named": ("None was named", "Nuk u përmend asnjë", "Nijedna nije navedena"),
    },
    "heading": {
        "north": ("North", "Veri", "Sever"),
        "northeast": ("Northeast", "Verilindje", "Severoistok"),
        "east": ("East", "Lindje", "Istok"),
        "southeast": ("Southeast", "Juglindje", "Jugoistok"),
        "south": ("South", "Jug", "Jug"),
        "southwest": ("Southwest", "Jugperëndim", "Jugozapad"),
        "west": ("West", "Perëndim", "Zapad"),
        "northwest": ("Northwest", "Veriperëndim", "Severozapad"),
        "unknown": ("Not known", "Nuk dihet", "Nije poznato"),
    },
}  # fmt: skip


def write_form(path: Path) -> Path:
    """Write the form as an XLSForm workbook, whole or not at all.

    Parameters
    ----------
    path : Path
        File to write, its name ending in ``.xlsx``; its folder is made where it is missing.

    Returns
    -------
    Path
        The same path.
    """
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in (("survey", survey()), ("choices", choices()), ("settings", settings())):
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    with atomic.file(path) as part:
        book.save(part)
    return path


def survey() -> Iterator[list[str]]:
    """Yield the rows of the survey sheet, its header first."""
    yield ["type", "name", *_per_language("label"), *_per_language("hint"), "required",
           "constraint", *_per_language("constraint_message"), "relevant"]  # fmt: skip
    for q in SURVEY:
        yield [q.type, q.name, *q.label, *q.hint, "yes" if q.required else "", q.constraint,
               *q.message, q.relevant]  # fmt: skip


def choices() -> Iterator[list[str]]:
    """Yield the rows of the choices sheet, its header first."""
    yield ["list_name", "name", *_per_language("label")]
    for question, answers in CHOICES.items():
        for name, label in answers.items():
            yield [question, name, *label]


def settings() -> Iterator[list[str]]:
    """Yield the rows of the settings sheet."""
    yield ["form_title", "form_id", "version", "default_language"]
    yield ["Sightings, Mitrovica", FORM_ID, SCHEMA_VERSION, LANGUAGES[0]]


def _per_language(column: str) -> list[str]:
    return [f"{column}::{language}" for language in LANGUAGES]
