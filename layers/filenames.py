"""Names of what a run or a plan leaves in its folder, as writers write and readers find them."""

from __future__ import annotations

from typing import Final, Literal

PROGRAM: Final = "mitrovica-corridors"
"""Stands in every manifest of ours."""

Maker = Literal["run", "plan"]
"""The command that filled a folder."""

MANIFEST: Final = "manifest.json"
MAP: Final = "map.html"
GEOPACKAGE: Final = "mitrovica.gpkg"
PLAN: Final = "patrol_plan.csv"
FINDINGS: Final = "findings.json"
DICTIONARY: Final = "data_dictionary.md"
REJECTS: Final = "rejected_sightings.csv"
CARDS: Final = "stop_cards.pdf"
PATROLS: Final = "patrols"
RASTERS: Final = "rasters"
WALKING: Final = "walking_time_"
"""How the file of a surface of walking time begins; the kind of help follows."""
