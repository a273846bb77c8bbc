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

// A canvas that is drawn anew some frames after the map was moved; until then its picture is moved
// and stretched with the map.
const LaterCanvas = L.Canvas.extend({
  _update() {
    if (!this._bounds) return void L.Canvas.prototype._update.call(this);
    this._late = true;
    this.options.later(this, () => {
      if (!this._map) return;
      this._late = this._postponeUpdatePaths = false;
      this._moved();
    }, true);
  },
  // Of the same size it is cleared and drawn again: a new one costs a long frame.
  _moved() {
    const size = this._bounds.getSize(), { _ctx: ctx, _container: container } = this, n = L.Browser.retina ? 2 : 1;
    L.Renderer.prototype._update.call(this);
    if (!this._bounds.getSize().equals(size)) return void L.Canvas.prototype._update.call(this);
    const { min } = this._bounds;
    L.DomUtil.setPosition(container, min);
    ctx.setTransform(n, 0, 0, n, -n * min.x, -n * min.y);
    ctx.clearRect(min.x, min.y, size.x, size.y);
    this.fire("update");
  },
  _reset() {
    if (this._bounds) this._updateTransform(this._map.getCenter(), this._map.getZoom());
    this._update();
  },
  // What it holds is already where the map is now.
  _redraw() {
    if (this._late) this._redrawRequest = this._redrawBounds = null;
    else L.Canvas.prototype._redraw.call(this);
  },
});

// A sheet of canvases, each a strip of the view, drawn one a frame from the stills on it: a browser
// without a graphics card draws all of a canvas in the frame in which it changed.  Until a sheet is
// whole, that before it is moved and stretched with the map.
const Ground = L.Renderer.extend({
  options: { strips: 8, rim: 20 },
  initialize(options) {
    L.Renderer.prototype.initialize.call(this, options);
    this.stills = new Set();
  },
  onAdd() {},
  redraw() { this._asked ||= requestAnimationFrame(() => { this._asked = 0; this._update(); }); },
  _update() { if (this._map) this.options.later(this, () => this._begin()); },
  // First all that shows is unpacked, then it is drawn.
  _begin(whole = false) {
    L.Renderer.prototype._update.call(this);
    const { _bounds: { min }, _center, _zoom } = this, { strips, later } = this.options;
    const next = this._next ??= this._sheet();
    Object.assign(next, { _center, _zoom, min, size: this._bounds.getSize(), origin: this._map.getPixelOrigin() });
    next._container.replaceChildren();
    L.DomUtil.setPosition(next._container, min);
    this.getPane().append(next._container);
    const view = this._view(next, 0, next.size.y + strips), packed = [...this.stills].flatMap((still) => still.packed?.(view) ?? []);
    inTurns(later, this, packed, (square) => square.unpack(), () => {
      if (!whole) return this._later(0);
      for (let k = 0; k < strips; k++) this._strip(next, k);
      this._end();
    });
  },
  _later(k) {
    this.options.later(this, () => {
      this._strip(this._next, k);
      if (k + 1 < this.options.strips) this._later(k + 1);
      else this._end();
    }, true);
  },
  _end() {
    [this._shown, this._next] = [this._next, this._shown];
    this._next?._container.remove();
  },
  _sheet() {
    const strips = Array.from({ length: this.options.strips }, () => Object.assign(document.createElement("canvas"), { className: "strip" }));
    return { _container: L.DomUtil.create("div", "leaflet-zoom-animated"), strips, _map: this._map, options: this.options };
  },
  // What lies between two heights of a sheet, as fractions of the world's square map.
  _view({ _zoom, min, size, origin: { x, y } }, top, bottom) {
    const { rim } = this.options, side = 256 * 2 ** _zoom;
    return { side, x, y, west: (min.x - rim + x) / side, east: (min.x + size.x + rim + x) / side, north: (min.y + top - rim + y) / side, south: (min.y + bottom + rim + y) / side };
  },
  _strip(sheet, k) {
    const { _container, strips, min, size } = sheet, n = L.Browser.retina ? 2 : 1, canvas = strips[k], ctx = canvas.getContext("2d");
    const high = Math.ceil(size.y / strips.length), top = k * high;
    // Of the same size it is drawn again: a new one takes longer.
    if (canvas.width !== n * size.x || canvas.height !== n * high) Object.assign(canvas, { width: n * size.x, height: n * high });
    Object.assign(canvas.style, { top: `${top}px`, width: `${size.x}px`, height: `${high}px` });
    ctx.setTransform(n, 0, 0, n, -n * min.x, -n * (min.y + top));
    ctx.clearRect(min.x, min.y + top, size.x, high);
    const view = this._view(sheet, top, top + high);
    for (const still of [...this.stills].sort((a, b) => a.order - b.order)) still.paint(ctx, view);
    _container.append(canvas);
  },
  _updateTransform(center, zoom) {
    for (const sheet of [this._shown, this._next]) if (sheet?._container.isConnected) L.Renderer.prototype._updateTransform.call(sheet, center, zoom);
  },
  _reset() {
    this._updateTransform(this._map.getCenter(), this._map.getZoom());
    this._update();
  },
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
