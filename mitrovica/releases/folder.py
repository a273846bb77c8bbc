"""A release that is asked for, and its folder: what its tier may hold, in the formats of a run."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

import pandas as pd

from geo.schema import ANNOUNCED_STOPS, RELEASED_CELLS, WGS84
from geo.study import run
from layers import package_data
from layers.files import atomic
from layers.files.filenames import CARDS, DICTIONARY, MANIFEST
from layers.files.handling import Handling, Release
from layers.files.listing import write_json
from layers.package_data import cell_text
from layers.writers.findings_json import manifest
from layers.writers.layer_tables import (
    Layer,
    Tables,
    layer_of,
    map_layers,
    plain_tables,
)
from layers.writers.run_folder import Contents, layer_files, write_all
from maps.page.escaping import asset
from mitrovica.markdown import filled
from mitrovica.masks import mask
from mitrovica.releases import register
from mitrovica.releases.partners import RULE
from mitrovica.releases.recipients import LISTS, enforces
from mitrovica.releases.register import GROUPS, Entry

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from geo.params import Params
    from geo.records import StudyData
    from geo.results import Findings
    from layers.artwork import Drawn
    from mitrovica.masks import Masked
    from mitrovica.masks.tiers import Tier

FLOW: Final = "flow_monitoring.csv"
_FLOW_HOLDS: Final = (
    "the released cells in the columns of IOM's Displacement Tracking Matrix, with HXL tags: the "
    "middle of each cell, and groups, not persons"
)
_PRINTED_HOLDS: Final = "figures of the report or of others, as they are printed"
NOTES: Final = ("model_card.md", "data_sharing_note.md", "ethical_matrix.md")


@dataclass(frozen=True)
class Order:
    """A release that is asked for."""

    terms: Release
    limits: Tier
    run: Findings
    """Findings of the run that it is made of: its sightings are coarse, not masked."""
    data: StudyData
    """Without sightings and log."""
    params: Params
    hung_out: Mapping[str, date]
    """Stops, by id, whose cards hang, and since when, as the study records it."""
    contradictions: pd.DataFrame
    tables: Mapping[str, pd.DataFrame]
    """The report's tables, and what others counted, by name: they rest on no sighting."""
    earlier: list[Entry]
    """The releases that it is compared with, the oldest first."""
    now: datetime
    cards: bytes | None = None
    """The cards that hang, with their hours: for a partner only."""

    def enter(
        self,
        path: Path,
        files: Mapping[Path, Path],
        cells: gpd.GeoDataFrame,
        groups: int,
    ) -> None:
        """Enter the release of these cells in a register; see `mitrovica.releases.register.enter`.

        Parameters
        ----------
        path
            The register.
        files
            Each released file, by its name in the release.
        cells
            The released cells.
        groups
            Groups that the cells rest on.
        """
        entry = self._entry(cells, groups)
        register.enter(path, entry, self.earlier, files)

    def require_no_difference(self, cells: gpd.GeoDataFrame, groups: int) -> None:
        """Raise `ReleaseError` where these cells and an earlier release tell too much together."""
        entry = self._entry(cells, groups)
        register.require_no_difference(entry, self.earlier)

    def _entry(self, cells: gpd.GeoDataFrame, groups: int) -> Entry:
        return Entry.of(
            self.terms,
            self.data.about.name,
            self.limits.least_groups,
            {GROUPS: cells},
            str(self.run.sightings.crs),
            groups,
        )

    def require(self, groups: int) -> None:
        """Raise `ReleaseError` where there is no group to tell of."""
        if not groups:
            raise register.ReleaseError(
                f"refused: no sighting would be released, since no cell has at least "
                f"{self.limits.least_groups} groups. Fix: wait until more are known; ways and "
                "services are public without a release"
            )

    @property
    def hanging(self) -> gpd.GeoDataFrame:
        """The stops of the run, table `STOPS`, whose cards are recorded as hung out.

        There are none for a recipient who enforces.
        """
        stops = self.run.patrols.stops
        if enforces(self.terms.to):
            return stops.head(0)
        days = pd.to_datetime(stops["stop"].map(dict(self.hung_out)))
        hangs = days.le(pd.Timestamp(self.now.date()))
        return stops[hangs & ~stops["kind"].isin(["depot", "break"])]

    def stops(self) -> gpd.GeoDataFrame:
        """Return table `ANNOUNCED_STOPS`: each stop that hangs out once, by name; no hour."""
        stops = self.hanging.drop_duplicates("name")
        stops = stops.sort_values("name", ignore_index=True)
        return ANNOUNCED_STOPS.geoframe(stops.to_crs(WGS84))


def fill(
    path: Path,
    sightings: gpd.GeoDataFrame,
    order: Order,
    draw: Callable[..., dict[str, str]],
) -> tuple[Masked, Findings]:
    """Mask sightings, analyse what is left of them again, and write that to a new folder.

    Parameters
    ----------
    path
        The folder.
    sightings
        Table `SIGHTINGS`, coarse, in a projected CRS in metres.
    order
        What is asked for.
    draw
        Draws the pages, as `mitrovica.releases.release_map.draw_release`.

    Returns
    -------
    tuple
        What the tier may know, and what the analysis finds in it.
    """
    masked = _masked(sightings, order)
    data = replace(order.data, sightings=masked.sightings.to_crs(WGS84))
    # Without a depot nothing is planned.
    patrols = replace(order.params.patrols, depot="")
    findings = run(data, replace(order.params, patrols=patrols))
    public = replace(data, places=_told(order))
    stops = order.stops()
    handling = replace(
        order.terms.handling, credit=findings.source.licence, study=data.about.credit
    )
    layers = _layers(order, findings, public, masked.cells, stops)
    tables = _tables(order, findings)
    (path / "report_tables").mkdir(parents=True)
    where = layer_files(path, layers, tables, handling, order.now)
    texts = notes(order, findings, masked.cells, [layer.name for layer in layers])
    texts |= draw(
        findings,
        public,
        masked.cells,
        stops,
        order.terms.handling,
        order.limits,
        order.tables,
    )
    texts[DICTIONARY] = _dictionary(order, layers, tables, handling, where)
    for name, text in texts.items():
        (path / name).write_text(text, "utf-8")
    _write_printed(path, order)
    flow = _flow_monitoring(masked.cells, data.about.name, handling)
    flow.to_csv(path / FLOW, index=False)
    if order.cards is not None:
        (path / CARDS).write_bytes(order.cards)
    _write_manifest(path, order, findings, handling)
    return masked, findings


def _layers(
    order: Order,
    findings: Findings,
    public: StudyData,
    cells: gpd.GeoDataFrame,
    stops: gpd.GeoDataFrame,
) -> list[Layer]:
    """Return the layers that the tier may have."""
    layers = (
        *map_layers(findings, public),
        layer_of(RELEASED_CELLS, cells),
        layer_of(ANNOUNCED_STOPS, stops),
    )
    names = LISTS[order.terms.tier]["layers"]
    return [layer for layer in layers if layer.name in names]


def _tables(order: Order, findings: Findings) -> Tables:
    """Return the tables without a place on a map that the tier may have."""
    names = LISTS[order.terms.tier]["tables"]
    return tuple(
        (table, rows)
        for table, rows in plain_tables(findings, order.contradictions)
        if table.name in names
    )


def _masked(sightings: gpd.GeoDataFrame, order: Order) -> Masked:
    """Return what the tier may know, beside its earlier releases of the study in the same grid."""
    crs = str(sightings.crs)
    kind = (order.terms.tier, order.data.about.name, crs)
    earlier_cells = [
        entry.counted(GROUPS)
        for entry in order.earlier
        if (entry.tier, entry.study, entry.crs) == kind
    ]
    places = order.data.places.to_crs(crs)
    day = order.now.date()
    return mask(sightings, places, order.limits, day, earlier_cells)


def _write_manifest(
    path: Path, order: Order, findings: Findings, handling: Handling
) -> None:
    """Write the manifest of a release, with its terms and thresholds."""
    record = manifest(
        path,
        made_by="release",
        study=order.data.about.name,
        source=findings.source,
        handling=handling,
        now=order.now,
    )
    terms = asdict(order.terms) | {"until": str(order.terms.until)}
    record |= {"release": terms, "thresholds": asdict(order.limits)}
    write_json(record, path / MANIFEST)


def fill_for_office(
    path: Path, order: Order, register_file: Path, draw: Callable[..., Drawn]
) -> Sequence[str]:
    """Write all that the coordinator's office may have: a run of the same sightings.

    Only the owner may read the folder.

    Parameters
    ----------
    path
        The folder.
    order
        What is asked for; `ReleaseError` where there is no group to tell of.
    register_file
        In which the release is entered.
    draw
        As `maps.outputs.draw`.

    Returns
    -------
    sequence of str
        Messages on visits that are on no card.
    """
    groups = int((order.run.sightings["kind"] == "sighting").sum())
    order.require(groups)
    handling = order.terms.handling
    params = order.params
    data = replace(order.data, sightings=order.run.sightings.to_crs(WGS84))
    findings = run(data, params)
    drawn = draw(findings, data, params, handling, made=order.now.date())
    no_cells = findings.sightings.head(0)
    texts = {**drawn.texts, **notes(order, findings, no_cells, [])}
    contents = Contents(params, replace(drawn, texts=texts), handling, order.now)
    with atomic.owner_only(), atomic.aside(path) as part:
        write_all(
            part,
            contents,
            findings=findings,
            data=data,
            contradictions=order.contradictions,
        )
        order.enter(register_file, {part: path}, no_cells, groups)
    return drawn.late


def notes(
    order: Order, findings: Findings, cells: gpd.GeoDataFrame, layers: list[str]
) -> dict[str, str]:
    """Return the model card, the data-sharing note and the ethical matrix, by name of the file.

    Parameters
    ----------
    order
        What is released, to whom and on which terms.
    findings
        Of the run.
    cells
        The released cells, table `CELLS`.
    layers
        Names of the released layers.
    """
    fill = partial(
        filled, order=order, findings=findings, cells=cells, layers=layers, rule=RULE
    )
    return {name: fill(f"release_{name}") for name in NOTES}


def _told(order: Order) -> gpd.GeoDataFrame:
    """Return the places that a release may name: no depot, and no stop whose card does not hang."""
    places = order.data.places
    hangs = places["id"].isin(order.hanging["stop"])
    unannounced = places["kind"].isin(LISTS["stops"]) & ~hangs
    is_depot = places["id"] == order.params.patrols.depot
    public = places[~unannounced & ~is_depot]
    return public.assign(**dict.fromkeys(LISTS["own_columns"]))


def _dictionary(
    order: Order,
    layers: Iterable[Layer],
    tables: Tables,
    handling: Handling,
    where: Mapping[str, list[str]],
) -> str:
    """Return what each table and file of a release holds."""
    described = {layer.table.name: layer.table for layer in layers}
    described |= {table.name: table for table, _ in tables}
    printed = dict.fromkeys(map(_printed_file, order.tables), _PRINTED_HOLDS)
    return package_data.filled(
        "dictionary.md",
        handling=handling.line(),
        tables=described.values(),
        where=where,
        others={FLOW: _FLOW_HOLDS} | printed,
    )


def _printed_file(name: str) -> str:
    return f"report_tables/{name}.csv"


def _write_printed(path: Path, order: Order) -> None:
    """Write each table of the report."""
    for name, table in order.tables.items():
        rows = for_spreadsheet(table, order.terms.handling)
        rows.to_csv(path / _printed_file(name), index=False)


def for_spreadsheet(rows: pd.DataFrame, handling: Handling) -> pd.DataFrame:
    """Return a table with the handling words and texts that no spreadsheet takes for a formula."""
    texts: pd.DataFrame = rows.select_dtypes("string")
    shown = {name: texts[name].map(cell_text, na_action="ignore") for name in texts}
    return rows.assign(**shown, handling=handling.line())


def _flow_monitoring(
    cells: gpd.GeoDataFrame, study: str, handling: Handling
) -> pd.DataFrame:
    """Return the cells in the columns of the Displacement Tracking Matrix, HXL tags in front."""
    middle = cells.geometry.centroid.to_crs(WGS84)
    rows = {
        "operation": cell_text(study),
        "flowMonitoringPoint": cells["coarse_place"].map(cell_text, na_action="ignore"),
        "latitude": middle.y.round(4),
        "longitude": middle.x.round(4),
        "cellSideM": cells["side_m"],
        "reportingPeriod": cells["period"],
        "yearReportingDate": cells["period"].str[:4],
        "numberOfGroups": cells["groups"],
        "handling": handling.line(),
    }
    return tagged(pd.DataFrame(rows, index=cells.index), "flow_monitoring")


def tagged(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the columns of rows that HXL has tags for under a name, the tags in front."""
    tags: dict[str, str] = tomllib.loads(asset("hxl.toml", "mitrovica"))[name]
    both = [pd.DataFrame([tags]), rows.astype(object)]
    return pd.concat(both, ignore_index=True)[list(tags)]
