"""The handling words that every file of a run or a plan carries, and until when it holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from geo.params import PrivacyParams

OFFICE_TERMS: Final = "terms of the office, as the handling words say"
"""What stands in place of a licence where rows are the office's own."""


@dataclass(frozen=True)
class Release:
    """To whom a release goes, and on which terms."""

    id: str
    """Such as ``2026-11-26-partner-1``."""
    tier: str
    to: str
    purpose: str
    until: date
    """Last day on which it may be used."""
    override: str = ""
    """Why a threshold is lower than that of the tier; empty where none is."""
    kind: str = ""
    """What the office's list says that a partner does, such as ``health``; else empty."""

    @property
    def handling(self) -> Handling:
        """What every file of it says."""
        return Handling(self.until, release=self)

    def line(self) -> str:
        """Return the terms in one line of plain English."""
        words = (
            f"RELEASE {self.id}, tier {self.tier}, to {self.to}, for {self.purpose}."
        )
        return (
            f"{words} Thresholds lowered: {self.override}." if self.override else words
        )


@dataclass(frozen=True)
class Handling:
    """Who a file is for, and until when it holds."""

    until: date
    """Last day on which the file is to be used."""
    credit: str = ""
    """Whose the roads are, and under which licence; with `run`, known once there are results."""
    run: str = ""
    """What tells the results from all others."""

    study: str = ""
    """Whose the places and the boundary of the study are."""
    origin: str = "network"
    """Whose the rows are, as `geo.schema.Table.origin` says."""
    release: Release | None = None
    """None for what is not a release."""
    internal: bool = False
    """It holds exact positions and stays in the office that keeps the records."""

    @classmethod
    def of(cls, made: date, privacy: PrivacyParams) -> Handling:
        """Return the handling of what rests on an analysis of this day, UTC."""
        return cls(made + timedelta(days=privacy.hold_days))

    def of_rows(self, origin: str) -> Handling:
        """Return the handling of a table, by the origin of its rows: with whom to credit for it."""
        credits_by = {"network": self.credit, "study": self.study}
        if origin == "shapes" and self.credit:
            credits_by["shapes"] = f"Shapes: {self.credit}"
        return replace(self, credit=credits_by.get(origin, ""), origin=origin)

    @property
    def licence(self) -> str:
        """The licence that the credit names behind its last comma; of own rows the office's."""
        if self.origin in ("network", "study") and self.credit:
            return self.credit.rpartition(", ")[2]
        return OFFICE_TERMS

    def members(self) -> dict[str, str]:
        """Return what every file says of itself, by name."""
        return {
            "handling": self.line(),
            "credit": self.credit,
            "licence": self.licence,
            "run": self.run,
        }

    def of_package(self) -> dict[str, str]:
        """Return the members of a file that holds rows of every origin."""
        terms = f"{self.licence} for ways and facilities; else {OFFICE_TERMS}"
        return self.members() | {"licence": terms if self.credit else OFFICE_TERMS}

    def line(self) -> str:
        """Return the handling words, in one line of plain English."""
        if self.internal:
            words = (
                "INTERNAL: exact positions. It never leaves the office that keeps the records; do "
                "not forward."
            )
        else:
            public = self.release is not None and self.release.tier == "public"
            who = "For those who bring help, for that purpose only; do not forward."
            words = "It says where people were reported, never where they are."
            words = f"{'For everybody.' if public else who} {words}"
        if self.release is not None:
            words = f"{self.release.line()} {words}"
        return f"{words} Holds until {self.until.isoformat()}."
