"""The gate: a release is made, attacked, refused or let through, and what that tells the office.

The attacker reads every file for what it is, without knowing which program wrote it.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import rasterio
import shapely

from geo.release import Evidence, attack, gain, twin, utility
from geo.schema import SIZE_CLASSES, WGS84
from layers.files import atomic
from layers.releases.folder import fill
from layers.releases.register import ReleaseError
from layers.shipped import filled

if TYPE_CHECKING:
    from geo.arrays import Floats
    from geo.params.release import Tier
    from geo.records import Layers
    from geo.release import Masked
    from geo.results import Findings
    from layers.releases.folder import Order

_TABLES: Final = (
    ".geojson",
    ".gpkg",
    ".fgb",
    ".shp",
    ".parquet",
    ".kml",
    ".gpx",
    ".csv",
)
_NUMBER: Final = re.compile(r"-?\b\d{1,3}\.\d{4,}|\b\d{6,7}(?:\.\d+)?\b")
"""Degrees; or metres, or units of 0.00001 degree as a map holds them."""
_LINK: Final = re.compile(
    r"(?:19|20)\d\d-[01]\d(?:-[0-3]\d)?|"
    + "|".join(map(re.escape, SIZE_CLASSES[:-1]))
)
"""Months, days and size classes: what the press says of a group, too."""
_NEAR: Final = 24
"""Two numbers so few characters apart may be a pair of coordinates."""


def release(
    order: Order,
    target: Path,
    path: Path,
    draw: Callable[..., dict[str, str]],
    *,
    draft: bool = False,
) -> list[str]:
    """Make a release in a folder, and return what that tells the office.

    Beside the register, for the office only, lies what masking costs and what an attacker gains:
    both rest on all sightings.

    Parameters
    ----------
    order
        What is asked for.
    target
        The folder of the release.
    path
        The register.
    draw
        Draws the pages, as `maps.plain_maps.draw_release`.
    draft
        Only what it would tell: there is no folder and no entry.

    Raises
    ------
    ReleaseError
        If the release is refused; then there is neither folder nor entry.
    """
    sightings = order.run.sightings
    with TemporaryDirectory() as aside:
        folder = Path(aside, "release")
        masked, findings = fill(folder, sightings, order, draw)
        groups = int(masked.cells["groups"].sum())
        order.require(groups)
        folder_of_twin = Path(aside, "twin")
        other_groups = twin(sightings, order.limits, order.now.date(), seed=1)
        fill(folder_of_twin, other_groups, order, draw)
        risk, refusals = judge(folder, folder_of_twin, order)
        if refusals:
            raise ReleaseError(
                f"refused: {'; '.join(refusals[:3])} ({len(refusals)} findings). Fix: this is a "
                "fault of the program; release nothing, and report it"
            )
        if draft:
            order.require_no_difference(masked.cells, groups)
            office = Path(aside)
        else:
            office = path.parent
            with atomic.aside(target) as part:
                shutil.copytree(folder, part)
                order.enter(path, {part: target}, masked.cells, groups)
        return _told_inside(order, office, masked, findings, risk)


def _told_inside(
    order: Order,
    office: Path,
    masked: Masked,
    findings: Findings,
    risk: pd.DataFrame,
) -> list[str]:
    """Write what only the office may know of a release to its folder; return it in lines."""
    shares, kept_share, rank = utility(order.run.need, findings.need)
    inside = office / "releases" / order.terms.id
    with atomic.owner_only():
        inside.mkdir(parents=True, exist_ok=True)
        shares.to_csv(inside / "utility.csv", index=False)
        risk.to_csv(inside / "risk.csv")
    report = filled(
        "release_report.md",
        tier=order.limits,
        masked=masked,
        known=len(order.run.sightings),
        kept=kept_share,
        rank=rank,
        squares=len(shares),
        risk=risk,
    )
    return report.splitlines()


def judge(
    folder: Path, folder_of_twin: Path, order: Order
) -> tuple[pd.DataFrame, list[str]]:
    """Return what an attacker makes of a release (`geo.release.gain`), and why it is refused.

    `folder` is the release; the other is the same made of a twin (`geo.release.twin`).  Only the
    gate knows where the groups of the run were reported; the ways and places of the study are
    public.  Where the two are equal byte for byte, no attack on one finds more than the same on
    the other.
    """
    sightings = order.run.sightings
    crs = str(sightings.crs)
    radius_m = order.limits.radius_m
    places = order.data.places.to_crs(crs)
    public = _public_points(order.data.layers, places)

    def truth(link: str) -> Floats:
        rows = sightings
        for word in link.split():  # a day is known by its month
            rows = rows[
                (rows["period"] == word[:7]) | (rows["size_class"] == word)
            ]
        return shapely.get_coordinates(rows.geometry.values)

    named = attack(evidence(folder, places), public, radius_m)
    of_twin = named
    unequal_files = unequal(folder, folder_of_twin)
    if unequal_files:
        of_twin = attack(evidence(folder_of_twin, places), public, radius_m)
    risk = gain(named, of_twin, truth, radius_m)
    return risk, _refusals(risk, unequal_files, order.limits)


def _refusals(
    risk: pd.DataFrame, unequal_files: Iterable[str], limits: Tier
) -> list[str]:
    """Return why a release is refused: what an attacker gains, and which files differ."""
    refusals = []
    too_much = risk[risk["gain_high"] > limits.most_gain]
    for source, row in too_much.droplevel("link").iterrows():
        refusals.append(
            f"{source}: {row.success:.0%} of the places that it betrays lie within "
            f"{limits.radius_m:g} m of a group, {row.success_twin:.0%} with other groups"
        )
    refusals += [
        f"{file} tells more than the cells: it differs from that of a twin"
        for file in unequal_files
    ]
    return refusals


def _public_points(ways: Layers, places: gpd.GeoDataFrame) -> Floats:
    """Return the vertices of all ways, facilities and places, in the CRS of the places."""
    frames = (
        ways.roads,
        ways.paths,
        ways.railways,
        ways.waterways,
        ways.facilities,
        places,
    )
    crs = str(places.crs)
    return np.vstack(
        [shapely.get_coordinates(f.geometry.to_crs(crs)) for f in frames]
    )


def evidence(folder: Path, public: gpd.GeoDataFrame) -> list[Evidence]:
    """Return the places in the files of a folder, by file and column.

    `public` is table `PLACES` in the metric CRS in which the places are given.  A table without a
    place is read by the names in it: those of public places, and the ids of features in the folder.
    """
    places: list[Evidence] = []
    crs = str(public.crs)
    point_by_name = dict(zip(public["name_en"], public.geometry, strict=True))
    for path in sorted(_files(folder), key=lambda path: path.suffix == ".csv"):
        name = path.relative_to(folder).as_posix()
        for layer, rows in _layers(path, crs):
            source = f"{name}: {layer}"
            if isinstance(rows, gpd.GeoDataFrame):
                middle = rows.representative_point()
                point_by_name |= dict(
                    zip(rows.get("id", ()), middle, strict=False)
                )
                places.append(_alike(source, rows.geometry))
                places += _columns(source, rows, middle)
            else:
                places += _measured(source, rows, point_by_name)
                places += _named(source, rows, point_by_name, crs)
        if path.suffix == ".tif":
            places += _raster(path, name, crs)
        elif path.suffix not in (".gpkg", ".parquet"):
            places += _numbers(path, name, crs)
    return places


def unequal(folder: Path, other: Path) -> list[str]:
    """Return the files that are not the same, byte for byte, in two folders."""
    ours = _contents(folder)
    theirs = _contents(other)
    return sorted(
        name for name in ours | theirs if ours.get(name) != theirs.get(name)
    )


def _contents(folder: Path) -> dict[str, bytes]:
    """Return what each file of a folder holds, by its path in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in _files(folder)
    }


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _layers(path: Path, crs: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the layers of a file, in a metric CRS, and then its tables."""
    layers = pyogrio.list_layers(path) if path.suffix in _TABLES else ()
    typed = {"AUTODETECT_TYPE": "YES"} if path.suffix == ".csv" else {}
    for layer, kind in sorted(layers, key=lambda layer: layer[1] is None):
        rows = pyogrio.read_dataframe(path, layer=layer, **typed)
        if kind:
            rows = rows[
                ~(rows.geometry.isna() | rows.geometry.is_empty)
            ].to_crs(crs)
        yield layer, rows


def _alike(name: str, shapes: gpd.GeoSeries, link: str = "") -> Evidence:
    """Return the vertices of shapes, all alike likely."""
    xy = shapely.get_coordinates(shapes.values)
    return Evidence(name, xy, np.zeros(len(xy)), link)


def _weighed(name: str, xy: Floats, values: Floats) -> Iterator[Evidence]:
    """Yield the places where values are greatest, and where they are least."""
    for end, sign in (("most", 1.0), ("least", -1.0)):
        weight = np.where(np.isfinite(values), sign * values, -np.inf)
        yield Evidence(f"{name}, {end}", xy, weight)


def _named(
    source: str, rows: pd.DataFrame, point_by_name: Mapping[Any, Any], crs: str
) -> Iterator[Evidence]:
    """Yield the places whose names stand in a table without a place."""
    for column in rows.select_dtypes(exclude="number"):
        # The first row of a curve at each place: what is nearest.
        first = rows.drop_duplicates(column)
        points = gpd.GeoSeries(
            first[column].map(point_by_name).dropna(), crs=crs
        )
        yield from _columns(
            f"{source}, {column}", first.loc[points.index], points
        )


def _columns(
    name: str, rows: pd.DataFrame, points: gpd.GeoSeries
) -> Iterator[Evidence]:
    """Yield the places of a table weighed by each column, and those of each month, day and size."""
    if points.empty:
        return
    xy = shapely.get_coordinates(points.values)
    for column, values in rows.select_dtypes("number").items():
        weights = values.to_numpy(float, na_value=np.nan)
        yield from _weighed(f"{name}, {column}", xy, weights)
    others = rows.drop(columns="geometry", errors="ignore")
    others = others.select_dtypes(exclude="number")
    links = pd.Series([_link(row) for row in others.to_numpy()], points.index)
    for link in links[links != ""].unique():
        yield _alike(f"{name}, of {link}", points[links == link], link)


def _link(row: Iterable[object]) -> str:
    """Return the months, days and size classes among the values of a row."""
    texts = (str(value)[:10] for value in row)
    return " ".join(filter(_LINK.fullmatch, texts))


def _measured(
    name: str, rows: pd.DataFrame, point_by_name: Mapping[Any, Any]
) -> Iterator[Evidence]:
    """Yield where groups are whose distances to three named places or more a table holds.

    The difference of the squares of two distances is linear in the place: least squares solve it.
    """
    figures = rows.select_dtypes("number")
    columns = [column for column in figures if column in point_by_name]
    if len(columns) < 3:
        return
    anchors = shapely.get_coordinates(
        [point_by_name[column] for column in columns]
    )
    first = anchors[0]
    apart = anchors[1:] - first
    squares = figures[columns].to_numpy(float) ** 2
    differences = squares[:, :1] - squares[:, 1:]
    for unit, scale in (("m", 1.0), ("km", 1e6)):
        right = scale * differences + (apart**2).sum(axis=1)
        xy = np.linalg.lstsq(2 * apart, right.T, rcond=None)[0].T + first
        yield Evidence(f"{name}, distances in {unit}", xy, np.zeros(len(xy)))


def _raster(path: Path, name: str, crs: str) -> Iterator[Evidence]:
    with rasterio.open(path) as opened:
        values = opened.read(1, masked=True).filled(np.nan).astype(float)
        rows, columns = np.indices(values.shape)
        x, y = rasterio.transform.xy(
            opened.transform, rows.ravel(), columns.ravel()
        )
        centres = gpd.GeoSeries.from_xy(x, y, crs=opened.crs).to_crs(crs)
    yield from _weighed(
        name, shapely.get_coordinates(centres.values), values.ravel()
    )


def _numbers(path: Path, name: str, crs: str) -> Iterator[Evidence]:
    """Yield the pairs of numbers of a text that can be a place of the region, in either order."""
    figures = _NUMBER.finditer(path.read_bytes().decode("utf-8", "replace"))
    neighbours = [
        (first[0], second[0])
        for first, second in pairwise(figures)
        if second.start() - first.end() <= _NEAR
    ]
    both = np.array(neighbours, dtype=float).reshape(-1, 2)
    for order, pairs in (("east, north", both), ("north, east", both[:, ::-1])):
        large = (np.abs(pairs) > 360).all(axis=1)
        degrees = np.concatenate([pairs[~large], pairs[large] / 1e5])
        points = gpd.GeoSeries(shapely.points(degrees), crs=WGS84).to_crs(crs)
        xy = np.concatenate(
            [shapely.get_coordinates(points.values), pairs[large]]
        )
        xy = xy[np.isfinite(xy).all(axis=1)]
        yield Evidence(f"{name}: {order}", xy, np.zeros(len(xy)))
