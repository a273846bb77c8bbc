// What follows a move of the map is done piece by piece, so that no frame takes long: of each piece
// of work only the latest, in the order in which they were first asked for.
function laterFrames() {
  const BUDGET_MS = 4, waiting = new Map();
  let next = 0;
  function run() {
    next = 0;
    const until = performance.now() + BUDGET_MS;
    for (const [key, work] of waiting) {
      waiting.delete(key);
      work();
      if (performance.now() > until) break;
    }
    if (waiting.size) next ||= requestAnimationFrame(run);
  }
  // Before the page is ready all is done at once.
  return function later(key, work) {
    if (!document.body.dataset.ready) return void work();
    waiting.set(key, work);
    next ||= requestAnimationFrame(run);
  };
}
// Each of a list, as many a frame as there is time for.
function inTurns(later, key, list, work) {
  const FRAME_MS = 4;
  (function go(from) {
    const until = performance.now() + FRAME_MS;
    let at = from;
    while (at < list.length && (performance.now() < until || !document.body.dataset.ready)) work(list[at++]);
    if (at < list.length) later(key, () => go(at));
  })(0);
}

// A canvas that is drawn anew some frames after the map was moved; until then its picture is moved
// and stretched with the map.
const LaterCanvas = L.Canvas.extend({
  _update() {
    const { _map: map } = this;
    if (map._animatingZoom && this._bounds) return;
    if (!this._bounds) return void L.Canvas.prototype._update.call(this);
    this._late = true;
    this.options.later(this, () => {
      if (!this._map || map._animatingZoom) return;
      this._late = this._postponeUpdatePaths = false;
      this._moved();
    });
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
