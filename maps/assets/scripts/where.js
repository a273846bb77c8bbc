// Own position, where the browser gives it to the page: shown once a press, kept nowhere.
function whereAmI(page) {
  const { map, make, say } = page, mine = L.layerGroup().addTo(map);
  const able = Boolean(navigator.geolocation && isSecureContext);
  for (const files of nodesOf(".patrol .files")) files.after(make("p", { class: "small where", word: able ? "where.who" : "where.none" }));
  if (!able) return [];
  function show({ coords: { latitude, longitude, accuracy } }) {
    const at = [latitude, longitude], look = page.panes.on("discs", { color: "#0b57d0", fillColor: "#0b57d0" });
    mine.clearLayers().addLayer(L.circle(at, { ...look, radius: accuracy, weight: 1, fillOpacity: 0.12 }))
      .addLayer(L.circleMarker(at, { ...look, radius: 8, weight: 3, color: "#fff", fillOpacity: 1, className: "own-place" }));
    page.near(at, 14);
  }
  function ask() {
    if (!confirm(say("where.who"))) return;
    page.mapInView();
    navigator.geolocation.getCurrentPosition(show, () => alert(say("where.refused")), { enableHighAccuracy: true, timeout: 20000 });
  }
  const cross = sign("M9 1v3M9 14v3M1 9h3M14 9h3M4.5 9a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0", "M7 9a2 2 0 1 0 4 0a2 2 0 1 0-4 0");
  return [page.button("where", cross, ask)];
}
