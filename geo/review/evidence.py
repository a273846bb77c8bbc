"""What is won by a bet that one rule foretells better than another: evidence at any time."""

from typing import Final

import numpy as np

from geo.review.scores import beyond_tails, crps_of_all

STAKE: Final = 0.5
"""Share of what is at hand that each bet risks."""


def e_value(ours: float, rival: float, met: int) -> float:
    """Return the factor by which one count multiplies the evidence for us against a rival.

    Parameters
    ----------
    ours, rival : float
        Groups that each expected.
    met : int

    Returns
    -------
    float
        ``1 + stake · (crps of the rival - ours) / (the most that we could lose by any count)``.

    Notes
    -----
    Where the rival foretells no worse on average, whatever was seen before, the mean of the factor
    is at most 1, so that the product of many exceeds 20 with a probability of at most 1 in 20 at
    any time (A. Henzi, J. F. Ziegel, "Valid sequential inference on probability forecast
    performance", Biometrika 109 (2022) 647-663; their bets are on events, for other bounded
    differences of scores: Y. J. Choe, A. Ramdas, "Comparing sequential forecasters", Operations
    Research 72 (2024) 1368-1387).  Stops of a month are taken one after the other.

    Examples
    --------
    >>> round(e_value(4.0, 1.0, 5), 2), round(e_value(4.0, 1.0, 0), 2), e_value(2.0, 2.0, 9)
    (1.58, 0.5, 1.0)
    """
    most = beyond_tails(ours, rival) + met
    gain = crps_of_all(rival, most) - crps_of_all(ours, most)
    worst = -gain.min()
    if worst <= 0:
        return 1.0
    return float(1 + STAKE * gain[met] / np.maximum(worst, 1e-12))
