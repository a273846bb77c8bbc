"""The posterior beside simpler measures, where the truth is not the model's."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from problems.other_seasons import STOPS, Truth, land, rivals, season
from scipy.stats import norm, spearmanr

from geo.intensity import fit
from geo.intensity.model import SATURATION_MIN

LOG_SDS = (0.5, 1.0, 1.3)
TAIL = norm.ppf(0.95)


def scores(
    low: np.ndarray,
    high: np.ndarray,
    mean: np.ndarray,
    sd: np.ndarray,
    truth: np.ndarray,
) -> pd.Series:
    """Return coverage, interval score at 90 % (the less, the better) and log score.

    T. Gneiting, A. E. Raftery, "Strictly proper scoring rules, prediction, and estimation", JASA
    102 (2007) 359-378.
    """
    outside = np.maximum(low - truth, 0) + np.maximum(truth - high, 0)
    return pd.Series(
        {
            "cover": (outside == 0).mean(),
            "interval": (high - low + 20 * outside).mean(),
            "log": norm.logpdf(truth, mean, sd).mean(),
        }
    )


def learnt(truth: Truth, *, only: str = "") -> pd.Series:
    """Return the scores of the posterior of all that a season brought, or of one part of it."""
    here = land()
    visits = truth.visits[:0] if only == "reports" else truth.visits
    reports = None if only == "visits" else truth.reports
    kinds = None if only else truth.kinds
    found = fit(
        here.ways, here.stops, visits, reports, kinds=kinds, towns=here.towns
    )
    rates = found.draws(2000)
    logs = np.log(rates / rates.mean(axis=1, keepdims=True))
    low, high = np.quantile(logs, [0.05, 0.95], axis=0)
    return scores(
        low, high, logs.mean(axis=0), logs.std(axis=0), truth.log_relative
    )


def compared(seasons: int, *parts: str) -> pd.DataFrame:
    """Return the mean scores of the posterior and of rivals.

    Each rival is given what no office has: a line, and the deviation about it, fitted to the truth
    of all the other seasons.
    """
    truths = [season(k, log_sd=LOG_SDS[k % 3]) for k in range(seasons)]
    table = {
        f"posterior {part}".strip(): pd.DataFrame(
            [learnt(truth, only=part) for truth in truths]
        ).mean()
        for part in ("", *parts)
    }
    log_truth = np.array([truth.log_relative for truth in truths])
    said = [rivals(truth) for truth in truths]
    for name in said[0]:
        values = np.array([one[name] for one in said])
        mean = values.mean(axis=1, keepdims=True)
        logs = np.log(values + 0.1 * np.maximum(mean, 1e-9))
        rows = []
        for k in range(seasons):
            others = np.arange(seasons) != k
            x, y = logs[others].ravel(), log_truth[others].ravel()
            slope, level = np.polyfit(x, y, 1)
            sd = (y - level - slope * x).std()
            at = level + slope * logs[k]
            half = TAIL * sd
            rows.append(scores(at - half, at + half, at, sd, log_truth[k]))
        table[name] = pd.DataFrame(rows).mean()
    return pd.DataFrame(table).T


def check(table: pd.DataFrame) -> None:
    others = table.drop("posterior")
    assert table["cover"]["posterior"] >= 0.8, table
    assert table["interval"]["posterior"] < others["interval"].min(), table
    assert table["log"]["posterior"] > others["log"].max(), table


def test_the_posterior_tells_more_than_simple_measures() -> None:
    """The short form of the proof below."""
    check(compared(3))


@pytest.mark.proof
def test_the_posterior_tells_more_than_its_parts_and_simple_measures() -> None:
    check(compared(60, "visits", "reports"))


def oracle(
    covariance: np.ndarray,
    level: float,
    size: float,
    visits: pd.DataFrame,
    stop: np.ndarray,
) -> np.ndarray:
    """Return the mode of the logarithms at stops for who knows their law, level and dispersion."""
    precision = np.linalg.inv(covariance + 1e-9 * np.eye(STOPS))
    groups, hours = visits["groups"].to_numpy(), hours_of(visits)
    logs = np.zeros(STOPS)
    for _ in range(50):
        mean = np.exp(level + logs)[stop] * hours
        below = 1 / (1 + mean / size)
        gradient = np.bincount(stop, (groups - mean) * below, STOPS)
        weight = (1 + groups / size) * mean * below**2
        curvature = precision + np.diag(np.bincount(stop, weight, STOPS))
        step = np.linalg.solve(curvature, gradient - precision @ logs)
        logs += step * min(1, 2 / np.abs(step).max())
    return logs


def hours_of(visits: pd.DataFrame) -> np.ndarray:
    saturated = -np.expm1(-visits["minutes"].to_numpy() / SATURATION_MIN)
    return saturated * SATURATION_MIN / 60


def ranked(log_sd: float, nights: int, seed: int) -> tuple[float, float, int]:
    """Return Spearman's rank correlation with the truth, of ours and of who knows the truth's law.

    Half the variance is of sections, half falls off with the distance.  The third is the number of
    groups met.
    """
    here = land()
    rng = np.random.default_rng([seed, 7])
    section = here.away_m.argmin(axis=1)
    apart_m = np.hypot(*np.moveaxis(here.stop_xy[:, None] - here.stop_xy, 2, 0))
    same = section[:, None] == section
    covariance = log_sd**2 * (same + np.exp(-apart_m / 2000)) / 2
    logs = rng.multivariate_normal(
        np.zeros(STOPS), covariance, method="cholesky"
    )
    level = np.log(0.3)
    stop = np.repeat(np.arange(STOPS), rng.binomial(nights, 0.3, STOPS))
    visits = pd.DataFrame(
        {
            "stop": here.stops["id"].to_numpy()[stop],
            "minutes": rng.choice([30.0, 60.0, 120.0], len(stop)),
        }
    )
    mean = np.exp(level + logs)[stop] * hours_of(visits)
    visits["groups"] = rng.poisson(mean * rng.gamma(2, 1 / 2, len(stop)))
    known = oracle(covariance, level, 2.0, visits, stop)
    ours = fit(here.ways, here.stops, visits).table["relative"]
    return (
        float(spearmanr(ours, logs)[0]),
        float(spearmanr(known, logs)[0]),
        int(visits["groups"].sum()),
    )


@pytest.mark.proof
@pytest.mark.parametrize(
    ("log_sd", "least"), [(0.5, 0.78), (1.0, 0.88), (1.3, 0.88)]
)
def test_ranks_of_stops_come_near_those_of_who_knows_the_law(
    log_sd: float, least: float
) -> None:
    """The aim is 0.95, which is not reached: of 14 seasons it was 0.84, 0.93 and 0.92."""
    table = pd.DataFrame([ranked(log_sd, 25, seed) for seed in range(200)])
    ours, known, met = table.mean()
    assert ours >= least * known, (ours, known, met)
