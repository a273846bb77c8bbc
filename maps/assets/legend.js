// The legend lists the layers and switches them: what is on, and folded under it what is not.
function legendControl(data, layers, { make, periods, changed }) {
  const body = make("div", { id: "legend-body" });
  const more = make("details", {}, make("summary", { word: "layers.more" }));
  const fields = (box) => new Map(data.groups.map((group) => {
    const field = make("fieldset", {}, make("legend", { word: `group.${group}` }));
    box.append(field);
    return [group, field];
  }));
  const on = fields(body), off = fields(more);
  body.append(more);

  const listed = data.groups.flatMap((group) => {
    const mine = [...layers.values()].filter((layer) => layer.group === group && layer.legend);
    return group === "patrols" ? mine : mine.reverse();
  });
  for (const layer of listed) {
    const tick = make("input", { type: "checkbox", "data-layer": layer.key });
    tick.checked = layer.on;
    tick.addEventListener("change", () => { layer.on = tick.checked; changed(layer); });
    layer.entry = make("label", {}, tick, swatch(layer), make("span", { word: layer.legend }));
  }
  // Entries change places where they are out of sight, never under the pointer.
  function sort() {
    for (const layer of listed) (layer.on ? on : off).get(layer.group).append(layer.entry);
    if (periods) on.get("reported").append(periods.node);
  }
  more.addEventListener("toggle", () => { if (!more.open) sort(); });
  sort();

  return new (L.Control.extend({
    onAdd(map) {
      const { x, y } = map.getSize();
      const head = make("button", { type: "button", "aria-expanded": String(x >= 760 && y >= 480), "aria-controls": "legend-body" }, make("span", { word: "layers" }));
      head.addEventListener("click", () => head.setAttribute("aria-expanded", String(head.getAttribute("aria-expanded") === "false")));
      const box = make("div", { class: "legend" }, head, body);
      L.DomEvent.disableClickPropagation(box);
      L.DomEvent.disableScrollPropagation(box);
      return box;
    },
  }))({ position: "topright" });
}
