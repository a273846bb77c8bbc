// The planner page.  Text from data reaches the page by textContent only, never as markup.
function planner(map) {
  const data = JSON.parse(document.getElementById("planner-data").textContent);
  const narrow = () => matchMedia("(max-width: 860px)").matches;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (still) map._fadeAnimated = false;
  const state = { language: data.language, patrol: null, opener: null, row: null, paper: null, months: {} };
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
  pane("paper", 205, true);
  map.createPane("relief").style.zIndex = 207;
  pane("ground", 210, true);
  pane("corridors", 220, true);
  pane("models", 230, false);
  map.createPane("walking").style.zIndex = 215;
  pane("need", 240, true);
  pane("reported", 300, false);
  pane("patrols", 400, true);
  map.createPane("names").style.zIndex = 450;
  map.getPane("names").style.pointerEvents = "none";
  map.createPane("places").style.zIndex = 600;
  map.createPane("stops").style.zIndex = 640;

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
    return line.bindPopup(() => card(feature), { minWidth: 240 });
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
      return L.marker(at, { pane: "names", interactive: false, keyboard: false, icon: icon(name) });
    }
    const mark = make("span", { class: "point" }, glyph(s));
    const marker = L.marker(at, { pane: "places", icon: icon(mark), alt: "" });
    marker.bindPopup(() => card(feature), { minWidth: 220 });
    named(marker, () => say(feature.title));
    if (!feature.radius_m) return marker;
    const disc = L.circle(at, { pane: "reported", renderer: canvas.reported, radius: feature.radius_m, color: s.fill, weight: 1.4, dashArray: "4 3", fillColor: s.fill, fillOpacity: 0.16, interactive: false });
    return L.layerGroup([disc, marker]);
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
  const icon = (node) => L.divIcon({ html: node, className: "", iconSize: [0, 0] });
  const labelled = [];
  function named(marker, text) {
    labelled.push([marker, text]);
    marker.on("add", () => marker.getElement().setAttribute("aria-label", text()));
  }

  function build(layer) {
    const shapes = layer.shapes.map((parts) => parts.map(decode));
    if (layer.symbol.shape === "image") return L.imageOverlay(layer.image, L.latLngBounds(shapes.flat(2)), { pane: layer.group === "ground" ? "relief" : "walking", opacity: layer.symbol.opacity, alt: "" });
    if (layer.symbol.shape === "dots") return dots(layer, shapes.flat(2));
    if (layer.symbol.shape === "area") return L.layerGroup(shapes.map((rings) => area(layer, rings)));
    if (!layer.features.length) return stroke(layer, shapes.flat());
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
    const by = factor();
    for (const [s, line] of growing) {
      if (line.options.weight === s.width * by) continue;
      line.setStyle({ weight: s.width * by, ...(s.casing ? { casing: { color: s.casing, weight: s.casing_width * by } } : {}) });
    }
  }

  // ---- Popups -----------------------------------------------------------------------------
  function card(feature) {
    const said = (note) => (note.key ? { word: note.key } : { text: note.text });
    const rows = feature.notes.filter((note) => note.word).map((note) => make("div", {}, make("dt", { word: note.word }), make("dd", said(note))));
    const rest = feature.notes.filter((note) => !note.word).map((note) => make("p", { class: "wide", ...said(note) }));
    return make("div", { class: "notes" }, make("p", { class: "pop-title", word: feature.title }), ...(rows.length ? [make("dl", {}, ...rows)] : []), ...rest);
  }
  function stopCard(anchor) {
    const row = document.getElementById(anchor);
    const name = row.querySelector(".name").cloneNode(true), when = row.querySelector(".when").cloneNode(true);
    name.className = "pop-title"; when.className = "pop-when";
    const body = make("div", {}, make("p", {}, name), make("p", {}, when), row.querySelector(".more").cloneNode(true));
    return body;
  }
  map.on("popupopen", ({ popup }) => {
    state.opener ??= popup._source?.getElement?.() ?? null;
    const box = popup.getElement();
    const title = box.querySelector(".pop-title");
    box.setAttribute("role", "dialog");
    box.setAttribute("aria-label", title ? title.textContent : "");
    const close = box.querySelector(".leaflet-popup-close-button");
    close.setAttribute("aria-label", say("close"));
    close.dataset.aria = "close";
    box.setAttribute("tabindex", "-1");
    box.focus({ preventScroll: true });
  });
  map.on("popupclose", () => {
    // A marker that was made anew since, by a change of zoom, gives way to its row in the timetable.
    const back = document.contains(state.opener) ? state.opener : state.row;
    state.opener = state.row = null;
    if (back) back.focus({ preventScroll: true });
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

  // ---- Patrols: numbered stops, those that would overlap under one number -------------------
  const patrols = new Map(data.patrols.map((patrol) => [patrol.key, patrol]));
  for (const patrol of patrols.values()) layers.get(patrol.layer).night = patrol.night;
  const marks = L.layerGroup().addTo(map);
  function mark() {
    marks.clearLayers();
    const patrol = patrols.get(state.patrol);
    const stops = patrol && layers.get(patrol.layer).on ? patrol.stops : [];
    for (const group of grouped(stops, map)) {
      const body = make("span", { class: `mark ${patrol.symbol.shape}${group.home ? " home" : ""}`, patrol });
      body.append(group.home ? home() : numbers(group));
      const marker = L.marker(map.layerPointToLatLng(group.at), { pane: "stops", icon: icon(body), zIndexOffset: group.home ? -500 : 0 });
      const text = () => group.stops.map((s) => (s.ends ? "" : `${s.number} `) + say(s.name)).join(", ");
      marker.on("add", () => { marker.getElement().setAttribute("aria-label", text()); marker.getElement().title = text(); });
      const act = () => {
        const bounds = L.latLngBounds(group.stops.map((stop) => stop.at));
        const apart = group.stops.length > 1 && map.getZoom() < 17 && map.getBoundsZoom(bounds.pad(0.4)) > map.getZoom();
        if (apart) map.fitBounds(bounds.pad(0.4), { maxZoom: 17, animate: !still });
        else open(group.stops[0].anchor, marker.getElement());
      };
      marker.on("click", act);
      marker.on("keydown", ({ originalEvent: event }) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        act();
      });
      marks.addLayer(marker);
    }
    settle();
  }
  // Names give way: to the right of their point, else to the left, above, below, else not at all.
  const PLACED = [10, 17].flatMap((gap) => [
    (w, h) => [gap, -h / 2], (w, h) => [-w - gap, -h / 2], (w, h) => [-w / 2, 1 - h - gap], (w) => [-w / 2, gap - 1],
  ]);
  const CENTRED = [(w, h) => [-w / 2, -h / 2]];
  function settle() {
    const nodes = [...map.getPane("names").querySelectorAll(".town, .shield")];
    for (const node of nodes) node.style.transform = "none";
    const taken = [...map.getContainer().querySelectorAll(".mark, .point")].map((node) => node.getBoundingClientRect());
    const boxes = nodes.map((node) => node.getBoundingClientRect());
    const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
    const moved = ({ left, top, width, height }, [x, y]) => ({ left: left + x, top: top + y, right: left + x + width, bottom: top + y + height });
    nodes.forEach((node, i) => {
      const box = boxes[i];
      const shifts = (node.className === "town" ? PLACED : CENTRED).map((place) => place(box.width, box.height));
      const shift = shifts.find((one) => !taken.some((other) => meet(moved(box, one), other)));
      node.style.transform = `translate(${(shift ?? shifts[0]).map((px) => `${px}px`)})`;
      node.style.visibility = shift ? "" : "hidden";
      if (shift) taken.push(moved(box, shift));
    });
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
    const points = patrol ? patrol.stops.map((stop) => stop.at) : [];
    if (!points.length) return;
    const legend = document.querySelector(".legend");
    const right = legend && legend.firstChild.getAttribute("aria-expanded") === "true" && !narrow() ? legend.offsetWidth + 30 : 30;
    map.fitBounds(L.latLngBounds(points), { paddingTopLeft: [narrow() ? 64 : 30, 40], paddingBottomRight: [right, 40], maxZoom: 15, animate: false });
  }
  function open(anchor, opener) {
    const patrol = patrols.get(state.patrol);
    const stop = patrol.stops.find((s) => s.anchor === anchor) ?? patrol.stops[0];
    close();
    state.opener = opener;
    state.row = document.querySelector(`[data-stop="${anchor}"]`);
    if (narrow()) return unfold(anchor, stop);
    if (map.getZoom() < 14) map.setView(stop.at, 14, { animate: false });
    const popup = L.popup({ minWidth: 250, maxHeight: Math.min(620, map.getSize().y - 110), autoPanPaddingTopLeft: [60, 20], autoPanPaddingBottomRight: [290, 20], offset: [0, -8] });
    popup.setLatLng(stop.at).setContent(stopCard(anchor)).openOn(map);
  }
  // On a phone the details open in the timetable, and the map moves to the stop.
  function unfold(anchor, stop) {
    map.setView(stop.at, Math.max(15, map.getZoom()), { animate: false });
    const row = document.getElementById(anchor), go = row.querySelector(".go");
    row.classList.add("open");
    go.setAttribute("aria-expanded", "true");
    if (state.opener !== go) { row.scrollIntoView({ block: "start" }); go.focus({ preventScroll: true }); }
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
  for (const go of document.querySelectorAll("[data-stop]")) go.addEventListener("click", () => (go.getAttribute("aria-expanded") === "true" ? close() : open(go.dataset.stop, go)));

  const days = nightControl((chosen) => {
    // The same vehicle and shift of that night, or else its first patrol.
    const same = (key) => key.replace(/^night-\d+-/, "");
    const there = [...patrols.values()].filter((patrol) => patrol.night === chosen);
    show((there.find((patrol) => same(patrol.key) === same(state.patrol)) ?? there[0]).key, true);
  });

  // ---- Legend: it lists the layers, and switches them ---------------------------------------
  const months = data.months.length ? monthFilter(data, layers, make, say, (chosen) => { state.months = chosen; remember(); }) : null;
  const Legend = L.Control.extend({
    onAdd() {
      const body = make("div", { id: "legend-body" });
      const head = make("button", { type: "button", "aria-expanded": String(map.getSize().x >= 760), "aria-controls": "legend-body" }, make("span", { word: "layers" }));
      head.addEventListener("click", () => head.setAttribute("aria-expanded", String(head.getAttribute("aria-expanded") === "false")));
      for (const group of data.groups) {
        const field = make("fieldset", {}, make("legend", { word: `group.${group}` }));
        const listed = [...layers.values()];
        for (const layer of group === "patrols" ? listed : listed.reverse()) {
          if (layer.group !== group || !layer.legend) continue;
          const tick = make("input", { type: "checkbox", "data-layer": layer.key });
          tick.checked = layer.on;
          tick.addEventListener("change", () => { layer.on = tick.checked; follow(layer); refresh(); mark(); });
          layer.entry = make("label", {}, tick, swatch(layer), make("span", { word: layer.legend }));
          field.append(layer.entry);
        }
        if (group === "reported" && months) field.append(months.node);
        if (field.children.length > 1) body.append(field);
      }
      const box = make("div", { class: "legend" }, head, body);
      L.DomEvent.disableClickPropagation(box);
      L.DomEvent.disableScrollPropagation(box);
      return box;
    },
  });
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
      const box = make("div", { class: "leaflet-bar" }, button("zoom_in", "+", () => map.zoomIn(1)), button("zoom_out", "−", () => map.zoomOut(1)), button("whole_patrol", frame, whole));
      L.DomEvent.disableClickPropagation(box);
      return box;
    },
  });
  const Credit = L.Control.extend({ onAdd: () => make("div", { class: "credit", text: "© OpenStreetMap contributors" }) });

  // ---- Languages --------------------------------------------------------------------------
  function speak(language) {
    state.language = language;
    document.documentElement.lang = language;
    document.title = say("title");
    for (const node of document.querySelectorAll("[data-w]")) node.textContent = say(node.dataset.w);
    for (const node of document.querySelectorAll("[data-aria]")) node.setAttribute("aria-label", say(node.dataset.aria));
    for (const node of document.querySelectorAll("[data-title]")) node.title = say(node.dataset.title);
    for (const node of document.querySelectorAll("[data-language]")) node.setAttribute("aria-pressed", node.dataset.language === language);
    for (const layer of layers.values()) if (layer.drawn.eachLayer) layer.drawn.eachLayer((child) => relabel(child));
    for (const [marker, text] of labelled) if (marker.getElement()) marker.getElement().setAttribute("aria-label", text());
    if (scale._map) scale._update();
    mark();
    remember();
  }
  function relabel(layer) {
    const node = layer.options && layer.options.icon && layer.options.icon.options.html;
    if (node && node.dataset.w) node.textContent = say(node.dataset.w);
  }
  function remember() {
    if (location.protocol === "about:") return;
    const hash = new URLSearchParams({ lang: state.language, ...(state.patrol ? { patrol: state.patrol } : {}), ...(state.paper ? { paper: state.paper } : {}), ...state.months });
    history.replaceState(null, "", `#${hash}`);
  }
  for (const node of document.querySelectorAll("[data-language]")) node.addEventListener("click", () => speak(node.dataset.language));

  // ---- Start ------------------------------------------------------------------------------
  document.body.classList.add("live");
  map.invalidateSize({ animate: false });
  map.addControl(new Buttons({ position: "topleft" }));
  map.addControl(new Legend({ position: "topright" }));
  const scale = scaleBar(say);
  map.addControl(scale);
  map.addControl(new Credit({ position: "bottomright" }));
  map.on("zoomend", () => { refresh(); mark(); });
  const wanted = new URLSearchParams(location.hash.slice(1));
  // Without a paper in the fragment the page prints on what the print dialog says.
  if (["a4", "a3"].includes(wanted.get("paper"))) {
    state.paper = document.documentElement.dataset.paper = wanted.get("paper");
    document.head.append(make("style", { text: `@page { size: ${state.paper} landscape; }` }));
  }
  if (months) months.set(wanted);
  expire(data.renew);
  state.patrol = patrols.has(wanted.get("patrol")) ? wanted.get("patrol") : patrols.keys().next().value ?? null;
  whole();
  refresh();
  if (state.patrol) show(state.patrol, false);
  const asked = wanted.get("lang") === "sr" ? "sr-Latn" : wanted.get("lang");
  speak(data.texts[asked] ? asked : data.language);
  document.body.dataset.ready = "true";
}
