"""The exact outline of a band around lines: straight pieces and arcs, as they are.

The band of half-width ``b`` around segments is a union of capsules.  Its outline is made of
offset lines and of arcs about vertices, each with the parts left out that lie inside another
capsule.  A line, and a circle of the same radius ``b``, meets a capsule in one interval, which
has a closed form; so the outline is exact, with no arc replaced by chords.

Many small problems are solved at once.  Each is a *group*: segments about a disc that is centred
on the origin, with its own ``b`` and disc radius ``R``.  Only the outline inside the disc is kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo import nearest_loops as loops
from geo.segments import Bools, Floats, Ints


@dataclass(frozen=True)
class Problem:
    """Segments in groups, each group about its own disc at the origin.

    Attributes
    ----------
    start, end : (s, 2) float arrays
    group : (s,) int array, ascending
    band, disc : (g,) float arrays
        Half-width of the band and radius of the disc, by group.
    """

    start: Floats
    end: Floats
    group: Ints
    band: Floats
    disc: Floats


@dataclass(frozen=True)
class Outline:
    """Pieces of outline, with the band on their left.

    Attributes
    ----------
    line_group : (a,) int array
    line_from, line_to : (a, 2) float arrays
    arc_group : (c,) int array
    arc_centre : (c, 2) float array
    arc_from, arc_to : (c,) float arrays
        Angles in radians, counter-clockwise; the radius is the band of the group.
    """

    line_group: Ints
    line_from: Floats
    line_to: Floats
    arc_group: Ints
    arc_centre: Floats
    arc_from: Floats
    arc_to: Floats


def outline(problem: Problem) -> Outline:
    """Return the outline of each group's band inside its disc.

    Segments of one group that overlap along a line, but are not the same, are not told apart: the
    outline may then not close (see `geo.discs`).
    """
    p = _distinct(problem)
    vertex, vertex_group, at_start, at_end = _vertices(p)
    line_group, line_from, line_to = _offset_lines(p, at_start, at_end)
    arc_group, arc_centre, arc_from, arc_to = _wedge_arcs(p, at_start, at_end, vertex, vertex_group)
    return Outline(line_group, line_from, line_to, arc_group, arc_centre, arc_from, arc_to)


def gaps(
    owner: Ints, low: Floats, high: Floats, first: Floats, last: Floats
) -> tuple[Ints, Floats, Floats]:
    """Return what intervals leave uncovered of the range of each owner.

    Parameters
    ----------
    owner : (k,) int array
        Number of the owner of each interval.
    low, high : (k,) float arrays
        The intervals; those with ``high <= low`` cover nothing.
    first, last : (n,) float arrays
        Range of each owner.

    Returns
    -------
    owner, low, high : arrays
        The uncovered intervals.
    """
    n = len(first)
    everyone = np.arange(n)
    low, high = np.maximum(low, first[owner]), np.minimum(high, last[owner])
    real = high > low
    who = np.concatenate([everyone, owner[real], everyone])
    lo = np.concatenate([first, low[real], last])
    hi = np.concatenate([first, high[real], last])
    order = np.lexsort((lo, who))
    who, lo, hi = who[order], lo[order], hi[order]
    # Running maximum of `hi` within each owner, on ranks so that it is exact.
    by_height = np.argsort(hi, kind="stable")
    rank = np.empty(len(hi), dtype=np.int64)
    rank[by_height] = np.arange(len(hi))
    reach = np.maximum.accumulate(who * len(hi) + rank) - who * len(hi)
    reached = hi[by_height[reach]]
    open_ = (who[1:] == who[:-1]) & (lo[1:] > reached[:-1])
    return who[1:][open_], reached[:-1][open_], lo[1:][open_]


def arcs_inside(problem: Problem) -> tuple[Ints, Floats, Floats]:
    """Return the parts of each group's disc edge that lie inside the band.

    Returns
    -------
    group : (k,) int array
    low, high : (k,) float arrays
        Angles in radians, between -pi and pi, without overlap.
    """
    p = problem
    band, disc = p.band[p.group], p.disc[p.group]
    u, length = _directions(p.start, p.end)
    along = -_dot(u, p.start)  # the origin, in the coordinates of the segment
    across = _cross(p.start, u)
    turn = np.arctan2(u[:, 1], u[:, 0])
    with np.errstate(divide="ignore", invalid="ignore"):
        cuts = [np.full((len(p.group), 1), -np.pi), np.full((len(p.group), 1), np.pi)]
        for end in (p.start, p.end):
            away = np.hypot(*end.T)
            half = np.arccos((disc**2 + away**2 - band**2) / (2 * disc * away))
            towards = np.arctan2(end[:, 1], end[:, 0])
            cuts.append(np.stack([towards - half, towards + half], axis=1))
        for side in (-band, band):
            rise = np.arcsin((side - across) / disc)
            cuts.append(np.stack([turn + rise, turn + np.pi - rise], axis=1))
    angle = np.concatenate(cuts, axis=1)
    angle[:, 2:] = _wrap(angle[:, 2:])
    angle = np.sort(np.where(np.isnan(angle), np.pi, angle), axis=1)
    low, high = angle[:, :-1], angle[:, 1:]
    middle = (low + high) / 2
    x = disc[:, None] * np.cos(middle - turn[:, None]) + along[:, None]
    y = disc[:, None] * np.sin(middle - turn[:, None]) + across[:, None]
    beyond = x - np.clip(x, 0.0, length[:, None])
    inside = np.hypot(beyond, y) < band[:, None]
    owner = np.broadcast_to(p.group[:, None], low.shape)[inside]
    ends = np.full(len(p.band), np.pi)
    out_group, out_low, out_high = gaps(owner, low[inside], high[inside], -ends, ends)
    return gaps(out_group, out_low, out_high, -ends, ends)


def _distinct(p: Problem) -> Problem:
    """Return the problem with every segment once, whichever way it was drawn."""
    swap = (p.start[:, 0] > p.end[:, 0]) | (
        (p.start[:, 0] == p.end[:, 0]) & (p.start[:, 1] > p.end[:, 1])
    )
    start = np.where(swap[:, None], p.end, p.start)
    end = np.where(swap[:, None], p.start, p.end)
    rows = (end[:, 1], end[:, 0], start[:, 1], start[:, 0], p.group)
    order = np.lexsort(rows)
    new = np.zeros(len(order), dtype=bool)
    new[:1] = True
    for column in rows:
        new[1:] |= np.diff(column[order]) != 0
    keep = order[new]
    return Problem(start[keep], end[keep], p.group[keep], p.band, p.disc)


def _vertices(p: Problem) -> tuple[Floats, Ints, Ints, Ints]:
    """Return distinct vertices, their groups, and the vertex at each segment's two ends."""
    xy = np.concatenate([p.start, p.end])
    group = np.concatenate([p.group, p.group])
    order = np.lexsort((xy[:, 1], xy[:, 0], group))
    new = np.zeros(len(order), dtype=bool)
    new[:1] = True
    for column in (group, xy[:, 0], xy[:, 1]):
        new[1:] |= np.diff(column[order]) != 0
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.cumsum(new) - 1
    return xy[order[new]], group[order[new]], number[: len(p.group)], number[len(p.group) :]


def _offset_lines(p: Problem, at_start: Ints, at_end: Ints) -> tuple[Ints, Floats, Floats]:
    """Return what shows of the offset lines on both sides of each segment."""
    u, length = _directions(p.start, p.end)
    band = p.band[p.group]
    normal = np.stack([-u[:, 1], u[:, 0]], axis=1) * band[:, None]
    own = np.concatenate([np.arange(len(u)), np.arange(len(u))])
    origin = np.concatenate([p.start - normal, p.end + normal])
    heading = np.concatenate([u, -u])
    group = p.group[own]
    first, last = _chord(origin, heading, p.disc[group])
    first, last = np.maximum(first, 0.0), np.minimum(last, length[own])
    keep = last > first
    own, origin, heading, group = own[keep], origin[keep], heading[keep], group[keep]
    first, last = first[keep], last[keep]

    middle = origin + ((first + last) / 2)[:, None] * heading
    piece, segment, hidden = _near(p, group, middle, (last - first) / 2, own=own)
    shared_start = (at_start[segment] == at_start[own[piece]]) | (
        at_start[segment] == at_end[own[piece]]
    )
    shared_end = (at_end[segment] == at_start[own[piece]]) | (at_end[segment] == at_end[own[piece]])
    low, high = _cover_of_line(
        origin[piece],
        heading[piece],
        p.start[segment],
        p.end[segment],
        band[segment],
        skip_start=shared_start,
        skip_end=shared_end,
    )
    last = np.where(hidden, first, last)
    which, low, high = gaps(piece, low, high, first, last)
    a = origin[which] + low[:, None] * heading[which]
    b = origin[which] + high[:, None] * heading[which]
    return group[which], a, b


def _wedge_arcs(
    p: Problem, at_start: Ints, at_end: Ints, vertex: Floats, vertex_group: Ints
) -> tuple[Ints, Floats, Floats, Floats]:
    """Return what shows of the circle about each vertex."""
    centre, first, last = _wedges(p, at_start, at_end, len(vertex))
    group = vertex_group[centre]
    xy, band, disc = vertex[centre], p.band[group], p.disc[group]
    # The disc leaves out the arc that is turned away from its centre, the origin.
    away = np.hypot(*xy.T)
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine = (disc**2 - away**2 - band**2) / (2 * away * band)
    cosine = np.where(away > 0, cosine, np.where(band < disc, 1.0, -1.0))
    outside = np.arccos(np.clip(cosine, -1.0, 1.0))
    towards = np.arctan2(xy[:, 1], xy[:, 0])

    half = (last - first) / 2
    turn = (first + last) / 2
    middle = xy + band[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    reach = 2 * band * np.sin(half / 2)
    lost = np.hypot(*middle.T) - reach >= disc
    none = np.full(len(centre), -1, dtype=np.int64)
    piece, segment, hidden = _near(p, group, middle, reach, own=none, skip=lost)
    incident = (at_start[segment] == centre[piece]) | (at_end[segment] == centre[piece])
    piece, segment = piece[~incident], segment[~incident]
    low, high = _cover_of_circle(xy[piece], p.start[segment], p.end[segment], band[piece])
    owner = np.concatenate([np.arange(len(centre)), piece])
    low = np.concatenate([towards - outside, low])
    high = np.concatenate([towards + outside, high])
    shift = 2 * np.pi * np.ceil((first[owner] - high) / (2 * np.pi))
    low, high = low + shift, high + shift  # the first turn that reaches beyond the start
    owner = np.concatenate([owner, owner])
    low, high = np.concatenate([low, low + 2 * np.pi]), np.concatenate([high, high + 2 * np.pi])
    last = np.where(hidden, first, last)
    which, low, high = gaps(owner, low, high, first, last)
    return group[which], xy[which], low, high


def _wedges(p: Problem, at_start: Ints, at_end: Ints, n: int) -> tuple[Ints, Floats, Floats]:
    """Return for each vertex the arc that the segments meeting there leave free, if any."""
    real = (p.start != p.end).any(axis=1)
    u, _ = _directions(p.start, p.end)
    angle = np.arctan2(u[real, 1], u[real, 0])
    who = np.concatenate([at_start[real], at_end[real]])
    angle = np.concatenate([angle, _wrap(angle + np.pi)])
    order = np.lexsort((angle, who))
    who, angle = who[order], angle[order]
    first_of = np.r_[True, np.diff(who) > 0][: len(who)]
    last_of = np.r_[first_of[1:], True][: len(who)]
    following = np.r_[angle[1:], 0.0][: len(who)]
    start_angle = angle[np.flatnonzero(first_of)][np.cumsum(first_of) - 1]
    following = np.where(last_of, start_angle + 2 * np.pi, following)
    free = following - angle > np.pi
    lone = np.setdiff1d(np.arange(n), who)
    return (
        np.concatenate([who[free], lone]),
        np.concatenate([angle[free] + np.pi / 2, np.full(len(lone), -np.pi)]),
        np.concatenate([following[free] - np.pi / 2, np.full(len(lone), np.pi)]),
    )


def _near(
    p: Problem, group: Ints, middle: Floats, half: Floats, *, own: Ints, skip: Bools | None = None
) -> tuple[Ints, Ints, Bools]:
    """Return pairs (piece, segment) that may hide part of a piece, and pieces hidden whole.

    A piece lies within `half` of its `middle`; `own` is the segment that it belongs to.  Pieces
    to `skip` come back as hidden.
    """
    begin = np.searchsorted(p.group, np.arange(len(p.band) + 1))
    hidden = np.zeros(len(group), dtype=bool) if skip is None else skip.copy()
    segment = np.hstack([p.start, p.end])
    start = np.zeros(len(group) + 1, dtype=np.int64)
    pieces = (middle, half, group, own, segment, begin, p.band)
    loops.close_pairs(*pieces, start, np.zeros(0, dtype=np.int64), hidden)
    start = np.cumsum(start)
    found = np.zeros(start[-1], dtype=np.int64)
    if len(found):
        loops.close_pairs(*pieces, start, found, hidden)
    return np.repeat(np.arange(len(group)), np.diff(start)), found, hidden


def _cover_of_line(
    origin: Floats, heading: Floats, start: Floats, end: Floats, band: Floats,
    *, skip_start: Bools, skip_end: Bools,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Return the interval of a line ``origin + s heading`` that lies inside a capsule.

    The circle about a skipped end touches the line without entering it: both belong to
    segments that meet there.
    """
    w, length = _directions(start, end)
    low1, high1 = _between(_cross(w, origin - start), _cross(w, heading), -band, band)
    low2, high2 = _between(_dot(w, origin - start), _dot(w, heading), 0.0 * length, length)
    low, high = np.maximum(low1, low2), np.minimum(high1, high2)
    empty = ~(high > low)
    low, high = np.where(empty, np.inf, low), np.where(empty, -np.inf, high)
    for centre, skip in ((start, skip_start), (end, skip_end)):
        a, b = _chord(origin - centre, heading, band)
        use = (b > a) & ~skip
        low, high = np.where(use, np.minimum(low, a), low), np.where(use, np.maximum(high, b), high)
    return low, high


def _cover_of_circle(
    centre: Floats, start: Floats, end: Floats, band: Floats
) -> tuple[Floats, Floats]:
    """Return the arc of a circle of radius `band` that lies inside a capsule of the same radius.

    The arc holds the direction of the nearest point of the segment.  Its ends are where the circle
    meets the circles about the segment's ends or its offset line.
    """
    u, length = _directions(start, end)
    along, across = _dot(u, centre - start), _cross(u, centre - start)
    nearest = np.clip(along, 0.0, length)
    towards = np.arctan2(-across, nearest - along)  # in the segment's own coordinates
    distance = np.hypot(across, nearest - along)
    low, high = np.zeros(len(u)), np.zeros(len(u))
    with np.errstate(invalid="ignore", divide="ignore"):
        for x in (0.0 * length, length):
            half = np.arccos(np.hypot(across, x - along) / (2 * band))
            turn = _wrap(np.arctan2(-across, x - along) - towards)
            low, high = np.fmin(low, turn - half), np.fmax(high, turn + half)
        rise = np.arcsin(1 - np.abs(across) / band)
        side = np.where(across < 0, -1.0, 1.0)
        for angle in (rise, np.pi - rise):
            x = along + band * np.cos(angle)
            on = (x >= 0) & (x <= length)
            turn = np.where(on, _wrap(side * angle - towards), np.nan)
            low, high = np.fmin(low, turn), np.fmax(high, turn)
    base = towards + np.arctan2(u[:, 1], u[:, 0])
    whole = distance == 0
    low = np.where(whole, -np.pi, low)
    high = np.where(whole, np.pi, high)
    missed = distance >= 2 * band
    return base + low, np.where(missed, base + low, base + high)


def _chord(origin: Floats, heading: Floats, radius: Floats) -> tuple[Floats, Floats]:
    """Return where a line enters and leaves the circle about (0, 0); equal if it misses."""
    middle = -_dot(origin, heading)
    off = _cross(heading, origin)
    half = np.sqrt(np.maximum((radius - off) * (radius + off), 0.0))
    return middle - half, middle + half


def _between(value: Floats, slope: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Return the interval of s where ``low < value + s slope < high``; reversed if empty."""
    with np.errstate(divide="ignore", invalid="ignore"):
        a, b = (low - value) / slope, (high - value) / slope
    flat = slope == 0
    inside = (low < value) & (value < high)
    begin = np.where(flat, np.where(inside, -np.inf, np.inf), np.minimum(a, b))
    finish = np.where(flat, np.where(inside, np.inf, -np.inf), np.maximum(a, b))
    return begin, finish


def _directions(start: Floats, end: Floats) -> tuple[Floats, Floats]:
    """Return unit vectors and lengths; east for a segment without length."""
    step = end - start
    length = np.hypot(*step.T)
    u = step / np.where(length > 0, length, 1.0)[:, None]
    return np.where((length > 0)[:, None], u, [1.0, 0.0]), length


def _dot(a: Floats, b: Floats) -> Floats:
    return np.asarray(a[..., 0] * b[..., 0] + a[..., 1] * b[..., 1])


def _cross(a: Floats, b: Floats) -> Floats:
    return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])


def _wrap(angle: Floats) -> Floats:
    return np.asarray(np.remainder(angle + np.pi, 2 * np.pi) - np.pi)
