"""The data of a study: the bundled ones, with other ways and the user's own sightings."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from geo.crs import metric_crs
from geo.params import PrivacyParams
from geo.sightings import coarsen
from layers.readers import bundled
from layers.readers.sightings.usable import UsableRecords
from layers.records import Layers, StudyData, Terrain
from layers.schema import SIGHTING_IDS, WGS84


def data_of(
    ways: tuple[Layers, Terrain | None], field: UsableRecords | None, privacy: PrivacyParams
) -> tuple[StudyData, pd.DataFrame]:
    """Return the data of a study in EPSG:4326, its sightings coarsened, and which record each is.

    Parameters
    ----------
    ways : tuple
        Layers and terrain, as `layers.readers.network.load` gives them.
    field : UsableRecords or None
        The user's own sightings; without them the bundled ones, of which no table says which
        record each is.
    privacy : geo.params.PrivacyParams
        How the sightings are coarsened.

    Returns
    -------
    (layers.records.StudyData, pandas.DataFrame of table `SIGHTING_IDS`)
    """
    layers, terrain = ways
    data = replace(bundled.study_data(privacy), layers=layers, terrain=terrain)
    if field is None:
        return data, SIGHTING_IDS.frame()
    crs = metric_crs(data.boundary)
    found = coarsen(field.records.to_crs(crs), data.places.to_crs(crs), privacy)
    return replace(data, sightings=found.sightings.to_crs(WGS84)), found.ids
