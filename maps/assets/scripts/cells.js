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
    const own = { at, ring, feature, layer, group, all: several(feature), count: several(feature) };
    own.draw = () => {
      own.count = several(feature);
      own.marked?.face.replaceChildren(glyph(layer.symbol, own.count));
    };
    own.mark = (wanted) => {
      if (wanted === Boolean(own.marked && group.hasLayer(own.marked.layer))) return;
      if (!wanted) return void group.removeLayer(own.marked.layer);
      group.addLayer((own.marked ??= marked(own)).layer);
    };
    cells.push(own);
    return own;
  }
  function marked({ at, feature, layer, count }) {
    const { fill } = layer.symbol, face = make("span", { class: "point" }, glyph(layer.symbol, count));
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
    inTurns(page.later, "cells", cells, (own) => own.mark(own.count > 0 && room && (!crowd || view.contains(own.at))), () => crowd && page.names.place());
  }
  map.on("moveend", () => page.later("cells", part));
  // Where a stop's number would cover a mark.
  const covering = () => (cells.length < CROWD ? cells.filter(({ count, group }) => count && map.hasLayer(group)).map(({ at }) => map.latLngToLayerPoint(at)) : []);
  const SEEN_PX = 12, GATHERED = 12, GRADES = [1, 3, 10, 30, 100, 300, 1000];
  // On how many a side squares are gathered, far off: as many as it takes to see them.
  function folded({ ring: [southeast, northeast], feature: { square } }) {
    if (!square.length || map.getZoom() >= GATHERED) return 1;
    const high = map.project(southeast).distanceTo(map.project(northeast));
    return 2 ** Math.max(0, Math.ceil(Math.log2(SEEN_PX / high)));
  }
  function layerOf(layer, shapes) {
    const group = L.layerGroup(), { fill } = layer.symbol, dark = (grade) => Math.min(0.8, 0.2 + 0.13 * grade);
    const squares = shapes.map(([[at], ring], i) => cell(layer, group, at, ring, layer.features[i])).filter(({ ring }) => ring);
    let drawn;
    function graded() {
      if (drawn || !squares.length) return drawn ?? [];
      const sums = new Map(), k = folded(squares[0]);
      squares.forEach(({ count, feature, ring: [southeast, , northwest, from] }, n) => {
        const [i = n, j = 0] = feature.square, west = Math.floor(i / k) * k - i, south = Math.floor(j / k) * k - j, of = `${i + west} ${j + south}`;
        // Along its own sides, from the corner of the larger square.
        const at = (east, north) => from.map((c, d) => c + (west + east) * (southeast[d] - c) + (south + north) * (northwest[d] - c));
        sums.set(of, { ring: [at(0, 0), at(0, k), at(k, k), at(k, 0)], sum: count + (sums.get(of)?.sum ?? 0) });
      });
      return drawn = GRADES.map((least, grade) => {
        const all = [...sums.values()].filter(({ sum }) => sum >= least && !(sum >= GRADES[grade + 1]));
        return { grade, least, n: all.length, lines: placed(all.map(({ ring }) => ring)) };
      }).filter(({ n }) => n);
    }
    group.anew = () => {
      drawn = null;
      if (cells.length >= CROWD) layer.grades?.replaceChildren(make("small", { word: "grades" }), ...graded().map(shade));
    };
    // What a shade stands for, and how many squares have it.
    function shade({ grade, least, n }) {
      const box = make("i", {}), most = GRADES[grade + 1] - 1;
      Object.assign(box.style, { background: fill, opacity: dark(grade) });
      return make("span", {}, box, `${least}${most > least ? `–${most}` : ""} × ${n}`);
    }
    // Under the lines of the ground, which are read through it.
    const under = data.layers.findIndex(({ symbol }) => symbol.grows) - 0.5;
    group.squares = page.panes.still("ground", under, (ctx, view) => {
      for (const { grade, lines } of graded()) {
        Object.assign(ctx, { fillStyle: fill, globalAlpha: dark(grade) });
        ctx.fill(pathOf(lines, view, "lineTo"));
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
