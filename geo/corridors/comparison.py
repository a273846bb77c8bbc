"""Whether sightings lie nearer to corridors than chance, where a null says what chance is.

The null is the assumption that carries every p-value: measured effort (`geo.presence.visits`), or
one that the analyst names.  Where observers stood is only assumed, see
`geo.corridors.expected_range`.
"""

import geopandas as gpd
import numpy as np
import shapely

from geo.arguments import require_params
from geo.arrays import Each
from geo.chance.nulls import Null, Window, as_polygon, layer_of, require_null
from geo.corridors.distance import Corridors, as_corridors
from geo.corridors.monte_carlo import NullDistances
from geo.corridors.nearness import nearness_tests
from geo.crs import Frame, require_metric
from geo.network.segments import GeometryError, points_xy
from geo.params import CorridorParams
from geo.results import CorridorTests
from geo.schema import BAND_TESTS, CORRIDOR_CURVES, CORRIDOR_TESTS
from geo.sightings.laws import as_sightings, ids_of


def compare_with_chance(
    sightings: Frame,
    corridors: Corridors,
    effort: Null,
    window: Window | None = None,
    params: CorridorParams | None = None,
    *,
    uncertainty_m: float | None = None,
    each: Each = map,
) -> CorridorTests:
    """Test whether sightings lie nearer to corridors than a null puts them.

    Layers are in one CRS in metres; ``assumed`` says what stands in for what they do not hold.
    Tables are empty where no sighting lies in the window.

    Parameters
    ----------
    sightings, corridors, uncertainty_m
        Events only; as for `proximity`.
    effort : geo.chance.nulls.Null
        Where sightings would be if corridors did not matter: measured effort, or the assumption
        that carries the p-values, as from `geo.chance.uniform` or `geo.chance.reporting_effort`.
    window : polygon, (x0, y0, x1, y1) or layer of polygons, by default as from `window_about`
        Sightings outside it are left out.
    params : geo.params.CorridorParams, optional
        Where no corridor is its ``primary_kind``, all hypotheses are exploratory.
    each : geo.arrays.Each, optional
        Runs blocks of simulations; by default one after the other.

    Returns
    -------
    geo.results.CorridorTests

    Raises `CRSError`, `GeometryError` and `UncertaintyError` as `proximity`, and `ArgumentError` if
    effort is no null.

    Examples
    --------
    >>> from geo import chance
    >>> canal = gpd.GeoSeries([shapely.LineString([(0, 0), (9000, 0)])], crs=9141)
    >>> seen = gpd.GeoSeries.from_xy(range(0, 9000, 1000), [60] * 9, crs=9141)
    >>> params = CorridorParams(simulations=99, primary_kind="canal")
    >>> even = chance.uniform(window_about(seen))
    >>> tests = compare_with_chance(seen, {"canal": canal}, even, params=params, uncertainty_m=50)
    >>> tests.bands.loc[tests.bands["primary"], ["band_m", "p", "verdict"]].values.tolist()
    [[250.0, 0.01, 'nearer']]
    """
    params, kinds = params or CorridorParams(), as_corridors(corridors)
    require_params(params, CorridorParams)
    require_null(effort)
    seen, assumed = as_sightings(sightings, uncertainty_m)
    lines = {kind: corridor.lines for kind, corridor in kinds.items()}
    by_name = {f"corridors[{kind!r}]": frame for kind, frame in lines.items()}
    crs = require_metric(sightings=sightings, window=layer_of(window), **by_name)
    area = (
        as_polygon(window)
        if window is not None
        else window_about(seen, reach_m=params.window_reach_m)
    )
    inside = np.asarray(shapely.intersects_xy(area, *points_xy(seen).T))
    assumed += effort.assumed
    if params.primary_kind not in kinds:
        missing = f"no corridor is {params.primary_kind}"
        assumed += (f"no hypothesis was named beforehand: {missing}",)
    segments = {kind: c.segments for kind, c in kinds.items() if len(c.segments)}
    reference = NullDistances(effort, segments, params.bands_m, each)
    tables = CORRIDOR_TESTS.frame(), BAND_TESTS.frame(), CORRIDOR_CURVES.frame()
    if inside.any() and segments:
        tables = nearness_tests(seen[inside], reference, params)
    tests, bands, curves = tables
    return CorridorTests(
        tests=tests,
        bands=bands,
        curves=curves,
        window=gpd.GeoDataFrame(geometry=[area], crs=crs),
        outside=tuple(ids_of(seen)[~inside]),
        level=params.level,
        simulations=params.simulations,
        assumed=assumed,
    )


def window_about(
    sightings: Frame, boundary: Frame | None = None, reach_m: float = 10_000.0
) -> shapely.Polygon | shapely.MultiPolygon:
    """Return the window of chance: within `reach_m` of the sightings' convex hull, and inside.

    Layers of points, and of polygons if any, are in one projected CRS in metres.  Raises
    `GeometryError` if there are no sightings, or none near the boundary's inside.

    Parameters
    ----------
    sightings : GeoDataFrame or GeoSeries of Point, projected CRS in metres
    boundary : layer of polygons in the same CRS, optional
        The window does not leave it.
    reach_m : float, metres

    Returns
    -------
    shapely.Polygon or shapely.MultiPolygon

    Examples
    --------
    >>> seen = gpd.GeoSeries.from_xy([0, 400], [0, 300], crs=9141)
    >>> [round(bound) for bound in window_about(seen, reach_m=100).bounds]
    [-100, -100, 500, 400]
    """
    require_metric(sightings=sightings, boundary=boundary)
    if not 0 <= reach_m < np.inf:
        raise GeometryError(f"reach_m is {reach_m:g}. Fix: finite metres, 0 or more")
    if not len(sightings):
        raise GeometryError("there are no sightings, so there is no window about them")
    hull = shapely.MultiPoint(points_xy(sightings)).convex_hull.buffer(reach_m)
    window: shapely.Geometry = hull
    if boundary is not None:
        window = shapely.intersection(hull, boundary.geometry.union_all())
    if isinstance(window, (shapely.Polygon, shapely.MultiPolygon)) and window.area:
        return window
    raise GeometryError(
        f"no sighting lies within {reach_m:g} m of the boundary's inside"
    )
