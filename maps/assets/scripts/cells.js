// Sightings: a mark for each cell, its size and number by how many of them are shown.
function cellMarks(page) {
  const { map, data, state, make, icon } = page;
  const cells = [];
  const few = (feature) => feature.counts.filter(([period]) => state.shown(period));
  const several = (feature) => few(feature).reduce((sum, [, , n]) => sum + n, 0);
  // Which of the list it is, and how many it stands for.
  function number(feature) {
    const nth = feature.number ? ` ${page.say("number")} ${feature.number}` : "";
    return nth + (several(feature) > 1 ? `: ${several(feature)}` : "");
  }
  // The square is always there, mark and disc only where the mark has room.
  function cell(layer, group, at, ring, feature) {
    const own = { at, ring, feature, layer, group, marked: null, all: several(feature), several: () => several(feature) };
    own.count = own.all;
    own.draw = () => {
      own.count = several(feature);
      own.marked?.face.replaceChildren(glyph(layer.symbol, own.count));
      if (!own.count) own.mark(false);
    };
    own.mark = (wanted) => {
      if (wanted === Boolean(own.marked && group.hasLayer(own.marked.layer))) return;
      if (!wanted) return void group.removeLayer(own.marked.layer);
      own.marked ??= marked(own);
      own.marked.face.replaceChildren(glyph(layer.symbol, own.count));
      group.addLayer(own.marked.layer);
    };
    cells.push(own);
    return own;
  }
  function marked({ at, feature, layer }) {
    const face = make("span", { class: "point" }), fill = layer.symbol.fill;
    const marker = L.marker(at, { pane: "places", icon: icon(face), autoPanOnFocus: false, zIndexOffset: 1000 });
    page.popups.opening(marker, feature);
    if (!feature.radius_m) return { face, marker, layer: marker };
    const disc = L.circle(at, page.panes.on("discs", { interactive: true, color: fill, radius: feature.radius_m, weight: 1.4, dashArray: "4 3", fillColor: fill, fillOpacity: 0.1 }));
    disc.on("click", () => marker.fire("click"));
    return { face, marker, layer: L.layerGroup([disc, marker]) };
  }
  // Where marks would cover one another, the squares show by their shade how many were reported.
  const ROOMY_PX = 64, CROWD = 300;
  const roomy = ({ ring }) => !ring || map.latLngToLayerPoint(ring[0]).distanceTo(map.latLngToLayerPoint(ring[1])) > ROOMY_PX;
  function part() {
    if (!cells.length) return;
    const crowd = cells.length >= CROWD, view = map.getBounds().pad(0.2), room = !crowd || roomy(cells[0]);
    inTurns(page.later, "cells", cells, (own) => own.mark(own.count > 0 && room && (!crowd || view.contains(own.at))));
  }
  map.on("moveend", () => page.later("cells", part));
  // Where a stop's number would cover a mark.
  const covering = () => (cells.length < CROWD ? cells.filter(({ count, group }) => count && map.hasLayer(group)).map(({ at }) => map.latLngToLayerPoint(at)) : []);
  // Far off, squares are gathered by two, four, eight on a side until they are large enough to be seen.
  const SEEN_PX = 12, GATHERED = 12, GRADES = [1, 3, 10, 30, 100, 300, 1000];
  function gatheredSquares(squares) {
    const [first] = squares, wide = first ? 256 * 2 ** map.getZoom() * Math.abs(first.corners[1][0] - first.corners[0][0] + first.corners[1][1] - first.corners[0][1]) : 0;
    const k = first?.own.feature.square.length && map.getZoom() < GATHERED ? 2 ** Math.max(0, Math.ceil(Math.log2(SEEN_PX / wide))) : 1;
    const sums = new Map();
    for (const { own, corners: [southeast, , northwest, from] } of squares) {
      if (!own.count) continue;
      const [i, j] = own.feature.square ?? [], of = k > 1 ? `${Math.floor(i / k)} ${Math.floor(j / k)}` : own, there = sums.get(of);
      if (there) { there.n += own.count; continue; }
      // Along its own sides, from the corner of the larger square.
      const at = (east, north) => [0, 1].map((c) => from[c] + east * (southeast[c] - from[c]) + north * (northwest[c] - from[c]));
      const [east, north] = k > 1 ? [-(((i % k) + k) % k), -(((j % k) + k) % k)] : [0, 0];
      sums.set(of, { n: own.count, corners: [at(east, north), at(east, north + k), at(east + k, north + k), at(east + k, north)] });
    }
    return [...sums.values()];
  }
  function layerOf(layer, shapes) {
    const group = L.layerGroup(), s = layer.symbol;
    const squares = shapes.map(([[at], ring], i) => ({ own: cell(layer, group, at, ring, layer.features[i]), ring }))
      .filter(({ ring }) => ring).map(({ own, ring }) => ({ own, corners: ring.map(([lat, lon]) => [across(lon), down(lat)]) }));
    const grade = (n) => GRADES.findLastIndex((least) => n >= least), dark = (of) => Math.min(0.8, 0.2 + 0.13 * of);
    let drawn = null;
    function graded() {
      if (drawn) return drawn;
      drawn = new Map();
      for (const square of gatheredSquares(squares)) {
        const of = grade(square.n);
        if (!drawn.has(of)) drawn.set(of, []);
        drawn.get(of).push(square);
      }
      return drawn;
    }
    group.anew = () => {
      drawn = null;
      if (squares.length >= CROWD) layer.grades?.replaceChildren(make("small", { word: "grades" }), ...[...graded()].sort(([a], [b]) => a - b).map(([of, all]) => shade(of, all)));
    };
    // What a shade stands for, and how many squares have it.
    function shade(of, all) {
      const box = make("i", {}), most = GRADES[of + 1] - 1;
      Object.assign(box.style, { background: s.fill, opacity: dark(of) });
      return make("span", {}, box, `${GRADES[of]}${most > GRADES[of] ? `–${most}` : ""} × ${all.length}`);
    }
    // Under the lines of the ground, which are read through it.
    const under = () => data.layers.findIndex(({ symbol }) => symbol.grows) - 0.5;
    group.squares = page.panes.still("ground", under, (ctx, { side, x, y, west, north, east, south }) => {
      for (const [of, all] of graded()) {
        const path = new Path2D();
        for (const { corners } of all) {
          const [us, vs] = [0, 1].map((c) => corners.map((at) => at[c]));
          if (Math.max(...us) < west || Math.min(...us) > east || Math.max(...vs) < north || Math.min(...vs) > south) continue;
          corners.forEach(([u, v], k) => path[k ? "lineTo" : "moveTo"](u * side - x, v * side - y));
        }
        Object.assign(ctx, { fillStyle: s.fill, globalAlpha: dark(of) });
        ctx.fill(path);
      }
    });
    map.on("zoomend", group.anew);
    return group.addLayer(group.squares);
  }
  // Anew, for the periods that are chosen now.
  function count() {
    for (const own of cells) own.draw();
    for (const group of new Set(cells.map((own) => own.group))) { group.anew(); if (map.hasLayer(group.squares)) group.squares.redraw(); }
    part();
  }
  // How many of a cell's sightings are of each period, and of each size class.
  function tallies(feature) {
    if (!several(feature)) return [];
    const names = [data.periods.map(([, key]) => key), data.sizes], words = ["period", "size_class"];
    return [1, 0].map((column) => {
      const sums = new Map();
      for (const row of few(feature)) sums.set(row[column], (sums.get(row[column]) ?? 0) + row[2]);
      const alone = several(feature) === 1;
      const parts = [...sums].sort(([a], [b]) => (a < 0) - (b < 0) || a - b).map(([at, n]) => make("span", { class: "tally" }, make("span", { word: names[column][at] ?? "unknown" }), ...(alone ? [] : [` × ${n}`])));
      return make("div", {}, make("dt", { word: words[column] }), make("dd", {}, ...parts));
    });
  }
  return { all: cells, number, tallies, covering, count, layer: layerOf };
}
