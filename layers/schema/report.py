"""Tables of the report, as published."""

from __future__ import annotations

from typing import Final

from layers.schema.table import Column, Table

CONTRADICTIONS: Final = Table(
    "report_contradictions",
    "Figures of the report that cannot both hold; both stand here and neither is picked",
    (
        Column("table", "string", "where the first reading is printed"),
        Column("quantity", "string", "what both readings state"),
        Column("year", "string", "year or years"),
        Column("reading", "string", "first reading: where it stands, how it is reckoned"),
        Column("value", "float64", "first reading, in the unit of the line"),
        Column("other_reading", "string", "the reading that more of the figures share"),
        Column("other_value", "float64", "that reading, in the unit of the line"),
        Column("unit", "string", "persons or percent"),
        Column("remark", "string", "what the figures show of the reason"),
    ),
)

MIXED_MOVEMENTS: Final = Table(
    "table1_mixed_movements",
    "Report, table 1: mixed movements by country",
    (
        Column("country", "string", "country", required=True),
        Column("year", "string", "year", required=True),
        Column("persons", "float64", "persons", "persons"),
    ),
)

COUNTRIES_OF_ORIGIN: Final = Table(
    "table2_country_of_origin",
    "Report, table 2: asylum seekers by country of origin",
    (
        Column("year", "string", "year", required=True),
        Column("country_of_origin", "string", "country", required=True),
        Column("persons", "float64", "persons", "persons"),
        Column("printed_share_pct", "float64", "share as printed", "percent"),
    ),
)

ENTRY_MANNERS: Final = Table(
    "table3_manner_of_entry",
    "Report, table 3: asylum seekers by manner of entry",
    (
        Column("year", "string", "year", required=True),
        Column("manner_of_entry", "string", "manner, or total", required=True),
        Column("persons_in_table", "float64", "persons, as the table has it", "persons"),
        Column("persons_in_text", "float64", "persons, as the text has it", "persons"),
    ),
)

ENTRY_POINTS: Final = Table(
    "table4_entry_points",
    "Report, table 4: asylum seekers by border point of entry",
    (
        Column("period", "string", "year or years", required=True),
        Column("entry_point", "string", "border, airport, or total", required=True),
        Column("persons", "float64", "persons", "persons"),
    ),
)

SUSPECTS: Final = Table(
    "table5_smuggling_suspects",
    "Report, table 5: suspects of smuggling by nationality",
    (
        Column("nationality", "string", "nationality, or total", required=True),
        Column("year", "string", "year", required=True),
        Column("persons", "float64", "persons", "persons"),
    ),
)

TEXT_FIGURES: Final = Table(
    "text_figures",
    "Report: figures in its text that bear on the tables",
    (
        Column("id", "string", "identifier", required=True),
        Column("about", "string", "what it states"),
        Column("year", "string", "year or years", required=True),
        Column("value", "float64", "figure, in the unit of the line"),
        Column("unit", "string", "persons or percent"),
        Column("says", "string", "where in the text"),
    ),
)

KNOWN_INCONSISTENCIES: Final = Table(
    "known_inconsistencies",
    "Contradictions of the report as a careful reader listed them",
    (
        Column("table", "string", "table, or text", required=True),
        Column("what_is_printed", "string", "first reading", required=True),
        Column("what_disagrees", "string", "second reading", required=True),
    ),
)
