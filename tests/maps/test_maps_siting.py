"""A closed centre stands beside the best sites, exact or not."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from maps import siting_page
from maps.words.text_tables import Columns


@pytest.mark.parametrize(
    ("off_m", "title"),
    [
        (np.nan, "With Old school open again"),
        (800.0, "With Old school open again (its place is known to 800 m)"),
    ],
)
def test_how_well_a_place_is_known_is_said_where_it_is_known(
    off_m: float, title: str
) -> None:
    sites = gpd.GeoDataFrame(
        {
            "name": ["Market", "Old school"],
            "closed": [False, True],
            "uncertainty_m": [50.0, off_m],
        },
        geometry=gpd.points_from_xy([0, 1], [0, 1]),
        index=["market", "school"],
        crs=9141,
    )
    best = pd.DataFrame(
        {
            "sites": [[], ["market"]],
            "need_share": [0.0, 0.4],
            "best_share": [1.0, 0.9],
            "behind": [0.0, 0.012],
        }
    )
    told = siting_page.lines({"": best, "school": best[:1]}, sites, [], None, 15)
    tables = [part for part in told if isinstance(part, Columns)]
    assert [table.title for table in tables] == ["", title]
    assert tables[0].rows[1] == ("1", "Market", "40%", "90%", "1.2%")
