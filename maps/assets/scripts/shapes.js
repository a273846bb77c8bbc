"use strict";
// Marks, swatches and coordinates: what needs neither the map nor the words of the page.
function draw(tag, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}
const HOME = "M8 2 1.5 8H4v6h3v-4h2v4h3V8h2.5z";
const home = () => draw("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, draw("path", { d: HOME }));

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

// A river is plain, a hotspot hatched: they differ without colour too.
const ink = (layer) => (layer.key === "hotspots" ? "url(#hatch)" : layer.symbol.colour);

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
function decode(text) {
  const flat = unpack(text), parts = [];
  for (let i = 0, lat = 0, lon = 0; i < flat.length;) {
    const part = new Array(flat[i++]);
    for (let k = 0; k < part.length; k++) {
      lat += flat[i++]; lon += flat[i++];
      part[k] = [lat / 1e5, lon / 1e5];
    }
    parts.push(part);
  }
  return parts;
}

// ---- A line with a wider one under it: drawn twice on a canvas, its points projected once -------
const Cased = L.Polyline.extend({
  _updatePath() {
    const own = this.options;
    // Leaflet keeps its defaults in the prototype of the options.
    this.options = Object.assign(Object.create(own), own.casing, { lineCap: "round", _dashArray: null });
    this._renderer._updatePoly(this);
    this.options = own;
    this._renderer._updatePoly(this);
  },
  _clickTolerance() { return this.options.casing.weight / 2; },
});

// Lines of which no stretch is drawn twice: the dashes of one would fill the gaps of the other.
function once(lines) {
  const seen = new Set(), kept = [];
  for (const line of lines) {
    let part = null;
    for (let i = 1; i < line.length; i++) {
      const stretch = [line[i - 1], line[i]].sort().join(" ");
      if (seen.has(stretch)) { part = null; continue; }
      seen.add(stretch);
      if (!part) kept.push(part = [line[i - 1]]);
      part.push(line[i]);
    }
  }
  return kept;
}

// Very many lines, in squares: of each its lines are drawn while it shows, at first some a frame.
function inSquares(map, shapes, boxes, drawn) {
  const FRAME_MS = 8, group = L.layerGroup();
  const squares = shapes.map((text, i) => ({ text, box: L.latLngBounds(boxes[i].slice(0, 2), boxes[i].slice(2)), layer: null }));
  let next = 0;
  function part() {
    cancelAnimationFrame(next);
    const view = map.getBounds().pad(0.3), missing = [];
    for (const square of squares) {
      if (!view.intersects(square.box)) { if (square.layer) group.removeLayer(square.layer); }
      else if (square.layer) group.addLayer(square.layer);
      else missing.push(square);
    }
    (function more() {
      for (const until = performance.now() + FRAME_MS; missing.length && performance.now() < until;) {
        const square = missing.pop();
        group.addLayer(square.layer = drawn(decode(square.text)));
      }
      if (missing.length) next = requestAnimationFrame(more);
    })();
  }
  return group.on("add", () => { map.on("moveend", part); part(); })
    .on("remove", () => { map.off("moveend", part); cancelAnimationFrame(next); });
}
