"""A study is a folder: `study.toml`, and the files that it names.

A folder may come from somebody else, and its places and outline go onto a map.  So it is read by
its own files only: a name that leads out of the folder is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import geopandas as gpd
import pandas as pd
import shapely
from pydantic import ValidationError
from shapely.geometry.base import BaseGeometry

from geo.crs import around, metric_crs
from geo.params import Params, PrivacyParams
from geo.records import About, Assessment, Layers, Log, Source, StudyData, Terrain
from geo.schema import LEAFLET, OTHERS, PLACES, PRESS, SERVICES, WGS84
from geo.sightings import coarsen
from layers import complaints, package_data
from layers.complaints import UserError
from layers.files.filenames import TAKEN, form_id
from layers.package_data import command
from layers.readers import config, sightings
from layers.readers.osm import snapshots
from layers.readers.study import files, referral
from layers.readers.study.settings import Settings
from layers.readers.tabular.table_file import read_table

FILE: Final = "study.toml"

OWN_NETWORK: Final = "own"
"""Id of the network in a study's own folder; every other id is that of a snapshot."""

_TABLES: Final = {
    "services": SERVICES,
    "press": PRESS,
    "others": OTHERS,
    "leaflet": LEAFLET,
}

Checked = TypeVar("Checked")
"""A record that checks its values."""

NEAR_M: Final = 5000.0
"""A sighting farther than this outside the boundary is far from the study region."""
BESIDE_M: Final = 100.0
"""A study without a boundary reaches this far beyond its outermost ways: places lie beside them."""


@dataclass(frozen=True)
class Study:
    """What a study's folder holds."""

    folder: Path
    settings: Settings
    about: About
    params: Params
    """The defaults, and what the study changes."""
    places: gpd.GeoDataFrame
    """Table `PLACES`, EPSG:4326."""
    boundary: gpd.GeoDataFrame | None
    """One row, ``name`` and geometry, EPSG:4326; None where the study has none."""
    sightings: list[Path]
    store: Path | None = None
    """Folder of the snapshots, where it is not the user's."""
    bounded: bool = True
    """Whether the boundary is the study's own, and not the hull of its ways (`on`)."""

    @property
    def region(self) -> BaseGeometry | None:
        """Where its sightings may lie, EPSG:4326; None, anywhere, where it has no boundary."""
        return None if self.boundary is None else around(self.boundary, NEAR_M)

    @property
    def extent(self) -> BaseGeometry | None:
        """Where its network must lie: the boundary, else about its places, if there are any."""
        if self.boundary is not None:
            return self.boundary.union_all()
        if self.places.empty:
            return None
        box = shapely.box(*self.places.total_bounds)
        return around(gpd.GeoSeries([box], crs=WGS84), NEAR_M)

    @property
    def form_id(self) -> str:
        """Id of its form for the field: as it says, or made of the letters of its title."""
        return self.settings.form_id or form_id("sightings", self.about.name)

    def command(self, name: str, **options: object) -> str:
        """Return a command on this study, to be pasted into a shell."""
        return command(name, study=self.folder, **options, store=self.store)

    def on(self, layers: Layers) -> Study:
        """Return the study on these ways: without a boundary the hull about them is its outline.

        Raises `UserError` where none of them lies inside the boundary.
        """
        ways = pd.concat([layers.roads, layers.paths, layers.railways])
        if self.boundary is None:
            hull = shapely.convex_hull(
                shapely.union_all(shapely.envelope(ways.geometry.values))
            )
            outline = gpd.GeoDataFrame(
                {"name": [self.about.name]}, geometry=[hull], crs=WGS84
            )
            beside = outline.set_geometry([around(outline, BESIDE_M)], crs=WGS84)
            return replace(self, boundary=beside, bounded=False)
        if not len(
            ways.sindex.query(self.boundary.union_all(), predicate="intersects")
        ):
            raise UserError(
                f"{layers.source.title} ({layers.source.id}) has no way inside the boundary of "
                f"the study. Fix: {self.command('fetch')}, or name another one with --snapshot"
            )
        return self

    def network(self) -> Layers:
        """Return the ways in its folder, EPSG:4326; raise `UserError` where there are none."""
        own_file = self.settings.network
        if own_file is None:
            area = "PLACE" if self.boundary is None else None
            raise UserError(
                f"no network for this study. Fix: {self.command('fetch', area=area)}"
            )
        path = inside(self.folder, "network", own_file.file)
        source = Source(
            kind="own",
            id=OWN_NETWORK,
            title=own_file.title,
            licence=own_file.licence,
            generalised=own_file.tolerance_m > 0,
            tolerance_m=own_file.tolerance_m,
            note=own_file.note,
        )
        if not path.is_dir():
            return files.network(path, source)
        layers = snapshots.load(path.parent, path.name)
        return replace(
            layers,
            source=replace(
                source,
                osm_date=layers.source.osm_date,
                provenance=layers.source.provenance,
            ),
        )

    def table(self, key: str) -> pd.DataFrame:
        """Return ``services``, ``press``, ``others`` or ``leaflet``, a table; maybe empty."""
        schema, name = _TABLES[key], getattr(self.settings, key)
        if name is None:
            return schema.frame()
        is_known = files.of_places(set(self.places["id"]))
        checks = [is_known] if "place" in schema.names else []
        refused: frozenset[str] = frozenset()
        if schema is SERVICES:
            checks, refused = [*checks, referral.faults], referral.PLACES
        path = inside(self.folder, key, name)
        rows = read_table(path, schema, *checks, refused=refused)
        return schema.frame(rows.reset_index(drop=True))

    def assessed(self, today: date) -> dict[str, Assessment]:
        """Return the crossings whose assessment holds on a day, by id.

        Raises `UserError` where it names no crossing of the study, or no partner who gives legal
        aid by its services.
        """
        kinds = self.places.set_index("id")["kind"].to_dict()
        faults, found = [], {}
        for one in self.settings.assessed:
            if kinds.get(one.crossing) != "crossing":
                faults.append(
                    f"assessed: {one.crossing} is no crossing of the study. Fix: the id of one, of "
                    "kind crossing in its places"
                )
            if one.partner not in self._legal_aid():
                faults.append(
                    f"assessed: {one.partner} gives no legal aid by the study's services. Fix: a "
                    "row with the service legal_aid and this organisation, or the partner who does"
                )
            if one.on <= today <= one.until:
                found[one.crossing] = Assessment(one.partner, one.until)
        if faults:
            raise UserError("\n".join(f"{self.folder / FILE}: {f}" for f in faults))
        return found

    def _legal_aid(self) -> set[str]:
        services = self.table("services")
        of_law = services["service"] == "legal_aid"
        return set(services.loc[of_law, "organisation"].dropna())

    def again(self, title: str, boundary: gpd.GeoDataFrame) -> Study:
        """Return this study for a plan that goes on from a run of it.

        A study without a boundary keeps that of the run.  Raises `UserError` if the run, by its
        title, was of another study.
        """
        if title != self.about.name:
            raise UserError(
                f"the run was of the study {title!r}, and {self.folder} is {self.about.name!r}. "
                "Fix: name the folder of its study with --study"
            )
        return self if self.boundary is not None else replace(self, boundary=boundary)

    def records(self) -> gpd.GeoDataFrame:
        """Return its own sightings, table `RECORDS`, EPSG:4326; errors as `sightings.read`."""
        zone = self.params.patrols.time_zone
        return sightings.read(*self.sightings, region=self.region, zone=zone)

    def data(
        self,
        records: gpd.GeoDataFrame | None = None,
        ways: tuple[Layers, Terrain | None] | None = None,
        privacy: PrivacyParams | None = None,
        log: Log | None = None,
    ) -> tuple[StudyData, pd.DataFrame]:
        """Return all that a study reads, and which record each of its sightings is.

        Parameters
        ----------
        records
            Table `RECORDS`, EPSG:4326; by default those of its own files, as `records`.
        ways
            As from `layers.readers.network.load`; by default those in its folder.
        privacy
            How records are coarsened; by default as the study's parameters say.
        log
            What patrols of this study found.

        Returns
        -------
        (geo.records.StudyData, pandas.DataFrame)
            The second is table `SIGHTING_IDS`.

        Raises
        ------
        UserError
            If no ways are given and none lie in the folder, or none lie inside the boundary.
        """
        layers, terrain = ways or (self.network(), None)
        study = self.on(layers)
        boundary = cast("gpd.GeoDataFrame", study.boundary)
        crs = metric_crs(boundary)
        rows = study.records() if records is None else records
        coarse = coarsen(
            rows.to_crs(crs), self.places.to_crs(crs), privacy or self.params.privacy
        )
        data = StudyData(
            layers=layers,
            places=self.places,
            boundary=boundary,
            sightings=coarse.sightings.to_crs(WGS84),
            terrain=terrain,
            about=self.about,
            services=referral.for_drawing(self.table("services")),
            bounded=study.bounded,
            assessed=self.assessed(datetime.now(UTC).date()),
            log=log or Log.of(),
        )
        return data, coarse.ids


def read(folder: Path | str | None = None, store: Path | None = None) -> Study:
    """Return what a study's folder holds, by default that of the study shipped with the program.

    `store` is the folder of the snapshots, by default the user's.  Raises
    `layers.complaints.UserError` if it has no `study.toml`, or holds a key, a value or a file name
    that cannot be used, or if its places or its boundary cannot be used.

    Examples
    --------
    >>> read().about.name
    'Mitrovica region'
    """
    folder = Path(folder or package_data.STUDY)
    if not (folder / FILE).exists():
        raise UserError(
            f"{folder} is not the folder of a study: it has no {FILE}. Fix: name another, or make "
            f"one: {command('init', folder)}"
        )
    path = inside(folder, FILE, FILE)
    settings, params = checked(path, config.read(path))
    about = _about(folder, settings)
    boundary, places = None, PLACES.geoframe()
    if settings.boundary:
        outline = inside(folder, "boundary", settings.boundary)
        boundary = files.outline(outline, about.name)
    if settings.places:
        places = files.places(inside(folder, "places", settings.places), boundary)
    return Study(
        folder=folder,
        settings=settings,
        about=about,
        params=params,
        places=places,
        boundary=boundary,
        sightings=[
            *(inside(folder, "sightings", name) for name in settings.sightings),
            *in_folder(folder, TAKEN, "*.csv"),
        ],
        store=store,
    )


def checked(path: Path, content: Mapping[str, Any]) -> tuple[Settings, Params]:
    """Return what the tables of a `study.toml` say; raise `UserError` with every fault of them."""
    settings = _checked(path, Settings, content)
    return settings, _checked(path, Params, settings.parameters, "parameters.")


def _checked(
    path: Path, kind: type[Checked], values: Mapping[str, Any], table: str = ""
) -> Checked:
    """Return a record of values; raise `UserError` with every fault, by the file and its key."""
    try:
        return kind(**values)
    except ValidationError as error:
        lines = [f"{path}: {table}{line}" for line in complaints.complaint(error)]
        raise UserError("\n".join(lines)) from error


def _about(folder: Path, settings: Settings) -> About:
    """Return what every map of a study says: keys of the same names, and the texts of its cards."""
    names = {field.name for field in fields(About)} & {*vars(settings)}
    keys = {name: getattr(settings, name) for name in names}
    neighbours = tuple((n.name, n.lat, n.lon) for n in settings.neighbours)
    about = About(**keys | {"card_words": {}, "neighbours": neighbours})
    if settings.card_words is None:
        return about
    path = inside(folder, "card_words", settings.card_words)
    words, languages = files.corrected(path)
    return replace(about, card_words=words, card_read=languages)


def in_folder(folder: Path, name: str, pattern: str) -> list[Path]:
    """Return the files of a folder inside that of a study, in order; errors as `inside`."""
    found = sorted((folder / name).glob(pattern))
    return [inside(folder, name, f"{name}/{path.name}") for path in found]


def inside(folder: Path, key: str, name: str) -> Path:
    """Return the path of a file of a study; refuse one that leads out of its folder.

    Raises `UserError` if it leads out of the folder, by ``..``, as an absolute path or by a link,
    or is missing.
    """
    path = folder / name
    if Path(name).is_absolute() or not path.resolve().is_relative_to(folder.resolve()):
        raise UserError(
            f"{folder / FILE}: {key}: {name!r} leads out of the study's folder, and a study reads "
            "nothing else. Fix: copy the file into the folder, and name it there"
        )
    complaints.require_exists(path)
    return path
