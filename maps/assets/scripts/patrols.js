// The patrols on the map: what of them shows, their numbered stops, and which way they drive.
function patrolLayers(page) {
  const { map, data, state, say, make, icon } = page;
  const patrols = new Map(data.patrols.map((patrol) => [patrol.key, patrol]));
  const marks = L.layerGroup().addTo(map), drawn = page.panes.still("patrols", 0, paint).addTo(map);
  const layerOf = (patrol) => page.layers.all.get(patrol.layer);
  const chosen = () => patrols.get(state.patrol);
  const INK = "#24211c", LIT = "#ffd400";
  let pins = [], lone = null;

  // ---- What shows: of the night that is chosen one shift, or all ------------------------------
  const ofNight = (patrol) => patrol.night === chosen()?.night;
  const within = (patrol) => ofNight(patrol) && (!state.shift || patrol.shift === state.shift);
  const shown = () => [...patrols.values()].filter((patrol) => within(patrol) && layerOf(patrol).on)
    .sort((a, b) => (b === chosen()) - (a === chosen()));

  // ---- Drawn from coordinates: routes, the leg that is lit, ways, and the pins of stops ----------
  function paint(ctx, view) {
    const patrol = chosen(), routes = shown().reverse();
    const line = (lines, look) => stroke(ctx, pathOf(placed(lines), view), look);
    const draw = (route) => cased(ctx, [pathOf(linesOf(route), view)], lookOf(route));
    routes.filter((route) => !ofShift(route)).forEach(draw);
    if (lone !== null) for (const [color, more] of [[INK, 9], [LIT, 6]]) line(patrol.legs[lone], { color, weight: patrol.symbol.casing_width + more });
    routes.filter(ofShift).forEach(draw);
    if (routes.includes(patrol)) {
      const afoot = patrol.stops.filter(({ walk }) => walk).map(({ walk, at }) => [walk.from, at]);
      line(afoot, { color: INK, weight: 3, dashArray: "1 6", lineCap: "round" });
    }
    for (const { at, beside, radius, symbol } of pins) {
      if (beside) cased(ctx, [pathOf(placed([[at, beside]]), view)], { color: INK, weight: 1.5, casing: { color: "#fff", weight: 3.5 } });
      if (radius) stillDots([at], [radius], { fillColor: symbol.colour, fillOpacity: 1, color: "#fff", weight: 1.5 })(ctx, view);
    }
  }
  // The chosen line lies on top and is wider than those of its shift.  Those of another shift are
  // wider still, so that they show on both sides of it where all drive one road.
  const ofShift = (patrol) => patrol.shift === chosen().shift;
  function lookOf(patrol) {
    const { colour, width, casing, casing_width } = patrol.symbol, more = patrol === chosen() ? 1 : ofShift(patrol) ? 0 : casing_width + 5 - width;
    return { color: colour, ...dashes(patrol.symbol), weight: width + more, casing: { color: casing, weight: casing_width + more } };
  }
  const linesOf = (route) => route.lines ??= placed(once(route.legs.flat()));
  // Which way it drives: of a leg that is lit only its own, since another may drive the same road
  // the other way.
  function arrows() {
    const patrol = chosen();
    if (!shown().includes(patrol)) return [];
    const way = patrol.way ??= patrol.legs.map(placed), origin = map.getPixelOrigin();
    return (lone === null ? way : [way[lone]]).flat().flatMap((line) => chevrons(inPixels(line, origin)));
  }
  function inPixels({ points }, { x, y }) {
    const side = 256 * 2 ** map.getZoom();
    return Array.from({ length: points.length / 2 }, (_, k) => L.point(points[2 * k] * side - x, points[2 * k + 1] * side - y));
  }
  // What a name keeps off: boxes along what is driven, in pixels of the window.
  function driven(view) {
    const STEP = 8, HALF = 4, boxes = [], seen = L.bounds([view.left, view.top], [view.right, view.bottom]);
    for (const line of shown().flatMap(linesOf)) {
      let last = null;
      for (const to of inPixels(line, map.getPixelBounds().min.subtract(seen.min))) {
        const from = last ?? to, n = last ? Math.floor(to.distanceTo(last) / STEP) : 1;
        for (let i = 1; i <= n; i++) {
          const at = from.add(to.subtract(from).multiplyBy(i / n));
          if (seen.contains(at)) boxes.push({ left: at.x - HALF, right: at.x + HALF, top: at.y - HALF, bottom: at.y + HALF });
        }
        if (n) last = to;
      }
    }
    return boxes;
  }

  // ---- Numbered stops: those that would overlap lie beside their place ------------------------
  function redraw() {
    const focused = document.activeElement.dataset.anchor, controls = nodesOf(".leaflet-control").map(covers);
    marks.clearLayers();
    pins = [];
    const depots = new Set();
    const stops = shown().flatMap((patrol) => patrol.stops.map((stop) => ({ patrol, stop, ends: stop.ends }))).filter(({ ends, stop: { at } }) => {
      const again = ends && depots.has(String(at));
      if (ends) depots.add(String(at));
      return !again;
    });
    // Where there is little room, stops of another shift are dots without a number.
    const small = ({ patrol }) => page.cramped() && !ofShift(patrol);
    for (const { patrol, stop } of stops.filter(small)) pins.push({ at: stop.at, radius: 5, symbol: patrol.symbol });
    for (const mark of spread(gathered(stops.filter((one) => !small(one)), map), page.cells.covering(), controls)) draw(mark);
    drawn.redraw();
    if (focused) marked(focused.split(" ")[0])?.focus({ preventScroll: true });
    page.names.place();
  }
  function draw({ patrol, members, text, ends, at, from, wide, high }) {
    const several = members.length > 1, [{ stop }] = members;
    const look = `mark ${patrol.symbol.shape} shift-${patrol.shift}${ends ? " home" : ""}${patrol === chosen() ? "" : " other"}${wide === MARK ? "" : " small"}`;
    const body = make("span", { class: look, patrol }, ends ? home() : text);
    const place = several || !at.equals(from) ? map.layerPointToLatLng(at) : L.latLng(stop.at);
    if (!at.equals(from)) pins.push({ at: latlon(several ? map.layerPointToLatLng(from) : L.latLng(stop.at)), beside: latlon(place), radius: several ? 0 : 4, symbol: patrol.symbol });
    if (several) for (const one of members) pins.push({ at: one.stop.at, radius: 4, symbol: patrol.symbol });
    const vehicle = patrol === chosen() ? "" : ` (${say(patrol.title)})`;
    const told = () => members.map((one) => `${ends ? "" : one.stop.number} ${say(one.stop.name)}`.trim()).join(", ") + vehicle;
    const marker = L.marker(place, { pane: "stops", icon: icon(body, wide, high), title: told(), autoPanOnFocus: false, zIndexOffset: ends || vehicle ? -500 : 0 });
    marker.on("add", () => { marker.getElement().dataset.anchor = members.map((one) => one.stop.anchor).join(" "); });
    marker.on("click", () => {
      if (patrol !== chosen()) page.panel.show(patrol.key);
      if (several) part(members.map((one) => one.stop.at));
      else page.panel.open(stop.anchor, () => marked(stop.anchor));
    });
    marks.addLayer(page.popups.pressable(marker, told));
  }
  const latlon = ({ lat, lng }) => [lat, lng];
  const marked = (anchor) => map.getPane("stops").querySelector(`[data-anchor~="${anchor}"]`);
  // Nearer, until the stops of a mark have marks of their own.
  function part(points) {
    const before = map.getZoom();
    fit(points.map((at) => [at]));
    if (map.getZoom() <= before) map.setZoomAround(L.latLngBounds(points).getCenter(), before + 1, { animate: false });
  }

  // ---- One leg, lit up --------------------------------------------------------------------------
  function light(patrol, order) {
    lone = patrol ? order - 1 : null;
    drawn.redraw();
    page.names.place();
    if (patrol) fit(patrol.legs[lone]);
  }

  // ---- The view ---------------------------------------------------------------------------------
  // Clear of the buttons, the legend, the credit and the scale bar; marks may stand beside their place.
  function fit(points) {
    const phone = page.narrow.phone(), high = (name) => document.querySelector(name)?.offsetHeight ?? 0;
    const above = Math.max(page.narrow() && !phone ? high(".legend > button") + 34 : 26, high(".leaflet-control.views") + 44);
    map.fitBounds(L.latLngBounds(points.flat()), { paddingTopLeft: [phone ? 76 : 92, above], paddingBottomRight: [phone ? 72 : beside(), high(".credit") + (phone ? 29 : 40)], maxZoom: 15, animate: false });
  }
  const covered = (of) => of.flatMap((patrol) => [...patrol.stops.map((stop) => [stop.at]), ...patrol.legs.flat()]);
  const whole = () => fit(chosen() ? covered([chosen()]) : data.bounds.map((at) => [at]));
  const corridor = () => fit([...data.corridor.map((at) => [at]), ...covered(shown())]);
  // Every patrol that shows: both vehicles of a shift, or all of the night.
  function together() {
    const points = shown().length ? covered(shown()) : data.bounds.map((at) => [at]);
    fit(points);
    const hidden = underLegend();
    if (hidden.length) fit([...points, hidden]);
  }
  // Crossings that the open legend covers, or that lie beside it at the edge: the view makes room.
  function underLegend() {
    const legend = document.querySelector(".legend"), crossings = page.layers.all.get("crossings");
    if (page.narrow() || !crossings?.on) return [];
    const within = covers(legend);
    within.max.x = map.containerPointToLayerPoint(map.getSize()).x;
    return crossings.shapes.flatMap(decode).flat().filter((at) => within.contains(map.latLngToLayerPoint(at)));
  }
  // Width that the open legend takes of the map.
  function beside() {
    const legend = document.querySelector(".legend");
    return legend.firstChild.getAttribute("aria-expanded") === "true" && !page.narrow() ? legend.offsetWidth + 36 : 44;
  }
  // What a control covers, in pixels of the map's layers.
  function covers(control) {
    const { left, top } = map.getContainer().getBoundingClientRect(), box = control.getBoundingClientRect();
    const corner = (x, y) => map.containerPointToLayerPoint([x - left, y - top]);
    return L.bounds(corner(box.left, box.top), corner(box.right, box.bottom));
  }
  function start() {
    for (const patrol of patrols.values()) {
      layerOf(patrol).patrol = patrol;
      patrol.legs = layerOf(patrol).shapes.map(decode);
    }
    map.on("moveend", page.names.place);
  }
  return { all: patrols, chosen, ofNight, within, arrows, driven, redraw, light, whole, corridor, together, beside, start };
}

// Chevrons along a line in pixels, on its right: one driven both ways has them on both sides.
function chevrons(points) {
  const EVERY = 90, ASIDE = 9, found = [];
  let next = EVERY / 2;
  for (let i = 1; i < points.length; i++) {
    const from = points[i - 1], step = points[i].subtract(from), length = from.distanceTo(points[i]);
    for (; next < length; next += EVERY) {
      const ahead = step.divideBy(length), right = L.point(-ahead.y, ahead.x);
      const at = from.add(ahead.multiplyBy(next)).add(right.multiplyBy(ASIDE));
      found.push([-4, 0, 4].map((side) => at.add(right.multiplyBy(side)).add(ahead.multiplyBy(side ? -4 : 3))));
    }
    next -= length;
  }
  return found;
}
