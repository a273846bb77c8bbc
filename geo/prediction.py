"""Whether a density foretells where the next reports come from, against road length alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.lixels import Lixels
from geo.network import Floats, NetworkError
from geo.positions import Positions


@dataclass(frozen=True)
class Prediction:
    """How well the densest part of the network catches held-out events.

    Attributes
    ----------
    share_of_length : float
        Share of the network's length that was searched.
    hit_rate : float
        Share of held-out events on it.
    pai : float
        Predictive accuracy index, hit rate over share of length (Chainey et al. 2008); a choice by
        length alone has 1.
    pei : float
        Prediction efficiency index, PAI over the best that any choice of as much length reaches
        (Hunt 2016).
    """

    share_of_length: float
    hit_rate: float
    pai: float
    pei: float


def predict(lixels: Lixels, density: Floats, held_out: Positions, share: float) -> Prediction:
    """Search the densest lixels up to a share of the network's length for held-out events.

    Parameters
    ----------
    lixels : geo.lixels.Lixels
        Of the whole network.
    density : (k,) float array
        From the other events.
    held_out : geo.positions.Positions
    share : float, between 0 and 1

    Raises
    ------
    NetworkError
        If no events are held out, lixels are missing or `share` is not between 0 and 1.
    """
    if not len(held_out) or not 0 < share <= 1:
        raise NetworkError(f"found {len(held_out)} held-out events, share {share}; see `predict`")
    if len(lixels.edges) != lixels.network.n_edges:
        raise NetworkError("a prediction is judged on the lixels of the whole network")
    at = lixels.holding(held_out.edge, held_out.offset_m)
    hits = np.bincount(at, minlength=len(lixels))
    length = lixels.length_m
    room = share * length.sum() * (1 + 1e-12)

    def caught(score: Floats) -> tuple[float, float]:
        order = np.argsort(-score, kind="stable")
        taken = order[np.cumsum(length[order]) <= room]
        return float(length[taken].sum() / length.sum()), float(hits[taken].sum() / len(held_out))

    searched, rate = caught(density)
    best = caught(hits / length)[1]
    pai = rate / searched if searched else float("nan")
    return Prediction(searched, rate, pai, rate / best if best else float("nan"))
