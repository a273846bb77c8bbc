"""Names of what a run or a plan leaves in its folder, as writers write and readers find them."""

import itertools
import re
import unicodedata
from collections.abc import Iterable
from typing import Final, Literal

PROGRAM: Final = "mitrovica-corridors"
"""Stands in every manifest of ours."""

Maker = Literal["run", "plan", "release"]
"""The command that filled a folder."""

MANIFEST: Final = "manifest.json"
MAP: Final = "map.html"
"""The map of the office."""
CREW: Final = "crew.html"
"""The map that crews take along."""
GEOPACKAGE: Final = "study.gpkg"
PROJECT: Final = "study.qgz"
NETWORK: Final = "network"
"""Name of the files of the network, without suffix."""
PLAN: Final = "patrol_plan.csv"
FINDINGS: Final = "findings.json"
DICTIONARY: Final = "data_dictionary.md"
CARDS: Final = "stop_cards.pdf"
CARD_TEXTS: Final = "card_texts.html"
PATROLS: Final = "patrols"
RASTERS: Final = "rasters"
REPORT: Final = "report.md"
REPORT_PAGE: Final = "report.html"
TAKEN: Final = "sightings"
"""Folder of a study with the coarse rows that were taken in: they name whole months, the present
one too."""
TABLES: Final = "report_tables.html"
"""The report's tables in a release; beside them, in a folder, each as CSV."""
FORMS: Final = "forms"
VISIT_FORM: Final = "visit.xlsx"
FORM_STOPS_FILE: Final = "stops.csv"
WALKING: Final = "walking_time_"
"""How the file of a surface of walking time begins; the kind of help follows."""
DENSITY: Final = "reported_density_"
"""How the file of a density of sightings begins; ``planar`` or ``network`` follows."""

PART_CHARACTERS: Final = 40
"""What of a long name goes into the name of a file."""


def form_id(what: str, study: str) -> str:
    """Return the id of a study's form on a server: what it asks for, and the study's title.

    Examples
    --------
    >>> form_id("visit", "Čapljina, jug")
    'visit_capljina_jug'
    """
    plain = (
        unicodedata.normalize("NFKD", study.casefold())
        .encode("ascii", "ignore")
        .decode()
    )
    return "_".join([what, *re.findall(r"[a-z0-9]+", plain)])[:64]


def file_parts(names: Iterable[str]) -> dict[str, str]:
    """Return, by name, what stands for it in the name of a file: never the same for two names.

    Letters and digits of every script stay; all else becomes ``_``.  Where two names would then
    be alike, or differ only in capitals, which some file systems do not tell apart, a number
    marks the later one.

    Examples
    --------
    >>> file_parts(["a b", "a-b"])
    {'a b': 'a_b', 'a-b': 'a_b_2'}
    """
    parts: dict[str, str] = {}
    taken: set[str] = set()
    for name in dict.fromkeys(names):
        words = re.findall(r"\w+", unicodedata.normalize("NFC", name))
        begin = "_".join(words)[:PART_CHARACTERS].strip("_") or "unnamed"
        numbered = itertools.chain(
            [begin], (f"{begin}_{n}" for n in itertools.count(2))
        )
        parts[name] = next(part for part in numbered if part.casefold() not in taken)
        taken.add(parts[name].casefold())
    return parts
