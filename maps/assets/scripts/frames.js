// What follows a move of the map is done piece by piece, so that no frame takes long: of each piece
// of work only the latest, in the order in which they were first asked for.  What is done alone has
// its frame to itself: of a canvas the browser draws after the script what the script asked for.
function laterFrames() {
  const BUDGET_MS = 4, waiting = new Map();
  let next = 0;
  function run() {
    next = 0;
    const until = performance.now() + BUDGET_MS;
    let first = true;
    for (const [key, { work, alone }] of waiting) {
      if (alone && !first) break;
      waiting.delete(key);
      work();
      first = false;
      if (alone || performance.now() > until) break;
    }
    if (waiting.size) next ||= requestAnimationFrame(run);
  }
  function later(key, work, alone = false) {
    waiting.set(key, { work, alone });
    if (later.opened) next ||= requestAnimationFrame(run);
  }
  // What was asked for while the page was made is done at once, and each piece once.
  later.open = () => {
    for (const [key, { work }] of waiting) {
      waiting.delete(key);
      work();
    }
    later.opened = true;
  };
  return later;
}
// Each of a list, as many a frame as there is time for; then what is to follow.
function inTurns(later, key, list, work, then) {
  const FRAME_MS = 4;
  (function go(from) {
    const until = performance.now() + FRAME_MS;
    let at = from;
    while (at < list.length && (performance.now() < until || !later.opened)) work(list[at++]);
    if (at < list.length) later(key, () => go(at));
    else then?.();
  })(0);
}

// What a pane shows that answers no click: a sheet of canvases, each a strip of the view, drawn one a
// frame from the stills on it: a browser without a graphics card draws all of a canvas in the frame in
// which it changed.  Until a sheet is whole, that before it is moved and stretched with the map: both
// lie where their corner is.
class Ground {
  constructor(map, pane, later, strips) {
    Object.assign(this, { map, pane, later, strips, stills: new Set(), shown: this.sheet(strips), next: this.sheet(strips) });
    map.on("moveend", () => this.redraw());
    map.on("zoom viewreset", () => { this.place(this.shown); this.place(this.next); });
  }
  sheet(strips) {
    const canvases = Array.from({ length: strips }, () => L.DomUtil.create("canvas", "strip"));
    // Leaflet's class lets it be stretched from its corner.
    return { box: L.DomUtil.create("div", "leaflet-zoom-animated"), canvases };
  }
  place({ box, corner, zoom }) {
    if (corner) L.DomUtil.setTransform(box, this.map.latLngToLayerPoint(corner), this.map.getZoomScale(this.map.getZoom(), zoom));
  }
  redraw() { this.later(this, () => this.begin()); }
  // First all that shows is unpacked, then it is drawn.
  begin() {
    if (!this.stills.size) return [this.shown, this.next].forEach(({ box }) => box.remove());
    const RIM = 0.12, { map, next, strips } = this, view = map.getSize();
    const min = map.containerPointToLayerPoint(view.multiplyBy(-RIM)).round(), size = view.multiplyBy(1 + 2 * RIM).round();
    Object.assign(next, { min, size, corner: map.layerPointToLatLng(min), zoom: map.getZoom(), origin: map.getPixelOrigin() });
    next.box.replaceChildren();
    this.place(next);
    map.getPane(this.pane).append(next.box);
    const all = this.view(next, 0, size.y + strips), packed = [...this.stills].flatMap((still) => still.packed?.(all) ?? []);
    inTurns(this.later, this, packed, (square) => square.unpack(), () => this.draw(0));
  }
  draw(k) {
    this.later(this, () => {
      this.strip(this.next, k);
      if (k + 1 < this.strips) this.draw(k + 1);
      else this.end();
    }, true);
  }
  end() {
    [this.shown, this.next] = [this.next, this.shown];
    this.next.box.remove();
  }
  // What lies between two heights of a sheet, as fractions of the world's square map.
  view({ zoom, min, size, origin: { x, y } }, top, bottom) {
    const RIM_PX = 20, side = 256 * 2 ** zoom;
    return { side, x, y, west: (min.x - RIM_PX + x) / side, east: (min.x + size.x + RIM_PX + x) / side, north: (min.y + top - RIM_PX + y) / side, south: (min.y + bottom + RIM_PX + y) / side };
  }
  strip(sheet, k) {
    const { box, canvases, min, size } = sheet, n = L.Browser.retina ? 2 : 1, canvas = canvases[k], ctx = canvas.getContext("2d");
    const high = Math.ceil(size.y / canvases.length), top = k * high;
    // Of the same size it is drawn again: a new one takes longer.
    if (canvas.width !== n * size.x || canvas.height !== n * high) Object.assign(canvas, { width: n * size.x, height: n * high });
    Object.assign(canvas.style, { top: `${top}px`, width: `${size.x}px`, height: `${high}px` });
    ctx.setTransform(n, 0, 0, n, -n * min.x, -n * (min.y + top));
    ctx.clearRect(min.x, min.y + top, size.x, high);
    const view = this.view(sheet, top, top + high);
    for (const still of [...this.stills].sort((a, b) => a.order - b.order)) still.paint(ctx, view);
    box.append(canvas);
  }
}

// One layer of a ground: what paints it, and how high it lies.  What is still `packed` in a view is
// unpacked first.
const Still = L.Layer.extend({
  initialize(ground, order, paint, packed) { Object.assign(this, { ground, order, paint, packed }); },
  onAdd() { this.ground.stills.add(this); this.redraw(); },
  onRemove() { this.ground.stills.delete(this); this.redraw(); },
  redraw() { this.ground.redraw(); },
});

// Without a depth, marks share a layer of the browser: one each costs more than all else of a frame.
L.Marker.include({
  _setPos(at) {
    this._icon._leaflet_pos = at;
    this._icon.style.transform = `translate(${at.x}px, ${at.y}px)`;
    this._zIndex = at.y + this.options.zIndexOffset;
    this._resetZIndex();
  },
});
