"""The folder of a release: what its tier may hold, in the formats of a run."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import pandas as pd

from layers import shipped
from layers.filenames import CARDS, DICTIONARY, GEOPACKAGE, MANIFEST, MAP, PROGRAM
from layers.listing import fingerprint, write_json
from layers.releases.terms import LISTS
from layers.schema import ANNOUNCED_STOPS, RELEASED_CELLS, SCHEMA_VERSION, WGS84, Table
from layers.shipped import filled, shown
from layers.writers import formats, geopackage
from layers.writers.layers import Layer, layer_of, map_layers, plain_tables

if TYPE_CHECKING:
    from geo.results import Findings
    from layers.handling import Handling
    from layers.records import StudyData
    from layers.releases.order import Order

FLOW: Final = "flow_monitoring.csv"
_FLOW_HOLDS: Final = (
    "the released cells in the columns of IOM's Displacement Tracking Matrix, with HXL tags: the "
    "middle of each cell, and groups, not persons"
)
NOTES: Final = ("model_card.md", "data_sharing_note.md", "ethical_matrix.md")


@dataclass(frozen=True)
class Made:
    """What was released, and how much was not; it stays inside."""

    findings: Findings
    """Made of the cells alone."""
    cells: gpd.GeoDataFrame
    """Table `RELEASED_CELLS`."""
    withheld: int
    unchanged: list[str]


def write(path: Path, made: Made, data: StudyData, order: Order, page: str) -> None:
    """Fill an empty folder with what a tier may hold.

    `data` rests on the cells alone, and `page` is the map of the release.
    """
    findings, cells, kept = made.findings, made.cells, LISTS[order.terms.tier]
    handling = replace(order.handling, credit=findings.source.licence)
    places = data.places[data.places["kind"] != "depot"]
    own = layer_of(RELEASED_CELLS, cells), layer_of(ANNOUNCED_STOPS, order.stops())
    every = (*map_layers(findings, replace(data, places=places)), *own)
    layers = [layer for layer in every if layer.name in kept["layers"]]
    every_table = plain_tables(findings, order.contradictions)
    plain = [(table, rows) for table, rows in every_table if table.name in kept["tables"]]
    (path / "layers").mkdir()
    for layer in layers:
        formats.geojson(layer, path / "layers" / f"{layer.name}.geojson", handling)
    geopackage.write(layers, plain, path / GEOPACKAGE, handling=handling, now=order.now)
    _flow_monitoring(cells, data.about.name, handling).to_csv(path / FLOW, index=False)
    words = html.escape(handling.line())
    head = f'<head><meta name="handling" content="{words}">'
    (path / MAP).write_text(page.replace("<head>", head, 1), "utf-8")
    (path / DICTIONARY).write_text(_dictionary(layers, plain, handling), "utf-8")
    if order.cards is not None:
        (path / CARDS).write_bytes(order.cards)
    for name in NOTES:
        text = filled(
            f"release_{name}", order=order, handling=handling, terms=order.terms,
            tier=order.limits, findings=findings, cells=cells, study=data.about.name,
            made=order.now.date(), layers=[layer.name for layer in layers],
        )  # fmt: skip
        (path / name).write_text(text, "utf-8")
    write_json(_manifest(path, findings, data, order), path / MANIFEST)


def _flow_monitoring(cells: gpd.GeoDataFrame, study: str, handling: Handling) -> pd.DataFrame:
    """Return the cells in the columns of the Displacement Tracking Matrix, HXL tags in front."""
    tags: dict[str, str] = shipped.toml("lists", "hxl.toml")["flow_monitoring"]
    middle = cells.geometry.centroid.to_crs(WGS84)
    rows = {
        "operation": shown(study),
        "flowMonitoringPoint": cells["coarse_place"].map(shown, na_action="ignore"),
        "latitude": middle.y.round(4),
        "longitude": middle.x.round(4),
        "cellSideM": cells["side_m"],
        "reportingPeriod": cells["period"],
        "yearReportingDate": cells["period"].str[:4],
        "numberOfGroups": cells["groups"],
        "handling": handling.line(),
    }
    frame = pd.DataFrame(rows, index=cells.index).astype(object)
    return pd.concat([pd.DataFrame([tags]), frame], ignore_index=True)[list(tags)]


def _dictionary(
    layers: Sequence[Layer], plain: Sequence[tuple[Table, pd.DataFrame]], handling: Handling
) -> str:
    where: dict[str, list[str]] = {}
    for layer in layers:
        where.setdefault(layer.table.name, []).append(f"layers/{layer.name}.geojson")
    where |= {table.name: [f"{GEOPACKAGE} ({table.name})"] for table, _ in plain}
    every = [layer.table for layer in layers] + [table for table, _ in plain]
    named = {table.name: table for table in every}
    return formats.dictionary(where, handling, {FLOW: _FLOW_HOLDS}, named.values())


def _manifest(
    path: Path, findings: Findings, data: StudyData, order: Order
) -> Mapping[str, object]:
    limits, source = order.limits, findings.source
    return {
        "program": PROGRAM,
        "made_by": "release",
        "handling": order.handling.line(),
        "holds_until": order.until.isoformat(),
        "release": asdict(order.terms),
        "thresholds": {
            "least_groups": limits.least_groups,
            "side_m": limits.side_m,
            "period": limits.period,
            "delay_days": limits.delay_days,
        },
        "version": version(PROGRAM),
        "schema_version": SCHEMA_VERSION,
        "written": order.now.isoformat(timespec="seconds"),
        "study": data.about.name,
        "network": {"title": source.title, "licence": source.licence},
        "outputs": [
            {"file": file.relative_to(path).as_posix(), **fingerprint(file)}
            for file in sorted(path.rglob("*"))
            if file.is_file()
        ],
    }
