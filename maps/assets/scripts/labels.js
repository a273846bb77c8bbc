// Where marks and names find room.  What is measured here is in CSS pixels.

// Each stop has a mark of its own: where it is, or else as near to it as there is room.
const MARK = 28;
function spread(stops, map) {
  if (!stops.length) return [];
  const places = stops.map((stop) => map.latLngToLayerPoint(stop.at));
  const clear = (one, other) => Math.max(Math.abs(one.x - other.x), Math.abs(one.y - other.y)) > MARK;
  const alone = (i) => places.every((other, j) => i === j || clear(places[i], other));
  const first = (stop, i) => (stop.ends ? 0 : alone(i) ? 1 : 2);
  const order = stops.map((stop, i) => [first(stop, i), i]).sort(([a, i], [b, j]) => a - b || i - j);
  const middle = L.bounds(places).getCenter();
  const taken = [], found = [];
  for (const [, i] of order) {
    found[i] = { stop: stops[i], at: room(places[i], middle, (at) => taken.every((other) => clear(at, other))) };
    taken.push(found[i].at);
  }
  return found;
}
// In rings around the place, from the side that looks away from the middle.
function room(place, middle, free) {
  if (free(place)) return place;
  const away = Math.atan2(place.y - middle.y, place.x - middle.x);
  for (let r = 8; ; r += 8) {
    for (let k = 0; k < 24; k++) {
      const turn = away + (k % 2 ? -1 : 1) * Math.ceil(k / 2) * Math.PI / 12;
      const at = L.point(place.x + r * Math.cos(turn), place.y + r * Math.sin(turn));
      if (free(at)) return at;
    }
  }
}

// Names give way: to the right of their point, else to the left, above, below, else not at all.
const PLACED = [10, 17, 32, 48].flatMap((gap) => [
  (w, h) => [gap, -h / 2], (w, h) => [-w - gap, -h / 2], (w, h) => [-w / 2, 1 - h - gap], (w) => [-w / 2, gap - 1],
]);
const CENTRED = [(w, h) => [-w / 2, -h / 2]];
function settle(box, nodes) {
  for (const node of nodes) node.style.transform = "none";
  const view = box.getBoundingClientRect();
  const taken = [...box.querySelectorAll(".mark, .point, .leaflet-control")].map((node) => node.getBoundingClientRect());
  const boxes = nodes.map((node) => node.getBoundingClientRect());
  const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const inside = (a) => a.left >= view.left && a.right <= view.right && a.top >= view.top && a.bottom <= view.bottom;
  const moved = ({ left, top, width, height }, [x, y]) => ({ left: left + x, top: top + y, right: left + x + width, bottom: top + y + height });
  nodes.forEach((node, i) => {
    const { left, top, width, height } = boxes[i];
    // A name whose point is out of view has nothing to stand beside.
    const seen = inside({ left, top, right: left, bottom: top });
    const shifts = (node.className === "town" ? PLACED : CENTRED).map((place) => place(width, height));
    const free = (one) => inside(one) && !taken.some((other) => meet(one, other));
    const shift = seen && shifts.find((one) => free(moved(boxes[i], one)));
    node.style.transform = `translate(${(shift || shifts[0]).map((px) => `${px}px`)})`;
    node.style.visibility = shift ? "" : "hidden";
    if (shift) taken.push(moved(boxes[i], shift));
  });
}
