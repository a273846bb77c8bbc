// The patrols on the map: which is chosen, its numbered stops, what of the map it fills.
function patrolLayers(page) {
  const { map, data, state, say, make, icon } = page;
  const patrols = new Map(data.patrols.map((patrol) => [patrol.key, patrol]));
  const marks = L.layerGroup().addTo(map);
  const layerOf = (patrol) => page.layers.all.get(patrol.layer);
  const chosen = () => patrols.get(state.patrol);
  const night = () => chosen()?.night;

  // Numbered stops, those that would overlap beside their place.
  function mark() {
    const focused = document.activeElement.dataset.anchor;
    marks.clearLayers();
    const patrol = chosen();
    const stops = patrol && layerOf(patrol).on ? patrol.stops : [];
    for (const { stop, at } of spread(stops, map)) draw(patrol, stop, at);
    if (focused) marked(focused)?.focus({ preventScroll: true });
    rename();
  }
  function draw(patrol, stop, at) {
    const body = make("span", { class: `mark ${patrol.symbol.shape}${stop.ends ? " home" : ""}`, patrol }, stop.ends ? home() : stop.number);
    const place = L.latLng(stop.at), beside = map.layerPointToLatLng(at);
    if (!at.equals(map.latLngToLayerPoint(place))) {
      marks.addLayer(L.polyline([place, beside], page.layers.on("patrols", { color: "#24211c", weight: 1.5 })));
      marks.addLayer(L.circleMarker(place, page.layers.on("patrols", { radius: 4, color: "#fff", weight: 1.5, fillColor: patrol.symbol.colour, fillOpacity: 1 })));
    }
    const text = () => `${stop.ends ? "" : stop.number} ${say(stop.name)}`.trim();
    const marker = L.marker(beside, { pane: "stops", icon: icon(body, MARK), title: text(), autoPanOnFocus: false, zIndexOffset: stop.ends ? -500 : 0 });
    marker.on("add", () => { marker.getElement().dataset.anchor = stop.anchor; });
    marker.on("click", () => page.panel.open(stop.anchor, () => marked(stop.anchor)));
    marks.addLayer(page.popups.pressable(marker, text));
  }
  const marked = (anchor) => map.getPane("stops").querySelector(`[data-anchor="${anchor}"]`);

  // The depot's town is named first, then what lies around it.
  function rename() {
    const depot = chosen()?.stops[0].at;
    const far = ({ at, node }) => (node.className === "shield" ? 1e9 : depot ? map.distance(at, depot) : 0);
    const shown = page.layers.lettered.filter(({ node }) => node.isConnected).sort((a, b) => far(a) - far(b));
    settle(map.getContainer(), shown.map(({ node }) => node));
  }
  // The chosen line lies on top.
  function raise() {
    for (const patrol of patrols.values()) {
      layerOf(patrol).drawn.eachLayer((line) => line.setStyle({ opacity: patrol === chosen() ? 1 : 0.28 }));
    }
    if (chosen()) layerOf(chosen()).drawn.eachLayer((line) => line.bringToFront());
  }
  function whole() {
    const points = chosen() ? chosen().stops.map((stop) => stop.at) : data.bounds;
    map.fitBounds(L.latLngBounds(points), { paddingTopLeft: [64, 40], paddingBottomRight: [beside(), 70], maxZoom: 15, animate: false });
  }
  // Width that the open legend takes of the map.
  function beside() {
    const legend = document.querySelector(".legend");
    return legend.firstChild.getAttribute("aria-expanded") === "true" && !page.narrow() ? legend.offsetWidth + 30 : 30;
  }
  function start() {
    for (const patrol of patrols.values()) layerOf(patrol).night = patrol.night;
    map.on("moveend", rename);
  }
  return { all: patrols, chosen, night, mark, raise, whole, beside, start };
}
