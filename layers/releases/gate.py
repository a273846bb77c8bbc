"""The gate: a release is made, attacked, refused or let through, and what that tells the office.

The attacker reads every file for what it is, without knowing which program wrote it.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
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
    r"(?:19|20)\d\d-[01]\d(?:-[0-3]\d)?|" + "|".join(map(re.escape, SIZE_CLASSES[:-1]))
)
"""Months, days and size classes: what the press says of a group, too."""
_NEAR: Final = 24
"""Two numbers so few characters apart may be a pair of coordinates."""


def release(
    order: Order, target: Path, path: Path, draw: Callable[..., dict[str, str]]
) -> list[str]:
    """Make a release in the folder `target`, and return what that tells the office.

    `path` is the register.  Beside it, for the office only, lies what masking costs and what an
    attacker gains: both rest on all sightings.  Raises `ReleaseError` where it is refused; then
    there is neither folder nor entry.
    """
    known, limits, terms = order.run.sightings, order.limits, order.terms
    with TemporaryDirectory() as beside:
        folder, other = Path(beside, "release"), Path(beside, "twin")
        masked, findings = fill(folder, known, order, draw)
        groups = int(masked.cells["groups"].sum())
        order.require(groups)
        fill(other, twin(known, limits, order.now.date(), seed=1), order, draw)
        risk, refusals = judge(folder, other, order)
        if refusals:
            raise ReleaseError(
                f"refused: {'; '.join(refusals[:3])} ({len(refusals)} findings). Fix: this is a "
                "fault of the program; release nothing, and report it"
            )
        with atomic.aside(target) as part:
            shutil.copytree(folder, part)
            order.enter(path, {part: target}, masked.cells, groups)
    inside = path.parent / "releases" / terms.id
    shares, kept, rank = utility(order.run.need, findings.need)
    with atomic.owner_only():
        inside.mkdir(parents=True, exist_ok=True)
        shares.to_csv(inside / "utility.csv", index=False)
        risk.to_csv(inside / "risk.csv")
    values = {
        "tier": limits,
        "masked": masked,
        "kept": kept,
        "rank": rank,
        "squares": len(shares),
    }
    return filled(
        "release_report.md", **values, known=len(known), risk=risk
    ).splitlines()


def judge(folder: Path, other: Path, order: Order) -> tuple[pd.DataFrame, list[str]]:
    """Return what an attacker makes of a release (`geo.release.gain`), and why it is refused.

    `folder` is the release, `other` the same made of a twin (`geo.release.twin`).  Only the gate
    knows where the groups of the run were reported; the ways and places of the study are public.
    Where the two are equal byte for byte, no attack on one finds more than the same on the other.
    """
    known, radius, most = (
        order.run.sightings,
        order.limits.radius_m,
        order.limits.most_gain,
    )

    def truth(link: str) -> Floats:
        rows = known
        for word in link.split():  # a day is known by its month
            rows = rows[(rows["period"] == word[:7]) | (rows["size_class"] == word)]
        return shapely.get_coordinates(rows.geometry.values)

    crs, ways = str(known.crs), order.data.layers
    places = order.data.places.to_crs(crs)
    layers = (
        ways.roads,
        ways.paths,
        ways.railways,
        ways.waterways,
        ways.facilities,
        places,
    )
    public = np.vstack(
        [shapely.get_coordinates(each.geometry.to_crs(crs)) for each in layers]
    )
    named, changed = (
        attack(evidence(folder, places), public, radius),
        unequal(folder, other),
    )
    of_twin = attack(evidence(other, places), public, radius) if changed else named
    risk = gain(named, of_twin, truth, radius)
    refusals = [
        f"{source}: {row.success:.0%} of the places that it betrays lie within {radius:g} m of a "
        f"group, {row.success_twin:.0%} with other groups"
        for source, row in risk.droplevel("link")[
            risk["gain_high"].gt(most).to_numpy()
        ].iterrows()
    ]
    return risk, refusals + [
        f"{file} tells more than the cells: it differs from that of a twin"
        for file in changed
    ]


def evidence(folder: Path, public: gpd.GeoDataFrame) -> list[Evidence]:
    """Return the places in the files of a folder, by file and column.

    `public` is table `PLACES` in the metric CRS in which the places are given.  A table without a
    place is read by the names in it: those of public places, and the ids of features in the folder.
    """
    found: list[Evidence] = []
    crs = str(public.crs)
    known = dict(zip(public["name_en"], public.geometry, strict=True))
    for path in sorted(_files(folder), key=lambda path: path.suffix == ".csv"):
        name = path.relative_to(folder).as_posix()
        for layer, rows in _layers(path, crs):
            if isinstance(rows, gpd.GeoDataFrame):
                middle = rows.representative_point()
                known |= dict(zip(rows.get("id", ()), middle, strict=False))
                found.append(_alike(f"{name}: {layer}", rows.geometry))
                found += _columns(f"{name}: {layer}", rows, middle)
                continue
            found += _measured(f"{name}: {layer}", rows, known)
            for column in rows.select_dtypes(exclude="number"):
                # The first row of a curve at each place: what is nearest.
                first = rows.drop_duplicates(column)
                at = gpd.GeoSeries(first[column].map(known).dropna(), crs=crs)
                found += _columns(f"{name}: {layer}, {column}", first.loc[at.index], at)
        if path.suffix == ".tif":
            found += _raster(path, name, crs)
        elif path.suffix not in (".gpkg", ".parquet"):
            found += _numbers(path, name, crs)
    return found


def unequal(folder: Path, other: Path) -> list[str]:
    """Return the files that are not the same, byte for byte, in two folders."""
    here, there = (
        {path.relative_to(root).as_posix(): path.read_bytes() for path in _files(root)}
        for root in (folder, other)
    )
    return sorted(name for name in here | there if here.get(name) != there.get(name))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _layers(path: Path, crs: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the layers of a file, in a metric CRS, and then its tables."""
    layers = pyogrio.list_layers(path) if path.suffix in _TABLES else ()
    typed = {"AUTODETECT_TYPE": "YES"} if path.suffix == ".csv" else {}
    for layer, kind in sorted(layers, key=lambda each: each[1] is None):
        rows = pyogrio.read_dataframe(path, layer=layer, **typed)
        if kind:
            rows = rows[~(rows.geometry.isna() | rows.geometry.is_empty)].to_crs(crs)
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


def _columns(name: str, rows: pd.DataFrame, at: gpd.GeoSeries) -> Iterator[Evidence]:
    """Yield the places of a table weighed by each column, and those of each month, day and size."""
    if at.empty:
        return
    xy = shapely.get_coordinates(at.values)
    for column, values in rows.select_dtypes("number").items():
        yield from _weighed(
            f"{name}, {column}", xy, values.to_numpy(float, na_value=np.nan)
        )
    others = rows.drop(columns="geometry", errors="ignore").select_dtypes(
        exclude="number"
    )
    texts = [[str(value)[:10] for value in row] for row in others.to_numpy()]
    links = pd.Series(
        [" ".join(filter(_LINK.fullmatch, row)) for row in texts], at.index
    )
    for link in links[links != ""].unique():
        yield _alike(f"{name}, of {link}", at[links == link], link)


def _measured(
    name: str, rows: pd.DataFrame, known: Mapping[Any, Any]
) -> Iterator[Evidence]:
    """Yield where groups are whose distances to three named places or more a table holds."""
    columns = [column for column in rows.select_dtypes("number") if column in known]
    if len(columns) > 2:
        at = shapely.get_coordinates([known[column] for column in columns])
        square, (first, *others) = rows[columns].to_numpy(float) ** 2, at
        apart = np.array(others) - first
        for unit, scale in (("m", 1.0), ("km", 1e6)):
            right = scale * (square[:, :1] - square[:, 1:]) + (apart**2).sum(axis=1)
            xy = np.linalg.lstsq(2 * apart, right.T, rcond=None)[0].T + first
            yield Evidence(f"{name}, distances in {unit}", xy, np.zeros(len(xy)))


def _raster(path: Path, name: str, crs: str) -> Iterator[Evidence]:
    with rasterio.open(path) as opened:
        values = opened.read(1, masked=True).filled(np.nan).astype(float)
        rows, columns = np.indices(values.shape)
        x, y = rasterio.transform.xy(opened.transform, rows.ravel(), columns.ravel())
        at = gpd.GeoSeries.from_xy(x, y, crs=opened.crs).to_crs(crs)
    yield from _weighed(name, shapely.get_coordinates(at.values), values.ravel())


def _numbers(path: Path, name: str, crs: str) -> Iterator[Evidence]:
    """Yield the pairs of numbers of a text that can be a place of the region, in either order."""
    found = [*_NUMBER.finditer(path.read_bytes().decode("utf-8", "replace"))]
    near = [(a[0], b[0]) for a, b in pairwise(found) if b.start() - a.end() <= _NEAR]
    both = np.array(near, dtype=float).reshape(-1, 2)
    for order, pairs in (("east, north", both), ("north, east", both[:, ::-1])):
        large = (np.abs(pairs) > 360).all(axis=1)
        degrees = np.concatenate([pairs[~large], pairs[large] / 1e5])
        at = gpd.GeoSeries(shapely.points(degrees), crs=WGS84).to_crs(crs)
        xy = np.concatenate([shapely.get_coordinates(at.values), pairs[large]])
        xy = xy[np.isfinite(xy).all(axis=1)]
        yield Evidence(f"{name}: {order}", xy, np.zeros(len(xy)))
