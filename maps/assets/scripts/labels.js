// Where marks and names find room.  What is measured here is in CSS pixels.

// Far off, stops of a patrol whose marks would touch have one mark in their middle, as in print.
const MARK = 28, SMALL = 24, PARTED = 12;
const touch = (one, other) => Math.abs(one.at.x - other.at.x) < (one.wide + other.wide) / 2 && Math.abs(one.at.y - other.at.y) < (one.high + other.high) / 2;
function gathered(stops, map) {
  const markOf = (members) => {
    const middle = members.reduce((sum, { px }) => sum.add(px), L.point(0, 0)).divideBy(members.length);
    const text = ranges(members.map(({ stop }) => stop.number));
    return { ...members[0], members, text, at: middle, from: middle, high: SMALL, wide: members.length > 1 ? 10 + 7 * text.length : SMALL };
  };
  const marks = stops.map((one) => markOf([{ ...one, px: map.latLngToLayerPoint(one.stop.at) }]));
  if (map.getZoom() >= PARTED) return marks;
  for (let i = 0; i < marks.length; i++) {
    const k = marks.findIndex((other, k) => k > i && marks[i].patrol === other.patrol && !marks[i].ends && !other.ends && touch(marks[i], other));
    if (k < 0) continue;
    const [other] = marks.splice(k, 1);
    marks[i] = markOf([...marks[i].members, ...other.members].sort((a, b) => a.stop.number - b.stop.number));
    i = -1;
  }
  return marks;
}
// Whole numbers, rising, with runs of three or more joined: "1, 3–5, 8".
function ranges(numbers) {
  const runs = [];
  for (const n of numbers) n - 1 === runs.at(-1)?.at(-1) ? runs.at(-1).push(n) : runs.push([n]);
  return runs.map((run) => (run.length > 2 ? `${run[0]}–${run.at(-1)}` : run.join(", "))).join(", ");
}
// Each mark is where its stops are, or else as near to them as there is room.  None covers a
// sighting.  Where marks would overlap, they are small and stand around the town.
function spread(marks, covered, controls) {
  const within = (one, px) => marks.filter(({ from }) => Math.max(Math.abs(from.x - one.from.x), Math.abs(from.y - one.from.y)) <= px);
  for (const one of marks) if (one.wide === SMALL && within(one, MARK).length < 2) one.wide = one.high = MARK;
  const first = ({ ends, wide }) => (ends ? 0 : wide === MARK ? 1 : 2), found = [];
  for (const one of [...marks].sort((a, b) => first(a) - first(b))) {
    const { from, wide, high } = one;
    const free = (at) => !found.some((other) => touch({ at, wide, high }, other)) && covered.every(({ x, y }) => Math.abs(at.x - x) > wide / 2 + 7 || Math.abs(at.y - y) > high / 2 + 7);
    const seen = (at) => controls.every((box) => !box.overlaps(L.bounds(at.subtract([wide / 2, high / 2]), at.add([wide / 2, high / 2]))));
    const town = within(one, 3 * MARK), middle = town.reduce((sum, { from }) => sum.add(from), L.point(0, 0)).divideBy(town.length);
    one.at = room(from, middle, free, seen);
    found.push(one);
  }
  return found;
}
// In rings around the place, from the side that looks away from the middle of the town; near by,
// where no control covers it.
const NEAR = 120;
function room(place, middle, free, seen) {
  if (free(place)) return place;
  const away = Math.atan2(place.y - middle.y, place.x - middle.x);
  for (let r = 8; ; r += 8) {
    for (let k = 0; k < 24; k++) {
      const turn = away + (k % 2 ? -1 : 1) * Math.ceil(k / 2) * Math.PI / 12;
      const at = L.point(place.x + r * Math.cos(turn), place.y + r * Math.sin(turn));
      if (free(at) && (r > NEAR || seen(at))) return at;
    }
  }
}

// Names give way: to the right of their point, else to the left, above, below, else not at all:
// further away they would name something else.  The marks of its stops stand around the town of
// the depot; its name may stand beside them.
const beside = (gap) => [
  (w, h) => [gap, -h / 2], (w, h) => [-w - gap, -h / 2], (w, h) => [-w / 2, 1 - h - gap], (w) => [-w / 2, gap - 1],
  (w, h) => [gap, -h - gap / 2], () => [gap, gap / 2], (w, h) => [-w - gap, -h - gap / 2], (w) => [-w - gap, gap / 2],
];
const PLACED = [10, 17, 28].flatMap(beside), AROUND_MARKS = [...PLACED, ...[40, 52, 64, 76].flatMap(beside)];
const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
const rimmed = ({ left, top, right, bottom }, across, above = across) => ({ left: left - across, top: top - above, right: right + across, bottom: bottom + above });
const inside = (a, view) => a.left >= view.left && a.right <= view.right && a.top >= view.top && a.bottom <= view.bottom;

// Beside their points, the first first, and off what is driven; what they take is added to what is taken.
// Of two that nearly touch the northern one stands higher.
const NEIGHBOURS = 24;
function settle(nodes, view, taken, driven) {
  const settled = [];
  for (const node of nodes) node.style.transform = "none";
  const boxes = nodes.map((node) => node.getBoundingClientRect());
  const moved = ({ left, top, width, height }, [x, y]) => ({ left: left + x, top: top + y, right: left + x + width, bottom: top + y + height });
  nodes.forEach((node, i) => {
    const { left, top, width, height } = boxes[i];
    // A name whose point is out of view has nothing to stand beside.
    const seen = inside({ left, top, right: left, bottom: top }, view);
    const shifts = (i ? PLACED : AROUND_MARKS).map((place) => place(width, height));
    const near = settled.filter((other) => Math.hypot(other.left - left, other.top - top) < NEIGHBOURS);
    const free = (one) => inside(one, view) && ![taken, driven].some((list) => list.some((other) => meet(one, other))) && near.every((other) => (top - other.top) * (one.top - other.box.top) >= 0);
    const shift = seen && shifts.find((one) => free(moved(boxes[i], one)));
    node.style.transform = `translate(${(shift || shifts[0]).map((px) => `${px}px`)})`;
    node.style.visibility = shift ? "" : "hidden";
    // Two names that nearly touch would read as one.
    if (!shift) return;
    const box = moved(boxes[i], shift);
    settled.push({ left, top, box });
    taken.push(rimmed(box, 6, 2));
  });
}
