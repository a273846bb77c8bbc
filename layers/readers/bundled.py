"""The study that is shipped with the package, as short calls for notebooks and tests.

It is a folder as any other (`layers.readers.study`): no network, no download.
"""

from collections.abc import Mapping
from typing import Any, cast

import geopandas as gpd

from geo.params import Params, PrivacyParams
from geo.records import Layers, StudyData
from layers.readers import config, study


def opened() -> study.Study:
    """Return the study."""
    return study.read()


def study_data(privacy: PrivacyParams | None = None) -> StudyData:
    """Return everything that it reads, in EPSG:4326; `privacy` says how sightings are coarsened.

    >>> study_data().sightings["kind"].value_counts().to_dict()
    {'sighting': 5, 'interview': 2}
    """
    return opened().data(privacy=privacy)[0]


def params(changes: Mapping[str, Any] = config.NOTHING) -> Params:
    """Return its parameters: the defaults, the places that it names, and tables of changes.

    Examples
    --------
    >>> made = params({"patrols": {"vehicles": 3}})
    >>> made.patrols.depot, made.patrols.vehicles
    ('dcam_coordinator', 3)
    """
    return Params(**config.merged(opened().settings.parameters, changes))


def places() -> gpd.GeoDataFrame:
    """Return its named places, table `PLACES`, in EPSG:4326.

    >>> places().query("id == 'dcam_coordinator'")["name_sr_latn"].notna().tolist()
    [True]
    """
    return opened().places


def records() -> gpd.GeoDataFrame:
    """Return the five sightings and two interviews as recorded, table `RECORDS`, in EPSG:4326.

    Examples
    --------
    >>> records()["kind"].value_counts().to_dict()
    {'sighting': 5, 'interview': 2}
    """
    return opened().records()


def boundary() -> gpd.GeoDataFrame:
    """Return the outline that patrols stay inside: one polygon, in EPSG:4326.

    >>> round(boundary().to_crs(9141).area.sum() / 1e6)
    10895
    """
    return cast("gpd.GeoDataFrame", opened().boundary)


def network() -> Layers:
    """Return its network, in EPSG:4326: OpenStreetMap of August 2021, as `make snapshot` keeps it.

    >>> found = network()
    >>> found.source.osm_date, len(found.roads) > 10_000
    ('2021-08', True)
    """
    return opened().network()
