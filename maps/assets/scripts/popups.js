// What a click opens, and where the focus goes.
function popupCards(page) {
  const { map, state, say, make } = page;
  const pressables = new Map();

  // What a click opens, Enter and the space bar open too, and the focus comes back to it.
  function pressable(layer, text) {
    layer.on("remove", () => pressables.delete(layer));
    return layer.on("add", () => {
      const node = layer.getElement();
      node.setAttribute("role", "button");
      node.setAttribute("tabindex", "-1");
      node.setAttribute("aria-label", text());
      node.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        layer.fire("click");
      });
      pressables.set(layer, text);
      page.later("reach", reach);
    });
  }
  // The keys pass over what is out of view: the focus would move the map there.
  function inView() {
    const view = map.getBounds(), seen = (layer) => (layer.getBounds ? view.intersects(layer.getBounds()) : view.contains(layer.getLatLng()));
    const nodes = new Set([...pressables.keys()].filter(seen).map((layer) => layer.getElement()));
    return nodesOf("[role=button]").filter((node) => nodes.has(node));
  }
  const reach = roving(map.getContainer(), inView);
  map.on("moveend", () => page.later("reach", reach));

  const titled = (feature) => say(feature.title) + page.cells.number(feature);
  // A popup stands above what it tells of: over a line, or over the disc around a point.
  function above(layer, feature) {
    const bounds = layer.getBounds?.() ?? (feature.radius_m ? layer.getLatLng().toBounds(2 * feature.radius_m) : L.latLngBounds([layer.getLatLng()]));
    const view = map.getBounds(), north = Math.min(bounds.getNorth(), view.pad(-0.1).getNorth());
    return Object.assign(L.latLng(Math.max(north, bounds.getSouth()), bounds.getCenter().lng), { middle: bounds.getCenter() });
  }
  function opening(layer, feature) {
    layer.on("click", () => open(above(layer, feature), card(feature), () => layer.getElement(), layer));
    return pressable(layer, () => titled(feature));
  }

  // ---- Beside its place, or on a phone as a sheet below the map ---------------------------------
  const sheet = make("section", { class: "sheet", role: "dialog", tabindex: "-1" });
  function open(at, content, opener, about) {
    close();
    state.opener = opener;
    if (about instanceof L.Polyline) outline(about);
    if (about instanceof L.LayerGroup) outlined.addLayer(about);
    if (!page.narrow()) {
      const room = { autoPanPaddingTopLeft: [60, 20], autoPanPaddingBottomRight: [page.patrols.beside(), 20] };
      const popup = L.popup({ minWidth: 250, maxWidth: 340, maxHeight: map.getSize().y - 70, ...room, offset: [0, -6] });
      return void popup.setLatLng(at).setContent(content).openOn(map);
    }
    const shut = page.button("close", "×", close);
    shut.className = "shut";
    sheet.replaceChildren(shut, content);
    document.querySelector(".legend > button").setAttribute("aria-expanded", "false");
    document.body.append(sheet);
    sheet.scrollTop = 0;
    entitle(sheet);
    sheet.focus({ preventScroll: true });
    page.mapInView();
    map.panTo(at.middle ?? at, { animate: false });
  }
  // Around a line that is opened: two hotspots may touch.
  const outlined = L.layerGroup().addTo(map);
  function outline(line) {
    const { pane, weight } = line.options;
    for (const [color, more] of [["#ffd400", 8], ["#24211c", 12]]) {
      const edge = L.polyline(line.getLatLngs(), page.panes.on(pane, { color, weight: weight + more, className: "outlined" }));
      outlined.addLayer(edge);
      edge.bringToBack();
    }
  }
  function close() {
    map.closePopup();
    page.panel.light(null);
    outlined.clearLayers();
    if (!sheet.isConnected) return;
    const within = sheet.contains(document.activeElement) || document.activeElement === document.body;
    sheet.remove();
    back(within);
  }
  // The focus goes back unless it has gone on to something else.
  function back(wanted) {
    const opener = state.opener?.();
    state.opener = null;
    if (wanted) (opener ?? map.getContainer()).focus({ preventScroll: true });
  }

  function card(feature) {
    const counted = page.cells.tallies(feature);
    const rows = feature.notes.filter((note) => note.word && note.key !== "unknown").map((note) => page.fact(note.word, note.key));
    const near = (feature.near ?? []).map(nearness);
    if (near.length) near.unshift(make("div", { class: "near-head" }, make("dt", { word: "near.distance" }), make("dd", { word: "near.range" })));
    const plain = feature.notes.filter((note) => !note.word).map((note) => make("p", { class: "wide", word: note.key }));
    const title = make("p", { class: "pop-title" }, make("span", { word: feature.title }), page.cells.number(feature));
    const marks = feature.marks.length ? [page.found.marks(feature)] : [];
    return make("div", { class: "notes" }, title, ...marks, ...(rows.length + counted.length ? [make("dl", {}, ...counted, ...rows, ...near)] : []), ...plain);
  }
  // How far a kind of corridor is, how far it may be, and whether that was an input.
  function nearness([kind, middle, low, high, given]) {
    const metres = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, "\u202f");
    const range = ` (${metres(low)}–${metres(high)})`;
    const input = given ? ["; ", make("span", { word: "near.input" })] : [];
    const value = make("dd", {}, `${metres(middle)}\u00a0`, make("span", { word: "metre" }), range, ...input);
    return make("div", { class: "near" }, make("dt", { word: page.data.corridors[kind] }), value);
  }
  const entitle = (box) => box.setAttribute("aria-label", box.querySelector(".pop-title")?.textContent ?? "");
  map.on("popupopen", ({ popup }) => {
    const box = popup.getElement();
    box.setAttribute("role", "dialog");
    entitle(box);
    const shut = box.querySelector(".leaflet-popup-close-button");
    shut.setAttribute("aria-label", say("close"));
    shut.dataset.aria = "close";
    box.setAttribute("tabindex", "-1");
    box.focus({ preventScroll: true });
  });
  map.on("popupclose", ({ popup }) => {
    outlined.clearLayers();
    const focused = document.activeElement;
    back(focused === document.body || popup.getElement().contains(focused));
  });

  function translate() {
    for (const [layer, text] of pressables) layer.getElement().setAttribute("aria-label", text());
    for (const box of nodesOf(".leaflet-popup, .sheet")) entitle(box);
  }
  return { pressable, opening, above, open, close, back, card, translate };
}

// Buttons that copy coordinates.
function copying({ make, say }) {
  document.addEventListener("click", (event) => {
    const copy = event.target.closest(".copy");
    if (!copy) return;
    const text = copy.dataset.copy;
    // The clipboard is there only where the page came by a safe way.
    (navigator.clipboard?.writeText(text) ?? Promise.reject()).catch(() => copyBySelection(text));
    const label = copy.querySelector("[data-w]");
    label.textContent = say("copied");
    setTimeout(() => { label.textContent = say("copy"); }, 1500);
  });
  function copyBySelection(text) {
    const field = make("textarea", { readonly: "" });
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}
