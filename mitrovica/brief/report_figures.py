"""The report's figures side by side: where two contradict, both stand, as a range."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

APPLICANTS: Final = "asylum seekers"
"""How the quantity begins that every arrival counts in."""
_CLAIM: Final = ["year", "part", "value", "where"]


@dataclass(frozen=True)
class ReportFigures:
    """What the report says of arrivals; each row a figure or, where two differ, their range.

    Columns are ``year``, ``part``, ``low``, ``high`` in persons, and ``sources``: the readings,
    each a figure and where it is printed.
    """

    years: pd.DataFrame
    """Asylum seekers of each year."""
    origins: pd.DataFrame
    entries: pd.DataFrame
    manners: pd.DataFrame
    more: pd.DataFrame
    """What else contradicts, and the share of men, given twice for unlike years; some in
    percent."""


def report_figures(
    claims: pd.DataFrame,
    origins: pd.DataFrame,
    entries: pd.DataFrame,
    contradictions: pd.DataFrame,
) -> ReportFigures:
    """Set the report's figures side by side.

    Parameters
    ----------
    claims : pandas.DataFrame
        Every figure that another could contradict: ``quantity``, ``year``, ``value``, ``where``.
    origins, entries : pandas.DataFrame
        The report's tables 2 and 4, as printed.
    contradictions : pandas.DataFrame, table `CONTRADICTIONS`

    Returns
    -------
    ReportFigures
    """
    totals = claims[claims["quantity"].str.startswith(APPLICANTS)]
    manners = claims[claims["quantity"].str.startswith("entered: ")]
    manner = manners["quantity"].str.removeprefix("entered: ")
    printed = origins.rename(columns={"country_of_origin": "part"})
    printed = pd.DataFrame(printed.assign(value=printed["persons"], where="table 2"))
    in_text = totals[totals["where"].str.startswith("text: asylum")]
    yearly = dict(zip(in_text["year"], in_text["value"], strict=True))
    points = entries[entries["entry_point"] != "total"].rename(
        columns={"entry_point": "part", "period": "year", "persons": "value"}
    )
    return ReportFigures(
        years=_ranges(totals.assign(part="")),
        origins=_ranges(pd.concat([printed, _left_over(printed, yearly)])),
        entries=_ranges(points.assign(where="table 4")),
        manners=_ranges(manners.assign(part=manner)),
        more=_ranges(_other_claims(claims, contradictions)),
    )


def _other_claims(claims: pd.DataFrame, contradictions: pd.DataFrame) -> pd.DataFrame:
    """Return what else contradicts, a row a reading, and the share of men."""
    elsewhere = contradictions["quantity"].str.contains(f"^{APPLICANTS}|^entered")
    more = contradictions[~elsewhere]
    parts = []
    for which in ("", "other_"):
        columns = ["year", "quantity", f"{which}value", f"{which}reading"]
        parts.append(more[columns].set_axis(_CLAIM, axis=1))
    men = claims[claims["quantity"] == "share of men"].rename(
        columns={"quantity": "part"}
    )
    parts.append(men.assign(year=", ".join(men["year"]))[_CLAIM])
    others = pd.concat(parts, ignore_index=True)
    readings = others["where"].str.split("; ")
    return others.assign(where=readings).explode("where")


def _left_over(rows: pd.DataFrame, totals: Mapping[str, float]) -> pd.DataFrame:
    """Return for figures that stand twice in a year what its total leaves for one of them."""
    rest = []
    for year, of_year in rows.groupby("year"):
        gap = totals.get(str(year), of_year["value"].sum()) - of_year["value"].sum()
        twice = of_year[of_year["value"].duplicated(keep=False)]
        if gap:
            rest.append(twice.assign(value=twice["value"] + gap, where="total - rows"))
    return pd.concat(rest) if rest else rows.iloc[:0]


def _ranges(claims: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each year and part, in the order of the table."""
    ranges = []
    for (year, part), of_part in claims.groupby(["year", "part"], sort=False):
        readings = of_part.groupby("value")["where"].agg(
            lambda places: ", ".join(
                dict.fromkeys(place.split(":")[0] for place in places)
            )
        )
        ranges.append(
            {
                "year": year,
                "part": part,
                "low": of_part["value"].min(),
                "high": of_part["value"].max(),
                "sources": list(
                    zip(readings.index.astype(float), readings, strict=True)
                ),
            }
        )
    columns = ["year", "part", "low", "high", "sources"]
    return pd.DataFrame(ranges, columns=columns).sort_values("year", kind="stable")
