"""The field of `geo.intensity` at 25 m: the order and the factor.

    python tests/benchmarks/intensity.py

All roads of the region extract, from the real data beside the checkout.  Processor time of all
threads.
"""

from __future__ import annotations

import sys

from density import SHARED, memory_mb, roads
from figures import Figure, least, plain, show

from geo.intensity import laplace, precision
from geo.network.lixels import lixelize

LIXEL_M = 25.0
RANGE_M, SD = 3000.0, 0.8


def main() -> None:
    """Measure each step."""
    network = lixelize(roads("mitrovica_region.osm.pbf"), LIXEL_M).as_network
    matrix = precision(network, RANGE_M, SD)
    order = laplace.elimination_order(matrix)
    in_order = matrix[order][:, order]
    steps = {
        "order": lambda: laplace.elimination_order(matrix),
        "factor": lambda: laplace.factored(in_order),
    }
    unknowns = f"{network.n_nodes:,} unknowns"
    taken = {name: least(step, 2) for name, step in steps.items()}
    show(
        [
            Figure(f"{name}, {unknowns}", f"{plain(took)}, {memory_mb()} MB")
            for name, took in taken.items()
        ]
    )


if __name__ == "__main__":
    if SHARED.is_dir():
        main()
    else:
        sys.exit(
            "the real data (../shared) is not beside this checkout; nothing to measure"
        )
