"""Figures of the No-U-Turn sampler, which the tests hold ours against: the whole model of a season.

    pip install --target /tmp/nuts blackjax==1.7.1
    PYTHONPATH=tests/fixtures:/tmp/nuts python tests/data/oracles/nuts.py

It reads a season drawn from the prior, `season_*.csv`, and writes `nuts.csv`: mean and standard
deviation of the logarithm of each stop's rate, and of that over the mean of all stops.  The density
is written apart, with a multinomial and the field from its definition; only the network and the
numbers of the priors are those of the program.

M. D. Hoffman, A. Gelman, "The No-U-Turn sampler", JMLR 15 (2014) 1593-1623.
"""

from pathlib import Path

import blackjax
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import shapely
from jax.scipy.special import gammaln
from problems.kept_season import LIXEL_M, REACH_M, kept
from problems.seasons import CELL_M

from geo.intensity import PRIORS
from geo.intensity.model import SATURATION_MIN, TOWN_M
from geo.intensity.support import ground_of

jax.config.update("jax_enable_x64", True)
HERE = Path(__file__).parent
CHAINS = 2
DRAWS = 1500
PRIOR = {prior.name: prior for prior in PRIORS}

country, season = kept()
ground = ground_of(country.ways, country.stops, LIXEL_M, REACH_M)
network = ground.network
n = network.n_nodes
head, tail = network.edge_from, network.edge_to
length_m = jnp.array(network.length_m)
km = np.asarray(ground.km.sum(axis=1))
share = ground.share.toarray()
point_node = ground.points["node"].to_numpy()
point_stop = ground.points["stop"].to_numpy()
point_class = ground.points["class"].to_numpy()
kind_names = sorted(set(ground.classes["kind"]))
class_kind = ground.classes["kind"].map(kind_names.index).to_numpy()
number = {name: k for k, name in enumerate(country.stops["id"])}
visit_stop = season.visits["stop"].map(number).to_numpy()
hours = -np.expm1(-season.visits["minutes"].to_numpy() / SATURATION_MIN)
hours *= SATURATION_MIN / 60
met = season.visits["groups"].to_numpy(float)
point_kind = class_kind[point_class]
row_of = {}
for stop, kind in zip(point_stop, point_kind, strict=True):
    row_of.setdefault((stop, kind), len(row_of))
answer_of_point = np.array(
    [row_of[pair] for pair in zip(point_stop, point_kind, strict=True)]
)
answer_stop = np.array([stop for stop, _ in row_of])
answers = np.zeros(len(row_of))
for stop, kind, groups in season.kinds.itertuples(index=False):
    answers[row_of[number[stop], kind_names.index(kind)]] += groups
node_cell = np.floor(network.node_xy / CELL_M).astype(int)
cells, cell_of_node = np.unique(node_cell, axis=0, return_inverse=True)
cell_of_node = cell_of_node.ravel()
xy = shapely.get_coordinates(season.reports.geometry)
reported_cell = np.floor(xy / CELL_M).astype(int)
reports = (reported_cell[:, None] == cells[None]).all(axis=2).sum(axis=0)
town = shapely.get_coordinates(country.towns.geometry)[0]
near_town = np.hypot(*(network.node_xy - town).T) <= TOWN_M


def value(name, z):
    return jnp.log(PRIOR[name].median) + PRIOR[name].sd * z


def log_rates(theta):
    """Return the logarithm of the rate at nodes without classes, and the effects of classes."""
    kappa = 2 / jnp.exp(value("range_m", theta["range_m"]))
    sinh = jnp.sinh(kappa * length_m)
    ends = 1 / jnp.tanh(kappa * length_m)
    matrix = jnp.zeros((n, n))
    matrix = matrix.at[head, head].add(ends).at[tail, tail].add(ends)
    matrix = matrix.at[head, tail].add(-1 / sinh).at[tail, head].add(-1 / sinh)
    root = jnp.linalg.cholesky(matrix / 2)
    field = jax.scipy.linalg.solve_triangular(root, theta["field"], trans=1, lower=True)
    field = field * jnp.exp(value("sd", theta["sd"]))
    classes = value("kind", theta["kind"])[class_kind]
    return field + value("level", theta["level"]), classes


def by_stop(theta):
    field, classes = log_rates(theta)
    at_points = jnp.exp(field[point_node] + classes[point_class])
    return jnp.zeros(len(number)).at[point_stop].add(at_points), at_points


def log_density(theta):
    field, classes = log_rates(theta)
    rate, at_points = by_stop(theta)
    size = jnp.exp(value("size", theta["size"]))
    mean = rate[visit_stop] * hours
    total = -sum(jnp.sum(z**2) for z in jax.tree.leaves(theta)) / 2
    total += jnp.sum(
        gammaln(met + size)
        - gammaln(size)
        + size * jnp.log(size / (size + mean))
        + met * jnp.log(mean / (size + mean))
    )
    by_answer = jnp.zeros(len(answers)).at[answer_of_point].add(at_points)
    total += jnp.sum(answers * jnp.log(by_answer / rate[answer_stop]))
    reported = jnp.exp(field + share @ classes) * km
    reported *= jnp.exp(value("reported", theta["reported"]))
    reported *= jnp.where(near_town, jnp.exp(value("town", theta["town"])), 1)
    expected = jnp.zeros(len(cells)).at[cell_of_node].add(reported)
    return total + jnp.sum(reports * jnp.log(expected) - expected)


def chain(key):
    start = {"field": jnp.zeros(n), "kind": jnp.zeros(len(kind_names))}
    for name in ("range_m", "sd", "size", "level", "reported", "town"):
        start[name] = jnp.zeros(())
    warmup_key, key = jax.random.split(key)
    adapt = blackjax.window_adaptation(blackjax.nuts, log_density)
    (state, tuned), _ = adapt.run(warmup_key, start, num_steps=600)
    step = blackjax.nuts(log_density, **tuned).step

    def next_draw(state, key):
        state, _ = step(key, state)
        return state, jnp.log(by_stop(state.position)[0])

    _, logs = jax.lax.scan(next_draw, state, jax.random.split(key, DRAWS))
    return logs


logs = np.array([jax.jit(chain)(jax.random.key(k)) for k in range(CHAINS)])
relative = logs - np.log(np.exp(logs).mean(axis=2, keepdims=True))
within = relative.var(axis=1).mean(axis=0)
between = relative.mean(axis=1).var(axis=0, ddof=1)
print("largest split R-hat", np.sqrt(1 + between / within).max())
print("least effective", blackjax.ess(relative).min())


def every(draws):
    return draws.reshape(-1, len(number))


pd.DataFrame(
    {
        "stop": list(number),
        "mean": every(logs).mean(axis=0),
        "sd": every(logs).std(axis=0),
        "relative_mean": every(relative).mean(axis=0),
        "relative_sd": every(relative).std(axis=0),
    }
).round(4).to_csv(HERE / "nuts.csv", index=False)
