"""The relief under the map."""

import base64
import io
from dataclasses import replace

import numpy as np
from PIL import Image
from studies import small_study

from maps.overlays import basemap


def shades(url: str) -> np.ndarray:
    """Return the opacity of the light in a hillshade, below zero for shadow."""
    image = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert(
        "RGBA"
    )
    pixels = np.asarray(image).astype(int)
    return np.where(pixels[..., 0] > 127, 1, -1) * pixels[..., 3]


def test_hills_are_lit_from_the_north_west_and_level_ground_is_clear() -> None:
    shade = shades(basemap.hillshade(small_study.terrain()).image)
    middle = np.array(shade.shape) // 2
    north_west, south_east = middle - 8, middle + 8
    assert shade[tuple(north_west)] > 50
    assert shade[tuple(south_east)] < -15
    assert not shade[:3].any()
    assert not shade[:, :3].any()


def test_a_large_terrain_makes_a_small_picture() -> None:
    rng = np.random.default_rng(5)
    rough = rng.normal(0, 40, (60, 60)).cumsum(axis=0).cumsum(axis=1) / 10
    large = replace(
        small_study.terrain(), elevation_m=np.kron(rough, np.ones((40, 40))).astype(np.float32),
        transform=(30.0, 0.0, 7_450_000.0, 0.0, -30.0, 4_790_000.0), detail_m=30.0,
    )  # fmt: skip
    drawn = basemap.hillshade(large)
    assert max(shades(drawn.image).shape) <= 1.1 * basemap.WIDEST
    assert len(drawn.image) < 400_000
