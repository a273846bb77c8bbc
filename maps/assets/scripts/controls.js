// The buttons on the map, the credit, and the scale bar with its unit in the language.
function controls(page) {
  const { map, make, button, say, control } = page;
  const zoom = (by) => () => map.zoomIn(by);
  const route = sign("M4 14V9l5-2 5 2V4", "M2 14a2 2 0 1 0 4 0a2 2 0 1 0-4 0M7 7a2 2 0 1 0 4 0a2 2 0 1 0-4 0M12 3.5a2 2 0 1 0 4 0a2 2 0 1 0-4 0");
  function bar(position, ...buttons) {
    const box = make("div", { class: "leaflet-bar" }, ...buttons);
    roving(box);
    return control(box, position);
  }
  const view = [button("zoom_in", "+", zoom(1)), button("zoom_out", "−", zoom(-1)), button("whole_patrol", route, page.patrols.whole)], own = whereAmI(page);
  // On a phone the left has no room for more.
  const bars = page.narrow.phone() ? [bar("topleft", ...view), ...own.map((node) => bar("topright", node))] : [bar("topleft", ...view, ...own)];
  const { credit, hint } = page.data;
  const licence = make("a", { href: "https://www.openstreetmap.org/copyright", target: "_blank", rel: "noopener noreferrer", text: credit });
  const source = make("div", { class: "credit" }, ...(hint ? [make("span", { class: "hint", word: hint })] : []), credit.includes("OpenStreetMap") ? licence : credit);
  const scale = make("div", { class: "leaflet-control-scale-line" });
  // As wide as its letters ask for.
  const MOST_PX = 6 * page.rem;
  function measure() {
    const middle = map.getSize().y / 2, at = (x) => map.containerPointToLatLng([x, middle]);
    const most = map.distance(at(0), at(MOST_PX)), power = 10 ** Math.floor(Math.log10(most));
    const metres = power * [5, 3, 2, 1].find((n) => n * power <= most);
    scale.textContent = metres < 1000 ? `${metres} ${say("metre")}` : `${metres / 1000} ${say("kilometre")}`;
    scale.style.width = `${Math.round(MOST_PX * metres / most)}px`;
  }
  map.on("moveend", measure);
  return { all: [...bars, control(scale, "bottomleft"), control(source, "bottomright")], translate: measure };
}
