// ---- Legend: how a layer looks, and whether it shows ---------------------------------------
function swatch(layer) {
  const s = layer.symbol;
  const box = draw("svg", { width: 34, height: 18, viewBox: "0 0 34 18", "aria-hidden": "true" });
  if (!s) return box;
  const dash = s.dash.join(" ");
  if (s.shape === "label") {
    box.append(draw("text", { x: 17, y: 13, "text-anchor": "middle", "font-size": 12, "font-weight": 600, fill: "currentColor" }, "Aa"));
  } else if (s.shape === "dots") {
    for (const [cx, cy] of (s.casing ? [[7, 9], [21, 9]] : [[5, 6], [11, 12], [16, 5], [21, 11], [28, 7]])) box.append(draw("circle", { cx, cy, r: s.radius, fill: s.fill, "fill-opacity": s.casing ? s.fill_opacity : 1, stroke: s.casing || "none", "stroke-width": s.width, "stroke-dasharray": dash }));
  } else if (s.shape === "area" || s.shape === "image") {
    box.append(draw("rect", { x: 2, y: 2, width: 30, height: 14, fill: s.fill, "fill-opacity": s.fill_opacity, stroke: s.colour, "stroke-width": s.width, "stroke-dasharray": dash }));
  } else if (s.fill) {
    if (layer.features.some((feature) => feature.radius_m)) box.append(draw("circle", { cx: 17, cy: 9, r: 8.2, fill: s.fill, "fill-opacity": 0.2, stroke: s.fill, "stroke-dasharray": "3 2" }));
    box.append(draw("path", { transform: "translate(17 9)", d: outline(s.shape, s.radius), fill: s.fill, stroke: s.colour, "stroke-width": s.width }));
  } else {
    const line = (width, colour, d) => box.append(draw("path", { d: "M1 9H33", stroke: colour, "stroke-width": width, "stroke-dasharray": d, opacity: s.opacity }));
    if (s.casing) line(Math.min(12, s.casing_width), s.casing, "");
    line(Math.min(9, s.width), s.colour, dash);
    if (s.shape !== "line") box.append(draw("path", { transform: "translate(17 9)", d: outline(s.shape, s.shape === "circle" ? 5.5 : 4.5), fill: s.colour }));
  }
  return box;
}

// The legend lists the layers and switches them: six that are drawn, and folded under them the others.
function legendControl(page, periods) {
  const { data, make } = page;
  const body = make("div", { id: "legend-body" });
  const more = make("details", {}, make("summary", { word: "layers.more" }));
  const fields = (box) => new Map(data.groups.map((group) => {
    const field = make("fieldset", { class: group }, make("legend", { word: `group.${group}` }));
    box.append(field);
    return [group, field];
  }));
  const on = fields(body), off = fields(more);
  body.append(more);

  const listed = data.groups.flatMap((group) => {
    const mine = [...page.layers.all.values()].filter((layer) => layer.group === group && layer.legend);
    return group === "patrols" ? mine : mine.reverse();
  });
  for (const layer of listed) {
    const tick = make("input", { type: "checkbox", "data-layer": layer.key });
    tick.checked = layer.on;
    tick.addEventListener("change", () => { layer.on = tick.checked; page.layers.refresh(); page.patrols.redraw(); });
    layer.entry = make("label", {}, tick, swatch(layer), make("span", { word: layer.legend }), layer.grades = make("span", { class: "grades" }));
    layer.drawn?.anew?.();
  }
  // Entries change places where they are out of sight, never under the pointer or the focus.
  const LINES = 6;
  function sort() {
    const first = listed.filter(({ on, entry }) => on && !entry.hidden && !entry.classList.contains("far")).slice(0, LINES);
    for (const layer of listed) (first.includes(layer) ? on : off).get(layer.group).append(layer.entry);
    if (periods) on.get("reported").append(periods.node);
    reach();
  }
  function refresh() { more.open || body.matches(":hover, :focus-within") ? reach() : sort(); }
  const ticks = () => nodesOf("[data-layer]", body).filter((tick) => !tick.parentNode.hidden && (more.open || !more.contains(tick)));
  const reach = roving(body, ticks);
  more.addEventListener("toggle", () => {
    if (!more.open) return sort();
    reach();
    more.scrollIntoView({ block: "start" });
  });
  sort();

  function click() {
    page.mapInView();
    page.panel.close();
    const opens = head.getAttribute("aria-expanded") === "false";
    head.setAttribute("aria-expanded", opens);
    if (opens && !page.narrow()) page.patrols.together();
  }
  const open = !page.cramped() && page.map.getSize().y >= 480;
  const head = make("button", { type: "button", "aria-expanded": open, "aria-controls": "legend-body", click }, sign("M9 2 1.5 6 9 10l7.5-4zM1.5 9.5 9 13.5l7.5-4M1.5 13 9 17l7.5-4", ""), make("span", { word: "layers" }));
  // Unfolded it would cover the page of a window that was made narrow.
  matchMedia(page.narrow.query).addEventListener("change", ({ matches }) => { if (matches) head.setAttribute("aria-expanded", "false"); });
  const box = make("div", { class: "legend" }, head, body);
  L.DomEvent.disableScrollPropagation(box);
  return Object.assign(page.control(box, "topright"), { refresh });
}
