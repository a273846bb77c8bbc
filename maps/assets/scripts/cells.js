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
  const ROOMY_PX = 22, CROWD = 300;
  const roomy = ({ ring }) => !ring || map.latLngToLayerPoint(ring[0]).distanceTo(map.latLngToLayerPoint(ring[1])) > ROOMY_PX;
  function part() {
    if (!cells.length) return;
    const crowd = cells.length >= CROWD, view = map.getBounds().pad(0.2), room = !crowd || roomy(cells[0]);
    inTurns(page.later, "cells", cells, (own) => own.mark(own.count > 0 && room && (!crowd || view.contains(own.at))));
  }
  map.on("moveend", () => page.later("cells", part));
  // Where a stop's number would cover a mark.
  const covering = () => (cells.length < CROWD ? cells.filter(({ count, group }) => count && map.hasLayer(group)).map(({ at }) => map.latLngToLayerPoint(at)) : []);
  function layerOf(layer, shapes) {
    const group = L.layerGroup(), s = layer.symbol;
    const squares = shapes.map(([[at], ring], i) => ({ own: cell(layer, group, at, ring, layer.features[i]), ring }))
      .filter(({ ring }) => ring).map(({ own, ring }) => ({ own, corners: ring.map(([lat, lon]) => [across(lon), down(lat)]) }));
    // The more were reported, the darker; those of one shade are filled and edged in one go.
    const shade = (n) => Math.round(100 * Math.min(0.75, 0.15 + 0.2 * Math.log10(n))) / 100;
    group.squares = page.panes.still("ground", layer, (ctx, { side, x, y, west, north, east, south }) => {
      const paths = new Map();
      for (const { own, corners } of squares) {
        const [[u, v]] = corners;
        if (!own.count || u < west || u > east || v < north || v > south) continue;
        const dark = shade(own.count);
        if (!paths.has(dark)) paths.set(dark, new Path2D());
        corners.forEach(([u, v], k) => paths.get(dark)[k ? "lineTo" : "moveTo"](u * side - x, v * side - y));
      }
      for (const [dark, path] of paths) {
        Object.assign(ctx, { fillStyle: s.fill, globalAlpha: dark });
        ctx.fill(path);
        stroke(ctx, path, { color: s.colour, weight: 0.8, opacity: 0.6 });
      }
    });
    return group.addLayer(group.squares);
  }
  // Anew, for the periods that are chosen now.
  function count() {
    for (const own of cells) own.draw();
    for (const group of new Set(cells.map((own) => own.group))) if (map.hasLayer(group.squares)) group.squares.redraw();
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
