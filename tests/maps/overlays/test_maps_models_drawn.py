"""Walking times and sections of the models, drawn and named."""

import base64
import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from pyproj import Transformer
from studies import small_study
from studies.small_study import text

from geo.records import Terrain
from geo.schema import METRIC
from layers import palette
from maps.overlays import models


def test_picture_of_walking_times_lies_where_the_raster_does() -> None:
    access = small_study.findings().access
    minutes = access.minutes["health"]
    url, bounds = models.picture(minutes, access.transform, access.crs)
    image = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert(
        "RGBA"
    )
    west, south, east, north = bounds.to_crs(3857).total_bounds
    centre = Transformer.from_crs(access.crs, 3857, always_xy=True)
    a, _, left, _, e, top = access.transform
    for row in (1, 5, 8):
        x, y = centre.transform(left + 4.5 * a, top + (row + 0.5) * e)
        at = (
            int((x - west) / (east - west) * image.width),
            int((north - y) / (north - south) * image.height),
        )
        step = sum(minutes[row, 4] >= edge for edge in palette.WALKING_MIN)
        assert image.getpixel(at) == (*bytes.fromhex(palette.WALKING[step][1:]), 255)
    assert image.getpixel((0, 0))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize(
    ("change", "wording"),
    [
        ({}, ("Road M-2, South to Zvecan", "Пут M-2, South cyrl – Zvecan cyrl")),
        ({"road": "Shala e Bajgorës"}, ("Shala e Bajgorës, South to Zvecan",
                                        "Shala e Bajgorës, South cyrl – Zvecan cyrl")),
        ({"road": pd.NA, "from_place": pd.NA, "near_place": "Gate"},
         ("Road without number, near Gate", "Пут без броја, код: Gate cyrl")),
        ({"corridor": "railway", "road": pd.NA, "to_place": "Far"},
         ("Railway, South to Far", "Пруга, South cyrl – Far")),
        ({"corridor": "railway", "road": pd.NA, "from_place": pd.NA}, ("Railway", "Пруга")),
    ],
)  # fmt: skip
def test_sections_are_named_in_each_language(
    change: dict[str, object], wording: tuple[str, str]
) -> None:
    found, data = small_study.findings(), small_study.data()
    walk = replace(found.access, sections=found.access.sections.assign(**change))
    drawn = models.model_layers(
        replace(found, access=walk), data, small_study.names(data)
    )
    (feature,) = next(d for d in drawn if d.spec.key == "far").features
    assert (text(feature.title), text(feature.title, "sr-Cyrl")) == wording


@pytest.mark.parametrize(("level", "partly"), [(0.0, False), (0.125, True)])
def test_the_terrain_is_named_in_each_language(level: float, partly: bool) -> None:
    found = small_study.findings()
    ground = Terrain(np.zeros((2, 2), np.float32), (30.0, 0, 0, 0, -30.0, 0), METRIC, 500.0,
                     "A survey", "free")  # fmt: skip
    notes = models.notes(
        replace(found, access=replace(found.access, level_share=level)), ground
    )
    (note,) = [one for one in notes if "A survey" in one.forms["en"]]
    assert "A survey. Qeliza 400 m nga të dhëna" in note.forms["sq"]
    assert ("12.5 % of the cells have no elevation" in note.forms["en"]) == partly
