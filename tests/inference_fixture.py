"""A null model as a population that data sets and pools are drawn from, for proofs.

The population is 40,000 reports under the effort null on the bundled network.  For the proofs it
*is* the null: pools and sightings are drawn from it with replacement, afresh for every data set, so
that their errors are independent.  What is measured of a report is measured once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.chance.nulls import Effort, Null
from geo.corridors import analysis as corridors
from geo.corridors import monte_carlo
from geo.corridors.family import Family
from geo.corridors.monte_carlo import Frame, Pool
from geo.corridors.nearness import Study
from geo.corridors.proximity import Corridor
from geo.network.segments import Bools, Floats, Ints, Segments
from geo.params import CorridorParams
from geo.sightings.laws import Law
from layers.readers import bundled
from layers.readers.shipped import file
from layers.schema import METRIC, PLACES, WGS84

POPULATION = 40_000
PARAMS = CorridorParams()
CENTRE = (20.8666, 42.8914)
"""Where the Ibar passes between the halves of Mitrovica; longitude and latitude."""


@dataclass(frozen=True)
class World:
    """The bundled network, and the effort null within 10 km of the middle of the town."""

    kinds: dict[str, Corridor]
    stations: gpd.GeoDataFrame
    window: shapely.Polygon | shapely.MultiPolygon

    @cached_property
    def lines(self) -> dict[str, Segments]:
        return {kind: c.segments for kind, c in self.kinds.items()}

    def null(self, effort: Effort | None = None, seed: int = 901) -> Null:
        roads = self.kinds["road_or_path"].lines
        return corridors.reporting_effort(roads, self.stations, self.window, effort, seed=seed)

    def population(self, law: Law, null: Null, seed: int, size: int = POPULATION) -> Population:
        frame, _ = monte_carlo.frame(null, self.lines, PARAMS.bands_m)
        rng = np.random.default_rng(seed)
        true = null.draw(size, rng)
        distinct, report = np.unique(law.report(true, rng), axis=0, return_inverse=True)
        features = monte_carlo.features(distinct, law, self.lines, frame)
        distance = np.stack([s.nearest(true)[0] for s in self.lines.values()], axis=1)
        width = 2 + len(frame.bands)
        return Population(
            Pool(law, features[:, :, :width].copy(), report.reshape(-1), distance), frame
        )


def world() -> World:
    network = bundled.network()
    ways = (network.roads, network.paths, network.railways, network.waterways)
    with file("places.csv").open("rb") as source:
        rows = pd.read_csv(source)
    rows["geometry"] = gpd.points_from_xy(rows["lon"], rows["lat"], crs=WGS84)
    places = PLACES.geoframe(rows).to_crs(METRIC)
    kinds = corridors.corridors_of(*(frame.to_crs(METRIC) for frame in ways))
    centre = gpd.GeoDataFrame(geometry=[shapely.Point(CENTRE)], crs=WGS84).to_crs(METRIC)
    window = corridors.window_about(centre, bundled.boundary().to_crs(METRIC), 10_000)
    return World(kinds, places[places["kind"] == "station"], window)


@dataclass(frozen=True)
class Population:
    """Reports under the null, all of one law."""

    whole: Pool
    frame: Frame

    def members(self, n: int, rng: np.random.Generator) -> Ints:
        """Return `n` members, alike."""
        return rng.integers(0, len(self.whole.report), n)

    def within(self, kind: int, band: int) -> Bools:
        """Return which members truly lie within a band of a kind."""
        return np.asarray(self.whole.true_distance[:, kind] <= self.frame.bands[band])

    def tilted(self, n: int, kind: int, band: int, ratio: float, rng: np.random.Generator) -> Ints:
        """Return `n` members where those truly within a band are `ratio` times likelier."""
        weight = np.where(self.within(kind, band), ratio, 1.0)
        return np.searchsorted(np.cumsum(weight) / weight.sum(), rng.random(n))

    def pool(self, n: int, rng: np.random.Generator) -> Pool:
        """Return a pool for `n` sightings, as a study of them would have."""
        some = self.members(monte_carlo.pool_size(n), rng)
        return replace(
            self.whole,
            report=self.whole.report[some],
            true_distance=self.whole.true_distance[some],
        )

    def study(
        self,
        sightings: Ints,
        seed: int,
        source: Population | None = None,
        pool: Pool | None = None,
    ) -> Study:
        """Return the study of these members of a population, this one unless another is given.

        The pool is drawn afresh unless one is given.
        """
        source, n = source or self, len(sightings)
        pool = pool or self.pool(n, np.random.default_rng(seed))
        tests = np.ones((n, len(self.frame.kinds)), dtype=bool)
        groups = monte_carlo.groups_of(np.zeros(n, dtype=np.int64), tests)
        return Study(
            name="effort",
            ids=pd.Series([f"S{k + 1}" for k in range(n)], dtype="string"),
            frame=self.frame,
            groups=groups,
            pools=[pool],
            observed=source.whole.features[source.whole.report[sightings]],
            tests=tests,
            simulated=monte_carlo.simulate(
                [pool], groups, simulations=PARAMS.simulations, seed=seed + 1
            ),
            params=PARAMS,
        )


def primary_of(frame: Frame) -> Bools:
    """Return which hypothesis of a frame, kinds by bands, is the primary one."""
    return np.array(
        [
            (kind, band) == (PARAMS.primary_kind, PARAMS.primary_band_m)
            for kind in frame.kinds
            for band in frame.bands
        ]
    )


def adjusted(study: Study) -> Floats:
    """Return the adjusted p-values of all hypotheses of a study."""
    family = Family(study.within(study.simulated.sums), primary_of(study.frame))
    return family.adjusted(study.within(study.observed).sum(axis=0))
