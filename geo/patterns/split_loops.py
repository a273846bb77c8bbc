"""The compiled loops of `geo.patterns.equal_split`: flat arrays in, flat arrays out."""

# One sweep, in one function, is what numba compiles well.
# ruff: noqa: PLR0912

from __future__ import annotations

import numpy as np

from geo.arrays import Floats, Ints
from geo.network.compiled import compiled
from geo.network.kernels import height, mass


@compiled
def scatter(
    half: int, arriving: Floats, total: Floats, start: Ints, pointer: Ints, continuous: bool
) -> float:
    """Return what enters a half-edge when the given mass arrives at its node."""
    node = start[half]
    degree = pointer[node + 1] - pointer[node]
    if continuous:
        return float(2.0 * total[node] / degree - arriving[half ^ 1])
    if degree == 1:
        return 0.0
    return float((total[node] - arriving[half ^ 1]) / (degree - 1))


@compiled
def sweep(
    inflow: Floats, delay: Ints, taps: Floats, start: Ints, pointer: Ints, leaving: Ints,
    source_half: Ints, source_step: Ints, source_mass: Floats,
    short: Ints, short_pointer: Ints, short_column: Ints, short_value: Floats, continuous: bool,
) -> None:  # fmt: skip
    """Fill `inflow` step by step.

    Every half-edge keeps the step at which mass first entered it, so that silent ones cost
    nothing but a comparison.
    """
    n_half, steps = inflow.shape
    arriving = np.zeros(n_half)
    total = np.zeros(len(pointer) - 1)
    entered = np.full(n_half, steps)
    awake = np.zeros(len(pointer) - 1, dtype=np.bool_)
    known = np.zeros(len(short))
    source = 0
    for step in range(steps):
        total[:] = 0.0
        for half in range(n_half):
            value = 0.0
            back = step - delay[half >> 1]
            if back >= entered[half]:
                for tap in range(4):
                    if back - tap >= 0:
                        value += taps[half >> 1, tap] * inflow[half, back - tap]
                awake[start[half ^ 1]] = True
            arriving[half] = value
            total[start[half ^ 1]] += value
        while source < len(source_half) and source_step[source] == step:
            half = source_half[source]
            arriving[half] += source_mass[source]
            total[start[half ^ 1]] += source_mass[source]
            awake[start[half ^ 1]] = True
            source += 1
        for i in range(len(short)):
            known[i] = scatter(short[i], arriving, total, start, pointer, continuous)
        for i in range(len(short)):
            value = 0.0
            for k in range(short_pointer[i], short_pointer[i + 1]):
                value += short_value[k] * known[short_column[k]]
            if value != 0.0:
                value *= taps[short[i] >> 1, 0]
                arriving[short[i]] += value
                total[start[short[i] ^ 1]] += value
                awake[start[short[i] ^ 1]] = True
        for node in range(len(pointer) - 1):
            if awake[node]:
                for k in range(pointer[node], pointer[node + 1]):
                    half = leaving[k]
                    inflow[half, step] = scatter(half, arriving, total, start, pointer, continuous)
                    if entered[half] > step and inflow[half, step] != 0.0:
                        entered[half] = step


@compiled
def deposit(
    found: Floats, inflow: Floats, delta: float, length: Floats, first: Ints, pieces: Ints,
    kernel: int, h: float,
) -> None:  # fmt: skip
    """Add to each lixel the kernel mass that the waves along its edge leave on it."""
    for edge in range(len(length)):
        size = length[edge] / pieces[edge]
        for way in range(2):
            row = inflow[2 * edge + way]
            for step in range(len(row)):
                if row[step] == 0.0 or step * delta >= h:
                    continue
                before = mass(kernel, step * delta, h)
                for piece in range(pieces[edge]):
                    after = mass(kernel, step * delta + (piece + 1) * size, h)
                    at = piece if way == 0 else pieces[edge] - 1 - piece
                    found[first[edge] + at] += row[step] * (after - before)
                    before = after
                    if after >= 0.5:
                        break


@compiled
def deposit_direct(
    found: Floats, offset: Floats, weight: Floats, length: Floats, first: Ints, pieces: Ints,
    kernel: int, h: float,
) -> None:  # fmt: skip
    """Add each event's kernel mass on its own edge, before any node."""
    for event in range(len(offset)):
        size = length[event] / pieces[event]
        low = max(0, int((offset[event] - h) / size))
        high = min(pieces[event], int((offset[event] + h) / size) + 1)
        for piece in range(low, high):
            begin, end = piece * size - offset[event], (piece + 1) * size - offset[event]
            part = np.sign(end) * mass(kernel, abs(end), h)
            part -= np.sign(begin) * mass(kernel, abs(begin), h)
            found[first[event] + piece] += weight[event] * part


@compiled
def values(
    inflow: Floats, delta: float, length: Floats, at: Ints, offset: Floats, kernel: int, h: float
) -> Floats:
    """Return the density that the waves leave at positions."""
    found = np.zeros(len(at))
    for i in range(len(at)):
        for way in range(2):
            row = inflow[2 * at[i] + way]
            along = offset[i] if way == 0 else length[at[i]] - offset[i]
            for step in range(len(row)):
                if row[step] != 0.0:
                    found[i] += row[step] * height(kernel, step * delta + along, h)
    return found


@compiled
def direct_values(
    at: Ints, offset: Floats, event_at: Ints, event_offset: Floats, weight: Floats,
    kernel: int, h: float,
) -> Floats:  # fmt: skip
    """Return the density of each event's own edge at positions; events sorted by edge."""
    found = np.zeros(len(at))
    for i in range(len(at)):
        event = np.searchsorted(event_at, at[i])
        while event < len(event_at) and event_at[event] == at[i]:
            d = abs(event_offset[event] - offset[i])
            found[i] += weight[event] * height(kernel, d, h)
            event += 1
    return found
