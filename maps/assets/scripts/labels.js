// Where marks and names find room.  What is measured here is in CSS pixels.

// Each stop has a mark of its own: where it is, or else as near to it as there is room.  None
// covers a sighting.  Where stops lie so near to one another that their marks would overlap, as at
// the opening in a town, the marks are small and stand around the town.
const MARK = 28, SMALL = 24;
function spread(stops, map, covered, controls) {
  const places = stops.map((stop) => map.latLngToLayerPoint(stop.at));
  const apart = (one, other) => Math.max(Math.abs(one.x - other.x), Math.abs(one.y - other.y));
  const within = (i, px) => places.filter((other) => apart(places[i], other) <= px);
  const sizes = places.map((_, i) => (within(i, MARK).length > 1 ? SMALL : MARK));
  const first = (stop, i) => (stop.ends ? 0 : sizes[i] === MARK ? 1 : 2);
  const order = stops.map((stop, i) => [first(stop, i), i]).sort(([a, i], [b, j]) => a - b || i - j);
  const found = [];
  for (const [, i] of order) {
    const size = sizes[i], taken = found.filter(Boolean);
    const free = (at) => taken.every((other) => apart(at, other.at) > (size + other.size) / 2) && covered.every((other) => at.distanceTo(other) > size / 2 + 7);
    const seen = (at) => controls.every((box) => !box.overlaps(around(at, size)));
    const town = within(i, 3 * MARK), middle = town.reduce((sum, one) => sum.add(one)).divideBy(town.length);
    found[i] = { stop: stops[i], size, at: room(places[i], middle, free, seen) };
  }
  return found;
}
const around = (at, size) => L.bounds(at.subtract([size / 2, size / 2]), at.add([size / 2, size / 2]));
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
];
const PLACED = [10, 17, 28].flatMap(beside), AROUND_MARKS = [...PLACED, ...[40, 52, 64, 76].flatMap(beside)];
const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
const rimmed = ({ left, top, right, bottom }, across, above = across) => ({ left: left - across, top: top - above, right: right + across, bottom: bottom + above });
const inside = (a, view) => a.left >= view.left && a.right <= view.right && a.top >= view.top && a.bottom <= view.bottom;

// Beside their points, the first first; what they take is added to what is taken.
function settle(nodes, view, taken) {
  for (const node of nodes) node.style.transform = "none";
  const boxes = nodes.map((node) => node.getBoundingClientRect());
  const moved = ({ left, top, width, height }, [x, y]) => ({ left: left + x, top: top + y, right: left + x + width, bottom: top + y + height });
  nodes.forEach((node, i) => {
    const { left, top, width, height } = boxes[i];
    // A name whose point is out of view has nothing to stand beside.
    const seen = inside({ left, top, right: left, bottom: top }, view);
    const shifts = (i ? PLACED : AROUND_MARKS).map((place) => place(width, height));
    const free = (one) => inside(one, view) && !taken.some((other) => meet(one, other));
    const shift = seen && shifts.find((one) => free(moved(boxes[i], one)));
    node.style.transform = `translate(${(shift || shifts[0]).map((px) => `${px}px`)})`;
    node.style.visibility = shift ? "" : "hidden";
    // Two names that nearly touch would read as one.
    if (shift) taken.push(rimmed(moved(boxes[i], shift), 6, 2));
  });
}
