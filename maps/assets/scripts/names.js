// Names on the map: towns beside their points, then numbers and names of roads along them.  Which
// roads, in which order and where is told with the data: the same as in the printed pictures.
function mapNames(page) {
  const { map, data, state, make } = page;
  const box = make("div"), ruler = document.createElement("canvas").getContext("2d");
  const HIGH = 15, ASIDE = 12, MOST = 150;
  // Where a name may lie: on its point, below, above, right, left, so far from it or twice as far.
  const AROUND = [[0, 0], [0, 1], [0, -1], [1, 0], [-1, 0], [0, 2], [0, -2]], CLEAR = 26;
  ruler.font = `600 11.5px ${getComputedStyle(document.body).fontFamily}`;

  let drawn;
  const place = () => page.later("names", placed);
  map.getPane("names").append(box);
  // They are placed anew, in the pixels of the new view.
  map.on("zoomstart viewreset", () => { box.hidden = true; });
  function placed() {
    const view = map.getContainer().getBoundingClientRect();
    // A stop of another patrol that the edge would cut is left out.
    const boxes = (of) => nodesOf(of).map((node) => [node, node.getBoundingClientRect()]);
    const marks = boxes(".mark"), taken = [...marks, ...boxes(".point, .leaflet-control")].map(([node, box]) => rimmed(box, node.matches(".mark") ? 3 : 0));
    for (const [node, box] of marks) if (node.matches(".other")) node.parentElement.style.visibility = inside(box, view) ? "" : "hidden";
    const depot = page.patrols.chosen()?.stops[0].at;
    const far = ({ at }) => (depot ? map.distance(at, depot) : 0);
    // The depot's town is named first, then what lies around it.
    const lettered = page.layers.lettered.filter(({ node }) => node.isConnected).sort((a, b) => far(a) - far(b));
    const nodes = (last) => lettered.map(({ node }) => node).filter((node) => node.matches(".edges") === last);
    const driven = page.patrols.driven(view), said = new Set();
    settle(nodes(false), view, taken, driven);
    const bounds = map.getBounds(), zoom = Math.min(17, Math.floor(map.getZoom() + 0.25));
    let named = 0;
    drawn = [];
    inTurns(page.later, "names", [...villages().filter(({ from }) => zoom >= from), ...spots(zoom)], (one) => {
      if (named > MOST || !bounds.contains(one.at)) return;
      const { text, look, layer, beside } = written(one);
      // A street has its name once a screen.
      if (said.has(text) || !(page.layers.all.get(layer)?.on ?? true)) return;
      if (!put(text, look, { ...one, beside }, view, look === "village" ? [taken, driven] : [taken], taken)) return;
      named++;
      if (look === "street") said.add(text);
    }, () => {
      settle(nodes(true), view, taken, driven);
      box.replaceChildren(...drawn, arrows(view, taken));
      box.hidden = false;
    });
  }
  // Which way it is driven, where no name, number or mark is.
  function arrows(view, taken) {
    const { x, y } = map.containerPointToLayerPoint([-view.left, -view.top]);
    const free = (arrow) => {
      const { min, max } = L.bounds(arrow), box = { left: min.x - x, right: max.x - x, top: min.y - y, bottom: max.y - y };
      return inside(box, view) && !taken.some((other) => meet(box, other));
    };
    const d = page.patrols.arrows().filter(free).map((arrow) => `M${arrow.map((at) => `${at.x.toFixed(1)} ${at.y.toFixed(1)}`).join("L")}`).join("");
    return draw("svg", { class: "sketch arrows", "aria-hidden": "true" }, draw("path", { class: "arrow under", d }), draw("path", { class: "arrow", d }));
  }
  // The text of a settlement or of a road, how it looks, and the layer that it goes with.
  function written({ texts, label }) {
    const { language } = state;
    if (texts) return { text: texts[data.languages.indexOf(language)], look: "village", layer: "towns" };
    // As signed, or in Serbian where that differs.
    const [number, driven, ...signs] = data.roads.texts[label], text = signs[["sr-Latn", "sr-Cyrl"].indexOf(language) + 1] ?? signs[0];
    return number ? { text, look: "shield", layer: "main_roads" } : { text, look: "street", layer: "other_roads", beside: driven ? ASIDE : 0 };
  }
  const unpacked = new Map(), CLOSEST = 17;
  function spots(zoom) {
    if (!unpacked.has(zoom)) {
      const flat = unpack(data.roads.spots[zoom] ?? ""), found = [];
      for (let i = 0, label = 0, lat = 0, lon = 0; i < flat.length; i += 4) {
        label += flat[i]; lat += flat[i + 1]; lon += flat[i + 2];
        found.push({ label, at: [lat / 1e5, lon / 1e5], turn: flat[i + 3] });
      }
      // Closest up the names of the zoom before stay, and more streets have room for theirs.
      unpacked.set(zoom, zoom === CLOSEST ? [...spots(zoom - 1), ...found] : found);
    }
    return unpacked.get(zoom);
  }
  // The largest settlements first.
  let settled;
  function villages() {
    if (settled) return settled;
    const flat = unpack(data.villages.at);
    let lat = 0, lon = 0;
    return settled = data.villages.texts.map((texts, k) => {
      lat += flat[3 * k + 1]; lon += flat[3 * k + 2];
      return { texts, from: flat[3 * k], at: [lat / 1e5, lon / 1e5], turn: 0 };
    });
  }
  // A name that is turned takes boxes along its line.
  function put(text, look, { at, turn, beside = 0 }, view, full, taken) {
    const isNumber = look === "shield";
    const wide = ruler.measureText(text).width + (isNumber ? 8 : 2), angle = isNumber ? 0 : turn * Math.PI / 180;
    const { x, y } = map.latLngToContainerPoint(at);
    // What is driven is named beside the route, and a settlement beside a mark that stands in it.
    const asides = look === "village" ? AROUND.map(([dx, dy]) => [dx * (wide / 2 + CLEAR), dy * CLEAR]) : [[beside * Math.sin(angle), -beside * Math.cos(angle)]];
    const n = isNumber ? 1 : Math.max(1, Math.ceil(wide / HIGH)), half = isNumber ? wide / 2 : HIGH / 2;
    const boxesAt = ([dx, dy]) => Array.from({ length: n }, (_, k) => {
      const along = (k + 0.5) * wide / n - wide / 2;
      const [cx, cy] = [view.left + x + dx + along * Math.cos(angle), view.top + y + dy + along * Math.sin(angle)];
      return { left: cx - half, right: cx + half, top: cy - HIGH / 2, bottom: cy + HIGH / 2 };
    });
    const aside = asides.find((each) => boxesAt(each).every((box) => inside(box, view) && !full.some((list) => list.some((other) => meet(box, other)))));
    if (!aside) return false;
    taken.push(...boxesAt(aside).map((box) => rimmed(box, 3)));
    const node = make("span", { class: look, text, "data-aside": aside.join(" ") });
    node.style.transform = `translate(calc(${aside[0]}px - 50%), calc(${aside[1]}px - 50%)) rotate(${angle}rad)`;
    const corner = map.latLngToLayerPoint(at);
    Object.assign(node.style, { left: `${corner.x}px`, top: `${corner.y}px` });
    drawn.push(node);
    return true;
  }
  return { place };
}
