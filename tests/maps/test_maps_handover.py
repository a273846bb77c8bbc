"""Sheets for partners: a page each, with consent in every language and room for no name."""

from __future__ import annotations

import io
from datetime import date

import pandas as pd
from pypdf import PdfReader

from geo.schema import SERVICES
from maps import handover, leaflet

SERVICES_OF_TWO = SERVICES.frame(
    pd.DataFrame(
        {
            "need": ["asylum", "legal_aid", "violence", "information"],
            "step": [1, 1, 1, 1],
            "service": [
                "information",
                "legal_aid",
                "safe_house",
                "information",
            ],
            "organisation": ["JRS", "CRPK", None, "JRS"],
        }
    )
)


def test_each_organisation_has_a_page_with_consent_in_every_language() -> None:
    content = handover.content(SERVICES_OF_TWO)
    assert [sheet["to"] for sheet in content["sheets"]] == ["JRS", "CRPK"]
    assert [len(sheet["gives"]) for sheet in content["sheets"]] == [1, 1]
    assert [one["lang"] for one in content["consent"]] == [*leaflet.LANGUAGES]
    assert len(content["needs"]) == len(SERVICES["need"].values)
    pages = PdfReader(
        io.BytesIO(handover.pdf(content, date(2026, 11, 30)))
    ).pages
    texts = [" ".join(page.extract_text().split()) for page in pages]
    assert len(texts) == 2
    for text, organisation in zip(texts, ("JRS", "CRPK"), strict=True):
        assert organisation in text
        assert "I may say no: that changes nothing" in text
        assert "No name, no number, no photograph" in text
        assert "not tested" in text
