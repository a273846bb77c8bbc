// The panes of the map, from the lowest to the highest, and what draws in them.
function mapPanes({ map, later }) {
  const renderers = {}, grounds = {};
  function pane(name, z, quiet) {
    map.createPane(name).style.zIndex = z;
    if (quiet) map.getPane(name).style.pointerEvents = "none";
  }
  function shapes(name, z) {
    pane(name, z);
    renderers[name] = L.svg({ pane: name, padding: 0.12 });
  }
  // Few canvases: a browser without a graphics card copies each in every frame in which it paints.
  function ground(name, z, strips = 8) {
    pane(name, z, true);
    grounds[name] = new Ground(map, name, later, strips);
  }
  // The first pane that Tab reaches.
  pane("stops", 640);
  ground("paper", 205);
  pane("relief", 207);
  ground("ground", 210);
  pane("walking", 215);
  shapes("models", 230);
  shapes("crews", 235);
  ground("need", 240);
  shapes("discs", 292);
  shapes("reported", 300);
  ground("patrols", 400, 1);
  pane("names", 450, true);
  pane("places", 600);
  const on = (name, more = {}) => ({ pane: name, renderer: renderers[name], interactive: false, ...more });
  // The higher the order, the higher it lies; that of a layer is its place in the data.
  const still = (name, order, paint, packed) => new Still(grounds[name], order, paint, packed);
  const redraw = () => Object.values(grounds).forEach((each) => each.redraw());
  return { on, still, redraw };
}

// The layers of the map, and which of them show.
function mapLayers(page) {
  const { map, data, make, icon } = page, { on, still } = page.panes;

  // ---- Shapes -----------------------------------------------------------------------------
  const lettered = [], CROWD = 300;

  // Roads are the wider the nearer the map is.
  const FACTORS = [0.4, 0.5, 0.62, 0.75, 0.9, 1.1, 1.45, 1.9, 2.5, 3.2];
  function grown(s) {
    const by = s.grows ? FACTORS[Math.max(0, Math.min(FACTORS.length - 1, Math.round(map.getZoom()) - 8))] : 1;
    return { weight: s.width * by, ...(s.casing ? { casing: { color: s.casing, weight: s.casing_width * by } } : {}) };
  }
  // What answers no click is drawn from the text of its shapes; its width is asked for whenever it
  // is drawn.  The outline lies under the hillshade, and that under the lines.
  function drawn(layer) {
    const s = layer.symbol, under = s.fill && layer.group === "ground" && layers.has("hillshade");
    const look = { color: s.colour, opacity: s.opacity, ...dashes(s), fill: s.fill && { color: s.fill, opacity: s.fill_opacity } };
    return still(under ? "paper" : "ground", data.layers.indexOf(layer), ...stillLines(layer, () => ({ ...look, ...grown(s) })));
  }
  function clickable(layer, points, feature) {
    const s = layer.symbol;
    const line = L.polyline(points, on(layer.group, { interactive: true, color: s.colour, weight: feature.width || s.width, opacity: s.opacity, ...dashes(s) }));
    if (layer.group === "reported") page.found.hotspots.push({ layer, feature, line });
    const opened = page.popups.opening(line, feature);
    return s.casing ? L.layerGroup([L.polyline(points, on(layer.group, { color: s.casing, weight: s.casing_width, lineCap: "round" })), opened]) : opened;
  }
  function name(layer, at, feature) {
    const node = make("span", { class: `${layer.key === "edges" ? "" : "town "}${layer.key}`, word: feature.title });
    lettered.push({ at, node });
    return L.marker(at, { pane: "names", interactive: false, keyboard: false, icon: icon(node) });
  }
  function place(layer, at, feature) {
    const mark = make("span", { class: "point" }, glyph(layer.symbol));
    return page.popups.opening(L.marker(at, { pane: "places", icon: icon(mark), autoPanOnFocus: false }), feature);
  }
  // Of many places those in view are on the map: each has a node that every frame would lay out.
  function crowd(layer, places) {
    const group = L.layerGroup(), marks = places.map((at, i) => ({ at, feature: layer.features[i] }));
    function follow() {
      const view = map.getBounds().pad(0.2);
      inTurns(page.later, layer, marks, (one) => {
        if (view.contains(one.at)) group.addLayer(one.mark ??= place(layer, one.at, one.feature));
        else if (one.mark) group.removeLayer(one.mark);
      });
    }
    map.on("moveend", () => map.hasLayer(group) && page.later(layer, follow));
    return group.on("add", follow);
  }
  function dots(layer, places) {
    const { symbol: s, radii } = layer, sizes = unpack(layer.sizes);
    const look = { color: s.casing, weight: s.width, dashArray: s.dash.join(" ") || null, fillColor: s.fill, fillOpacity: s.fill_opacity };
    return still("need", data.layers.indexOf(layer), stillDots(places, places.map((_, i) => radii[sizes[i]] ?? s.radius), look));
  }
  function picture(layer, corners) {
    const under = layer.group === "ground" ? "relief" : "walking";
    return L.imageOverlay(layer.image, L.latLngBounds(corners), { pane: under, opacity: layer.symbol.opacity, alt: "" });
  }

  function build(layer) {
    const { shape } = layer.symbol;
    if (["line", "area"].includes(shape) && !layer.features.length) return drawn(layer);
    const shapes = layer.shapes.map(decode);
    if (shape === "image") return picture(layer, shapes.flat(2));
    if (shape === "dots") return dots(layer, shapes.flat(2));
    if (layer.features[0]?.counts.length) return page.cells.layer(layer, shapes);
    const made = { line: (parts, feature) => clickable(layer, parts, feature), label: ([[at]], feature) => name(layer, at, feature) };
    if (shape !== "line" && shape !== "label" && shapes.length > CROWD) return crowd(layer, shapes.flat(2));
    const other = ([[at]], feature) => place(layer, at, feature);
    return L.layerGroup(shapes.map((parts, i) => (made[shape] ?? other)(parts, layer.features[i])));
  }

  // ---- What shows ---------------------------------------------------------------------------
  const BARE = { notes: [], radius_m: 0, width: 0, counts: [], number: 0, marks: [], square: [] };
  const layers = new Map(data.layers.map((layer) => [layer.key, Object.assign(layer, { on: layer.shown, features: layer.features.map((own) => ({ ...BARE, ...own })) })]));
  // Hotspots and sightings are asked for by others; all else is made when it first shows.
  for (const layer of layers.values()) if (layer.group === "reported" && layer.features.length) layer.drawn = build(layer);
  if (data.tiles) {
    const tiles = L.tileLayer(data.tiles, { maxZoom: 19, attribution: "" });
    layers.set("tiles", { key: "tiles", group: "ground", legend: "layer.tiles", on: false, min_zoom: 0, symbol: null, drawn: tiles });
  }
  function refresh() {
    const zoom = map.getZoom();
    for (const layer of layers.values()) {
      const { patrol } = layer, apart = patrol && !page.patrols.ofNight(patrol);
      const visible = layer.on && (!patrol || page.patrols.within(patrol)) && zoom >= layer.min_zoom;
      if (layer.entry) layer.entry.hidden = apart;
      layer.entry?.classList.toggle("far", layer.on && !visible);
      // Patrols are drawn together.
      if (patrol) continue;
      if (visible) map.addLayer(layer.drawn ??= build(layer));
      else if (layer.drawn) map.removeLayer(layer.drawn);
    }
    page.legend?.refresh();
  }
  // What is looked for shows, whatever the legend had switched off.
  function show(layer) {
    layer.on = true;
    layer.entry.querySelector("input").checked = true;
    refresh();
  }
  return { all: layers, lettered, refresh, show };
}
