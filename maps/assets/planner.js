// The planner page.  Text from data reaches the page by textContent only, never as markup.
function planner(map) {
  const data = JSON.parse(document.getElementById("planner-data").textContent);
  const narrow = () => matchMedia("(max-width: 860px)").matches;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (still) map._fadeAnimated = false;
  const state = { language: data.language, patrol: null, opener: null, paper: null, periods: {}, shown: () => true };
  const say = (key) => data.texts[state.language][key] ?? key;

  // ---- Elements -------------------------------------------------------------------------
  function make(tag, options = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(options)) {
      if (name === "text") node.textContent = value;
      else if (name === "word") { node.dataset.w = value; node.textContent = say(value); }
      else if (name === "patrol") { node.style.setProperty("--shift", value.symbol.colour); node.style.setProperty("--on", value.ink); }
      else node.setAttribute(name, value);
    }
    node.append(...children);
    return node;
  }

  // ---- Ground and layers ------------------------------------------------------------------
  const canvas = {};
  function pane(name, z, quiet) {
    map.createPane(name).style.zIndex = z;
    if (quiet) map.getPane(name).style.pointerEvents = "none";
    canvas[name] = quiet ? L.canvas({ pane: name, padding: 0.3 }) : L.svg({ pane: name, padding: 0.3 });
  }
  // The first pane that Tab reaches.
  map.createPane("stops").style.zIndex = 640;
  pane("paper", 205, true);
  map.createPane("relief").style.zIndex = 207;
  pane("ground", 210, true);
  pane("corridors", 220, true);
  pane("models", 230, false);
  map.createPane("walking").style.zIndex = 215;
  pane("need", 240, true);
  pane("cells", 290, true);
  pane("reported", 300, false);
  pane("patrols", 400, true);
  map.createPane("names").style.zIndex = 450;
  map.getPane("names").style.pointerEvents = "none";
  map.createPane("places").style.zIndex = 600;

  const FACTORS = [0.4, 0.5, 0.62, 0.75, 0.9, 1.1, 1.45, 1.9, 2.5, 3.2];
  const factor = () => FACTORS[Math.max(0, Math.min(FACTORS.length - 1, Math.round(map.getZoom()) - 8))];
  const growing = [];

  // The outline lies under the hillshade, and that under the lines of the ground.
  const paneOf = (layer) => (layer.group === "ground" && layer.symbol.shape === "area" ? "paper" : layer.group);

  function stroke(layer, points) {
    const s = layer.symbol, name = paneOf(layer);
    const look = {
      pane: name, renderer: canvas[name], color: s.colour, weight: s.width, opacity: s.opacity, interactive: false,
      dashArray: s.dash.join(" ") || null, lineCap: s.dash.length ? "butt" : "round", lineJoin: "round", smoothFactor: 1.2,
    };
    const line = s.casing ? new Cased(points, { ...look, casing: { color: s.casing, weight: s.casing_width } }) : L.polyline(points, look);
    if (s.grows) growing.push([s, line]);
    return L.layerGroup([line]);
  }
  function clickable(layer, points, feature) {
    const s = layer.symbol;
    const line = L.polyline(points, { pane: layer.group, renderer: canvas[layer.group], color: s.colour, weight: feature.width || s.width, opacity: s.opacity, dashArray: s.dash.length ? s.dash.join(" ") : null, lineCap: s.dash.length ? "butt" : "round" });
    return pressable(line.bindPopup(() => card(feature), { minWidth: 240 }), () => say(feature.title));
  }
  function area(layer, points) {
    const s = layer.symbol, name = paneOf(layer);
    const body = L.polygon(points, { pane: name, renderer: canvas[name], stroke: false, fillColor: s.fill, fillOpacity: s.fill_opacity, interactive: false });
    return L.layerGroup([body, stroke(layer, points.map((ring) => [...ring, ring[0]]))]);
  }
  function point(layer, at, feature) {
    const s = layer.symbol;
    if (s.shape === "label" || s.shape === "shield") {
      const name = make("span", { class: s.shape === "label" ? "town" : "shield", word: feature.title });
      lettered.push({ at, node: name });
      return L.marker(at, { pane: "names", interactive: false, keyboard: false, icon: icon(name) });
    }
    const mark = make("span", { class: "point" }, glyph(s));
    const marker = L.marker(at, { pane: "places", icon: icon(mark), autoPanOnFocus: false });
    return pressable(marker.bindPopup(() => card(feature), { minWidth: 220 }), () => say(feature.title));
  }
  function dot({ symbol, group, radii }, at, i) {
    const name = group === "need" ? "need" : "corridors";
    const edge = { stroke: Boolean(symbol.casing), color: symbol.casing, weight: symbol.width, dashArray: symbol.dash.join(" ") || null };
    return L.circleMarker(at, { pane: name, renderer: canvas[name], radius: radii[i] ?? symbol.radius, ...edge, fillColor: symbol.fill, fillOpacity: symbol.fill_opacity, interactive: false });
  }
  // Thousands of points: made when they are first asked for, so that the page opens at once.
  function dots(layer, places) {
    const group = L.layerGroup();
    return group.once("add", () => places.forEach((at, i) => group.addLayer(dot(layer, at, i))));
  }
  const icon = (node, size = 0) => L.divIcon({ html: node, className: "", iconSize: [size, size] });
  const lettered = [], pressables = new Map();
  // What a click opens, Enter and the space bar open too, and the focus comes back to it.
  function pressable(layer, text) {
    layer.on("popupopen", () => { state.opener = () => layer.getElement(); });
    layer.on("remove", () => pressables.delete(layer));
    return layer.on("add", () => {
      const node = layer.getElement();
      node.setAttribute("role", "button");
      node.setAttribute("aria-label", text());
      node.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        layer.fire("click");
      });
      pressables.set(layer, text);
      reachable(layer);
    });
  }
  // Tab passes over what is out of view: the focus would move the map there.
  function reachable(layer, view = map.getBounds()) {
    const seen = layer.getBounds ? view.intersects(layer.getBounds()) : view.contains(layer.getLatLng());
    layer.getElement().setAttribute("tabindex", seen ? 0 : -1);
  }

  const sightings = cellMarks(map, data, state, { say, make, icon, pressable, card, look: { pane: "cells", renderer: canvas.cells, interactive: false } });
  function build(layer) {
    const shapes = layer.shapes.map((parts) => parts.map(decode));
    if (layer.symbol.shape === "image") return L.imageOverlay(layer.image, L.latLngBounds(shapes.flat(2)), { pane: layer.group === "ground" ? "relief" : "walking", opacity: layer.symbol.opacity, alt: "" });
    if (layer.symbol.shape === "dots") return dots(layer, shapes.flat(2));
    if (layer.symbol.shape === "area") return L.layerGroup(shapes.map((rings) => area(layer, rings)));
    if (layer.features[0]?.counts.length) return sightings.layer(layer, shapes);
    if (!layer.features.length) return stroke(layer, layer.group === "patrols" ? once(shapes.flat()) : shapes.flat());
    return L.layerGroup(shapes.map((parts, i) => layer.symbol.shape === "line"
      ? clickable(layer, parts, layer.features[i]) : point(layer, parts[0][0], layer.features[i])));
  }

  const layers = new Map();
  for (const layer of data.layers) layers.set(layer.key, { ...layer, on: layer.shown, drawn: build(layer) });
  if (data.tiles) {
    const drawn = L.tileLayer(data.tiles, { maxZoom: 19, attribution: "" });
    layers.set("tiles", { key: "tiles", group: "ground", legend: "layer.tiles", on: false, min_zoom: 0, symbol: null, drawn });
  }
  // Of several nights, the routes of the one chosen.
  const night = () => patrols.get(state.patrol)?.night;
  function refresh() {
    const zoom = map.getZoom();
    for (const layer of layers.values()) {
      const apart = Boolean(layer.night) && layer.night !== night();
      const visible = layer.on && !apart && zoom >= layer.min_zoom;
      if (layer.entry) layer.entry.hidden = apart;
      if (visible !== map.hasLayer(layer.drawn)) visible ? map.addLayer(layer.drawn) : map.removeLayer(layer.drawn);
      if (layer.entry) layer.entry.classList.toggle("far", layer.on && !visible);
    }
    sightings.part();
    const by = factor();
    for (const [s, line] of growing) {
      if (line.options.weight === s.width * by) continue;
      line.setStyle({ weight: s.width * by, ...(s.casing ? { casing: { color: s.casing, weight: s.casing_width * by } } : {}) });
    }
  }

  // ---- Popups -----------------------------------------------------------------------------
  function card(feature) {
    const n = sightings.several(feature), counted = n ? sightings.tallies(feature) : [];
    const rows = feature.notes.filter((note) => note.word).map((note) => make("div", {}, make("dt", { word: note.word }), make("dd", { word: note.key })));
    const plain = feature.notes.filter((note) => !note.word).map((note) => make("p", { class: "wide", word: note.key }));
    const title = make("p", { class: "pop-title" }, make("span", { word: feature.title }), ...(n > 1 ? [`: ${n}`] : []));
    return make("div", { class: "notes" }, title, ...(rows.length + counted.length ? [make("dl", {}, ...counted, ...rows)] : []), ...plain);
  }
  function stopCard(anchor) {
    const row = document.getElementById(anchor);
    const [badge, name, when, more] = [".badge", ".name", ".when", ".more"].map((part) => row.querySelector(part).cloneNode(true));
    when.className = "pop-when";
    const title = make("p", { class: "pop-title stop-title", patrol: patrols.get(state.patrol) }, badge, " ", name);
    return make("div", {}, title, make("p", {}, when), more);
  }
  const entitle = (box) => box.setAttribute("aria-label", box.querySelector(".pop-title")?.textContent ?? "");
  map.on("popupopen", ({ popup }) => {
    const box = popup.getElement();
    document.body.classList.add("reading");
    box.setAttribute("role", "dialog");
    entitle(box);
    const close = box.querySelector(".leaflet-popup-close-button");
    close.setAttribute("aria-label", say("close"));
    close.dataset.aria = "close";
    box.setAttribute("tabindex", "-1");
    box.focus({ preventScroll: true });
  });
  // The focus goes back unless it has gone on to something else.
  map.on("popupclose", ({ popup }) => {
    document.body.classList.remove("reading");
    const focused = document.activeElement, back = state.opener?.();
    state.opener = null;
    if (focused === document.body || popup.getElement().contains(focused)) (back ?? map.getContainer()).focus({ preventScroll: true });
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
  document.addEventListener("click", (event) => {
    const copy = event.target.closest(".copy");
    if (!copy) return;
    copyText(copy.dataset.copy);
    const label = copy.querySelector("[data-w]");
    label.textContent = say("copied");
    setTimeout(() => { label.textContent = say("copy"); }, 1500);
  });
  function copyText(text) {
    if (navigator.clipboard && isSecureContext) return void navigator.clipboard.writeText(text).catch(() => copyBySelection(text));
    copyBySelection(text);
  }
  function copyBySelection(text) {
    const field = make("textarea", { readonly: "" });
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }

  // ---- Patrols: numbered stops, those that would overlap beside their place -----------------
  const patrols = new Map(data.patrols.map((patrol) => [patrol.key, patrol]));
  for (const patrol of patrols.values()) layers.get(patrol.layer).night = patrol.night;
  const marks = L.layerGroup().addTo(map);
  function mark() {
    const focused = document.activeElement.dataset.anchor;
    marks.clearLayers();
    const patrol = patrols.get(state.patrol);
    const stops = patrol && layers.get(patrol.layer).on ? patrol.stops : [];
    for (const { stop, at } of spread(stops, map)) {
      const body = make("span", { class: `mark ${patrol.symbol.shape}${stop.ends ? " home" : ""}`, patrol });
      body.append(stop.ends ? home() : stop.number);
      const place = L.latLng(stop.at), beside = map.layerPointToLatLng(at);
      if (!at.equals(map.latLngToLayerPoint(place))) {
        const look = { pane: "patrols", renderer: canvas.patrols, interactive: false };
        marks.addLayer(L.polyline([place, beside], { ...look, color: "#24211c", weight: 1.5 }));
        marks.addLayer(L.circleMarker(place, { ...look, radius: 4, color: "#fff", weight: 1.5, fillColor: patrol.symbol.colour, fillOpacity: 1 }));
      }
      const text = () => `${stop.ends ? "" : stop.number} ${say(stop.name)}`.trim();
      const marker = L.marker(beside, { pane: "stops", icon: icon(body, MARK), title: text(), autoPanOnFocus: false, zIndexOffset: stop.ends ? -500 : 0 });
      marker.on("add", () => { marker.getElement().dataset.anchor = stop.anchor; });
      marker.on("click", () => open(stop.anchor, () => marked(stop.anchor)));
      marks.addLayer(pressable(marker, text));
    }
    if (focused) marked(focused)?.focus({ preventScroll: true });
    rename();
  }
  const marked = (anchor) => map.getPane("stops").querySelector(`[data-anchor="${anchor}"]`);
  // The depot's town is named first, then what lies around it.
  function rename() {
    const depot = patrols.get(state.patrol)?.stops[0].at;
    const far = ({ at, node }) => (node.className === "shield" ? 1e9 : depot ? map.distance(at, depot) : 0);
    const shown = lettered.filter(({ node }) => node.isConnected).sort((a, b) => far(a) - far(b));
    settle(map.getContainer(), shown.map(({ node }) => node));
  }
  function show(key, fit) {
    state.patrol = key;
    for (const node of document.querySelectorAll("[data-night]")) node.classList.toggle("chosen", Number(node.dataset.night) === night());
    days.set(night());
    refresh();
    for (const tab of document.querySelectorAll("[data-patrol]")) {
      const chosen = tab.dataset.patrol === key;
      tab.setAttribute("aria-selected", chosen);
      tab.tabIndex = chosen ? 0 : -1;
    }
    for (const patrol of patrols.values()) {
      const chosen = patrol.key === key;
      document.getElementById(`patrol-${patrol.key}`).classList.toggle("chosen", chosen);
      layers.get(patrol.layer).drawn.eachLayer((line) => line.setStyle({ opacity: chosen ? 1 : 0.28 }));
      if (chosen) layers.get(patrol.layer).drawn.eachLayer((line) => line.bringToFront());
    }
    close();
    if (fit) whole();
    mark();
    remember();
  }
  function whole() {
    const patrol = patrols.get(state.patrol);
    const points = patrol ? patrol.stops.map((stop) => stop.at) : data.bounds;
    map.fitBounds(L.latLngBounds(points), { paddingTopLeft: [64, 40], paddingBottomRight: [beside(), 70], maxZoom: 15, animate: false });
  }
  // Width that the open legend takes of the map.
  function beside() {
    const legend = document.querySelector(".legend");
    return legend.firstChild.getAttribute("aria-expanded") === "true" && !narrow() ? legend.offsetWidth + 30 : 30;
  }
  function open(anchor, opener) {
    const patrol = patrols.get(state.patrol);
    const stop = patrol.stops.find((s) => s.anchor === anchor) ?? patrol.stops[0];
    close();
    state.opener = opener;
    if (narrow()) return unfold(anchor, stop);
    if (map.getZoom() < 14) map.setView(stop.at, 14, { animate: false });
    const popup = L.popup({ minWidth: 250, maxWidth: 340, maxHeight: Math.min(620, map.getSize().y - 110), autoPanPaddingTopLeft: [60, 20], autoPanPaddingBottomRight: [beside(), 20], offset: [0, -8] });
    popup.setLatLng(stop.at).setContent(stopCard(anchor)).openOn(map);
  }
  // On a phone the details open in the timetable, and the map moves to the stop.
  function unfold(anchor, stop) {
    map.setView(stop.at, Math.max(15, map.getZoom()), { animate: false });
    const row = document.getElementById(anchor), go = row.querySelector(".go");
    row.classList.add("open");
    go.setAttribute("aria-expanded", "true");
    if (state.opener() !== go) { row.scrollIntoView({ block: "start" }); go.focus({ preventScroll: true }); }
  }
  function close() {
    map.closePopup();
    for (const row of document.querySelectorAll("li.open")) {
      row.classList.remove("open");
      row.querySelector(".go").setAttribute("aria-expanded", "false");
    }
  }
  for (const tab of document.querySelectorAll("[data-patrol]")) {
    tab.addEventListener("click", () => show(tab.dataset.patrol, true));
    tab.addEventListener("keydown", (event) => {
      const tabs = [...tab.parentElement.children];
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
      show(next.dataset.patrol, true);
      next.focus();
    });
  }
  for (const go of document.querySelectorAll("[data-stop]")) go.addEventListener("click", () => (go.getAttribute("aria-expanded") === "true" ? close() : open(go.dataset.stop, () => go)));

  const days = nightControl((chosen) => {
    // The same vehicle and shift of that night, or else its first patrol.
    const same = (key) => key.replace(/^night-\d+-/, "");
    const there = [...patrols.values()].filter((patrol) => patrol.night === chosen);
    show((there.find((patrol) => same(patrol.key) === same(state.patrol)) ?? there[0]).key, true);
  });

  // ---- Legend: it lists the layers, and switches them ---------------------------------------
  const periods = data.periods.length > 1 ? periodFilter(data, sightings.cells, state, make, say, (chosen) => { state.periods = chosen; remember(); }) : null;
  function follow(layer) {
    if (layer.key === "main_roads") layers.get("shields").on = layer.on;
  }
  const Buttons = L.Control.extend({
    onAdd() {
      const button = (word, content, act) => {
        const node = make("button", { type: "button", "aria-label": say(word), title: say(word), "data-aria": word, "data-title": word });
        node.append(content);
        node.addEventListener("click", act);
        return node;
      };
      const frame = draw("svg", { viewBox: "0 0 18 18", "aria-hidden": "true" }, draw("path", { d: "M2 6V2h4M12 2h4v4M16 12v4h-4M6 16H2v-4", fill: "none", stroke: "currentColor", "stroke-width": 1.8 }));
      const box = make("div", { class: "leaflet-bar" }, button("zoom_in", "+", () => map.zoomIn(1, { animate: !still })), button("zoom_out", "−", () => map.zoomOut(1, { animate: !still })), button("whole_patrol", frame, whole));
      L.DomEvent.disableClickPropagation(box);
      return box;
    },
  });
  const Credit = L.Control.extend({ onAdd: () => make("div", { class: "credit", text: data.credit }) });

  // ---- Languages --------------------------------------------------------------------------
  function speak(language) {
    state.language = language;
    document.documentElement.lang = language;
    document.title = say("title");
    for (const node of document.querySelectorAll("[data-w]")) node.textContent = say(node.dataset.w);
    for (const node of document.querySelectorAll("[data-aria]")) node.setAttribute("aria-label", say(node.dataset.aria));
    for (const node of document.querySelectorAll("[data-title]")) node.title = say(node.dataset.title);
    for (const node of document.querySelectorAll("[data-language]")) node.setAttribute("aria-pressed", node.dataset.language === language);
    for (const { node } of lettered) node.textContent = say(node.dataset.w);
    for (const [layer, text] of pressables) layer.getElement().setAttribute("aria-label", text());
    for (const box of document.querySelectorAll(".leaflet-popup")) entitle(box);
    scale._update();
    mark();
    remember();
  }
  function remember() {
    if (location.protocol === "about:") return;
    const hash = new URLSearchParams({ lang: state.language, ...(state.patrol ? { patrol: state.patrol } : {}), ...(state.paper ? { paper: state.paper } : {}), ...state.periods });
    history.replaceState(null, "", `#${hash}`);
  }
  for (const node of document.querySelectorAll("[data-language]")) node.addEventListener("click", () => speak(node.dataset.language));

  // ---- Start ------------------------------------------------------------------------------
  document.body.classList.add("live");
  map.invalidateSize({ animate: false });
  map.addControl(new Buttons({ position: "topleft" }));
  map.addControl(legendControl(data, layers, { make, periods, changed: (layer) => { follow(layer); refresh(); mark(); } }));
  const scale = scaleBar(say);
  map.addControl(scale);
  map.addControl(new Credit({ position: "bottomright" }));
  map.getContainer().setAttribute("role", "group");
  map.getContainer().dataset.aria = "map";
  map.on("zoomend", () => { refresh(); mark(); });
  map.on("moveend", () => { const view = map.getBounds(); for (const layer of pressables.keys()) reachable(layer, view); rename(); });
  const wanted = new URLSearchParams(location.hash.slice(1));
  // Without a paper in the fragment the page prints on what the print dialog says.
  if (["a4", "a3"].includes(wanted.get("paper"))) {
    state.paper = document.documentElement.dataset.paper = wanted.get("paper");
    document.head.append(make("style", { text: `@page { size: ${state.paper} landscape; }` }));
  }
  if (periods) periods.set(wanted);
  expire(data.renew);
  state.patrol = patrols.has(wanted.get("patrol")) ? wanted.get("patrol") : patrols.keys().next().value ?? null;
  whole();
  refresh();
  if (state.patrol) show(state.patrol, false);
  const spoken = wanted.get("lang") === "sr" ? "sr-Latn" : wanted.get("lang");
  speak(data.texts[spoken] ? spoken : data.language);
  document.body.dataset.ready = "true";
}
