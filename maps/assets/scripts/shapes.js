"use strict";
// Marks, swatches and coordinates: what needs neither the map nor the words of the page.
function draw(tag, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}
// A sign on a button: its lines, and what of it is filled.
const sign = (lines, filled) => draw("svg", { viewBox: "0 0 18 18", "aria-hidden": "true" }, draw("path", { d: lines, fill: "none", stroke: "currentColor", "stroke-width": 1.6, "stroke-linejoin": "round" }), draw("path", { d: filled, fill: "currentColor" }));
const home = () => draw("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, draw("path", { d: "M8 2 1.5 8H4v6h3v-4h2v4h3V8h2.5z" }));

function outline(shape, r) {
  const d = r * 1.25;
  return {
    square: `M${-r} ${-r}H${r}V${r}H${-r}Z`,
    crossed: `M${-r} ${-r}H${r}V${r}H${-r}ZL${r} ${r}M${-r} ${r}L${r} ${-r}`,
    gate: `M${-d} ${-r}L${d} ${r}V${-r}L${-d} ${r}Z`,
    diamond: `M0 ${-d}L${d} 0L0 ${d}L${-d} 0Z`,
    triangle: `M0 ${-d}L${d} ${r}H${-d}Z`,
    cross: `M${-r / 3} ${-r}h${2 * r / 3}v${2 * r / 3}h${2 * r / 3}v${2 * r / 3}h${-2 * r / 3}v${2 * r / 3}h${-2 * r / 3}v${-2 * r / 3}h${-2 * r / 3}v${-2 * r / 3}h${2 * r / 3}z`,
  }[shape] ?? `M${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
}
// Of several, as many as the number in it says, a mark grows with their logarithm.
function glyph(symbol, several = 1) {
  const r = symbol.radius + (several > 1 ? 3.5 + 3 * Math.log10(several) : 0), half = r * 1.25 + 2;
  const mark = draw("svg", { width: 2 * half, height: 2 * half, viewBox: `${-half} ${-half} ${2 * half} ${2 * half}`, "aria-hidden": "true" },
    draw("path", { d: outline(symbol.shape, r), fill: symbol.fill, stroke: symbol.colour, "stroke-width": symbol.width }));
  if (several > 1) mark.append(draw("text", { class: "several", y: 3.5 }, String(several)));
  return mark;
}

// ---- Geometry: whole numbers as text, five bits a letter ---------------------------------------
function unpack(text) {
  const found = [];
  for (let i = 0, value = 0, shift = 0; i < text.length; i++) {
    const letter = text.charCodeAt(i) - 63;
    value |= (letter & 31) << shift;
    if (letter > 31) { shift += 5; continue; }
    found.push(value & 1 ? ~(value >> 1) : value >> 1);
    value = shift = 0;
  }
  return found;
}
// The points, lines and rings of a shape: of each its length, then the steps from point to point.
const decode = (text) => unfold(text, (n) => new Array(n), (part, k, lat, lon) => { part[k] = [lat, lon]; });
function unfold(text, holder, put) {
  const flat = unpack(text), parts = [];
  for (let i = 0, lat = 0, lon = 0; i < flat.length;) {
    const n = flat[i++], part = holder(n);
    for (let k = 0; k < n; k++) {
      lat += flat[i++]; lon += flat[i++];
      put(part, k, lat / 1e5, lon / 1e5);
    }
    parts.push(part);
  }
  return parts;
}

// Lines that draw no stretch twice: the dashes of one would fill the gaps of the other.
function once(lines) {
  const seen = new Map(), kept = [];
  // Whole numbers of 0.00001 degree, both in one.
  const place = ([lat, lon]) => Math.round(lat * 1e5) * 1e8 + Math.round(lon * 1e5);
  for (const line of lines) {
    let part = null;
    for (let i = 1, from, to = place(line[0]); i < line.length; i++) {
      from = to; to = place(line[i]);
      const low = Math.min(from, to), high = Math.max(from, to);
      if (!seen.has(low)) seen.set(low, new Set());
      if (seen.get(low).has(high)) { part = null; continue; }
      seen.get(low).add(high);
      if (!part) kept.push(part = [line[i - 1]]);
      part.push(line[i]);
    }
  }
  return kept;
}

// ---- What is much and answers no click: drawn by a `Ground` from plain numbers --------------------
// Places are fractions of the world's square map, found once; only what is in view is drawn.
const across = (lon) => lon / 360 + 0.5;
const down = (lat) => 0.5 - Math.asinh(Math.tan(lat * Math.PI / 180)) / (2 * Math.PI);
const stroke = (ctx, path, { color, weight, opacity, dashArray, lineCap }) => {
  Object.assign(ctx, { strokeStyle: color, lineWidth: weight, globalAlpha: opacity ?? 1, lineCap: lineCap ?? (weight > 3 ? "round" : "butt"), lineJoin: weight > 3 ? "round" : "bevel" });
  ctx.setLineDash(dashArray?.split(" ").map(Number) ?? []);
  ctx.stroke(path);
};

// Paths with a wider line under them, where the look has one.
function cased(ctx, paths, { casing, ...own }) {
  if (casing) for (const path of paths) stroke(ctx, path, { ...own, ...casing, dashArray: null, lineCap: null });
  for (const path of paths) stroke(ctx, path, own);
}
const dashes = ({ dash }) => ({ dashArray: dash.join(" ") || null, lineCap: dash.length ? "butt" : "round" });

// Of each point of a line how far the line would move without it, as Douglas and Peucker take them
// out: at a zoom only points are drawn of which this can be seen.
function weights(line) {
  const last = line.length / 2 - 1, found = new Float64Array(last + 1), open = [[0, last, Infinity]];
  found[0] = found[last] = Infinity;
  while (open.length) {
    const [from, to, most] = open.pop(), ax = line[2 * from], ay = line[2 * from + 1];
    const dx = line[2 * to] - ax, dy = line[2 * to + 1] - ay, square = dx * dx + dy * dy;
    let far = -1, at = 0;
    for (let k = from + 1; k < to; k++) {
      const x = line[2 * k] - ax, y = line[2 * k + 1] - ay;
      const share = square ? Math.max(0, Math.min(1, (x * dx + y * dy) / square)) : 0;
      const away = (x - share * dx) ** 2 + (y - share * dy) ** 2;
      if (away > far) { far = away; at = k; }
    }
    if (far < 0) continue;
    found[at] = Math.min(most, Math.sqrt(far));
    open.push([from, at, found[at]], [at, to, found[at]]);
  }
  return found;
}
// Lines, or areas where the look has a filling, by the squares in which they lie: a square is
// unpacked when it first shows.
class Square {
  constructor(text, [south, west, north, east] = [-85, -180, 85, 180]) {
    Object.assign(this, { text, west: across(west), east: across(east), north: down(north), south: down(south), lines: null });
  }
  unpack() {
    const put = (part, k, lat, lon) => { part[2 * k] = across(lon); part[2 * k + 1] = down(lat); };
    this.lines = unfold(this.text, (n) => new Float64Array(2 * n), put).map(framed);
  }
}
// A line in view, without the points that would move it by less than can be seen.  Only the ends
// are kept of a stretch that lies out of view, on one side of it: a pen goes `over` from one to the other,
// by "moveTo" for an edge and by "lineTo" for a filling.
function traced(path, { points, weight }, { side, x, y, west, east, north, south }, over) {
  const LEAST_PX = 1.2, least = LEAST_PX / side;
  const put = (step, k) => path[step](points[2 * k] * side - x, points[2 * k + 1] * side - y);
  let beyond = 0, held = 0;
  for (let k = 0; k < weight.length; k++) {
    if (weight[k] < least) continue;
    const u = points[2 * k], v = points[2 * k + 1];
    const out = (u < west) | (u > east) << 1 | (v < north) << 2 | (v > south) << 3;
    if (beyond & out) {
      beyond &= out;
      held = k;
      continue;
    }
    if (held) put(over, held);
    put(k ? "lineTo" : "moveTo", k);
    beyond = out;
    held = 0;
  }
  // A filling has all its corners, the last too.
  if (held) put(over, held);
}
function pathOf(lines, view, over = "moveTo") {
  const path = new Path2D();
  for (const line of lines) if (meets(line, view)) traced(path, line, view, over);
  return path;
}
const meets = (one, view) => one.west < view.east && view.west < one.east && one.north < view.south && view.north < one.south;
const atNight = ({ color, casing, fill, ...look }) => ({ ...look, color: tint(color), casing: casing && { ...casing, color: tint(casing.color) }, fill: fill && { ...fill, color: tint(fill.color) } });
function stillLines({ shapes, boxes }, look) {
  const squares = shapes.map((text, i) => new Square(text, boxes[i]));
  const packed = (view) => squares.filter((square) => !square.lines && meets(square, view));
  function paint(ctx, view) {
    const { fill, ...own } = atNight(look()), shown = squares.filter((square) => square.lines && meets(square, view));
    // A square's own path: one of all squares takes far longer to fill.
    if (fill) {
      Object.assign(ctx, { fillStyle: fill.color, globalAlpha: fill.opacity });
      for (const { lines } of shown) ctx.fill(pathOf(lines, view, "lineTo"), "evenodd");
    }
    cased(ctx, shown.map(({ lines }) => pathOf(lines, view)), own);
  }
  return [paint, packed];
}
// The same of latitudes and longitudes.
const placed = (lines) => lines.map((line) => framed(Float64Array.from(line.flatMap(([lat, lon]) => [across(lon), down(lat)]))));
function framed(points) {
  let west = 1, east = 0, north = 1, south = 0;
  for (let k = 0; k < points.length; k += 2) {
    west = Math.min(west, points[k]); east = Math.max(east, points[k]);
    north = Math.min(north, points[k + 1]); south = Math.max(south, points[k + 1]);
  }
  // A line due east or south has an extent too.
  return { points, weight: weights(points), west: west - 1e-9, east: east + 1e-9, north: north - 1e-9, south: south + 1e-9 };
}
// Discs at places, of a radius in pixels each: those of one radius are filled and edged in one go.
function stillDots(places, radii, { fillColor, fillOpacity, ...edge }) {
  const at = places.map(([lat, lon]) => [across(lon), down(lat)]);
  return (ctx, { side, x, y, west, north, east, south }) => {
    const paths = new Map();
    at.forEach(([u, v], i) => {
      if (u < west || u > east || v < north || v > south) return;
      if (!paths.has(radii[i])) paths.set(radii[i], new Path2D());
      const px = u * side - x, py = v * side - y;
      paths.get(radii[i]).moveTo(px + radii[i], py);
      paths.get(radii[i]).arc(px, py, radii[i], 0, 2 * Math.PI);
    });
    for (const path of paths.values()) {
      Object.assign(ctx, { fillStyle: fillColor, globalAlpha: fillOpacity });
      ctx.fill(path);
      if (edge.color) stroke(ctx, path, edge);
    }
  };
}
