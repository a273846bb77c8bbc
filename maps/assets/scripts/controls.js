// The buttons on the map, the credit, and the scale bar with its unit in the language.
function controls(page) {
  const { map, make, button, say } = page;
  const zoom = (by) => () => map.zoomIn(by);
  const route = draw("svg", { viewBox: "0 0 18 18", "aria-hidden": "true" }, draw("path", { d: "M4 14V9l5-2 5 2V4", fill: "none", stroke: "currentColor", "stroke-width": 1.6 }),
    draw("path", { d: "M2 14a2 2 0 1 0 4 0a2 2 0 1 0-4 0M7 7a2 2 0 1 0 4 0a2 2 0 1 0-4 0M12 3.5a2 2 0 1 0 4 0a2 2 0 1 0-4 0", fill: "currentColor" }));
  const Buttons = L.Control.extend({
    onAdd() {
      const box = make("div", { class: "leaflet-bar" }, button("zoom_in", "+", zoom(1)), button("zoom_out", "−", zoom(-1)), button("whole_patrol", route, page.patrols.whole));
      L.DomEvent.disableClickPropagation(box);
      return box;
    },
  });
  const { credit, hint } = page.data;
  const Credit = L.Control.extend({ onAdd: () => make("div", { class: "credit" }, ...(hint ? [make("span", { class: "hint", word: hint })] : []), credit) });
  const bar = make("div", { class: "leaflet-control-scale-line" });
  function measure() {
    const MOST_PX = 100, middle = map.getSize().y / 2, at = (x) => map.containerPointToLatLng([x, middle]);
    const most = map.distance(at(0), at(MOST_PX)), power = 10 ** Math.floor(Math.log10(most));
    const metres = power * [5, 3, 2, 1].find((n) => n * power <= most);
    bar.textContent = metres < 1000 ? `${metres} ${say("metre")}` : `${metres / 1000} ${say("kilometre")}`;
    bar.style.width = `${Math.round(MOST_PX * metres / most)}px`;
  }
  map.on("move", measure);
  const Scale = L.Control.extend({ onAdd: () => bar });
  return { all: [new Buttons({ position: "topleft" }), new Scale({ position: "bottomleft" }), new Credit({ position: "bottomright" })], translate: measure };
}
