// Names on the map: towns beside their points, then numbers and names of roads along them.  Which
// roads, in which order and where is told with the data: the same as in the printed pictures.
function mapNames(page) {
  const { map, data, state, make } = page;
  const box = make("div"), ruler = document.createElement("canvas").getContext("2d");
  const HIGH = 15, ASIDE = 12, MOST = 150;
  ruler.font = `600 11.5px ${getComputedStyle(document.body).fontFamily}`;

  let drawn = [];
  const place = () => page.later("names", placed);
  map.getPane("names").append(box);
  map.on("zoomstart", () => { box.hidden = true; });
  function placed() {
    const view = map.getContainer().getBoundingClientRect();
    // A stop of another patrol that the edge would cut is left out.
    for (const node of map.getContainer().querySelectorAll(".mark.other")) node.parentElement.style.visibility = inside(node.getBoundingClientRect(), view) ? "" : "hidden";
    const boxes = (of, rim) => [...map.getContainer().querySelectorAll(of)].map((node) => rimmed(node.getBoundingClientRect(), rim));
    const taken = [...boxes(".mark", 3), ...boxes(".point, .leaflet-control", 0)];
    const depot = page.patrols.chosen()?.stops[0].at;
    const far = ({ at }) => (depot ? map.distance(at, depot) : 0);
    // The depot's town is named first, then what lies around it.
    const towns = page.layers.lettered.filter(({ node }) => node.isConnected).sort((a, b) => far(a) - far(b));
    settle(towns.map(({ node }) => node), view, taken);
    drawn = [];
    const bounds = map.getBounds(), zoom = Math.min(17, Math.floor(map.getZoom() + 0.25));
    const at = Object.keys(data.texts).indexOf(state.language);
    let named = 0;
    if (page.layers.all.get("towns")?.on ?? true) for (const village of villages()) {
      if (named > MOST) break;
      if (zoom >= village.from && bounds.contains(village.at) && put(village.texts[at], "village", village, view, taken)) named++;
    }
    for (const { label, at, turn } of spots(zoom)) {
      if (named > MOST) break;
      const road = data.roads.texts[label], on = page.layers.all.get(road[3] ? "main_roads" : "other_roads");
      if ((!on || on.on) && bounds.contains(at) && put(written(road), road[3] ? "shield" : "street", { at, turn, driven: road[4] }, view, taken)) named++;
    }
    box.replaceChildren(...drawn);
    box.hidden = false;
  }
  const unpacked = new Map();
  function spots(zoom) {
    if (!unpacked.has(zoom)) {
      const flat = unpack(data.roads.spots[zoom] ?? ""), found = [];
      for (let i = 0, label = 0, lat = 0, lon = 0; i < flat.length; i += 4) {
        label += flat[i]; lat += flat[i + 1]; lon += flat[i + 2];
        found.push({ label, at: [lat / 1e5, lon / 1e5], turn: flat[i + 3] });
      }
      unpacked.set(zoom, found);
    }
    return unpacked.get(zoom);
  }
  // As signed, or in Serbian.
  const written = (road) => road[["sr-Latn", "sr-Cyrl"].indexOf(state.language) + 1];
  // The largest settlements first.
  let settled = null;
  function villages() {
    if (settled) return settled;
    const flat = unpack(data.villages.at);
    let lat = 0, lon = 0;
    return settled = data.villages.texts.map((texts, k) => {
      lat += flat[3 * k + 1]; lon += flat[3 * k + 2];
      return { texts, from: flat[3 * k], at: [lat / 1e5, lon / 1e5], turn: 0, driven: 0 };
    });
  }
  // A name that is turned takes boxes along its line.
  function put(text, look, { at, turn, driven }, view, taken) {
    const isNumber = look === "shield";
    const wide = ruler.measureText(text).width + (isNumber ? 8 : 2), angle = isNumber ? 0 : turn * Math.PI / 180;
    const { x, y } = map.latLngToContainerPoint(at);
    // What is driven is named beside the route.
    const beside = driven && !isNumber ? ASIDE : 0;
    const middle = [view.left + x + beside * Math.sin(angle), view.top + y - beside * Math.cos(angle)];
    const n = isNumber ? 1 : Math.max(1, Math.ceil(wide / HIGH)), boxes = [];
    for (let k = 0; k < n; k++) {
      const along = (k + 0.5) * wide / n - wide / 2, half = isNumber ? wide / 2 : HIGH / 2;
      const [cx, cy] = [middle[0] + along * Math.cos(angle), middle[1] + along * Math.sin(angle)];
      boxes.push({ left: cx - half, right: cx + half, top: cy - HIGH / 2, bottom: cy + HIGH / 2 });
    }
    if (!boxes.every((box) => inside(box, view) && !taken.some((other) => meet(box, other)))) return false;
    taken.push(...boxes.map((box) => rimmed(box, 3)));
    const node = make("span", { class: look, text });
    node.style.transform = `translate(-50%, -50%) rotate(${angle}rad) translateY(${-beside}px)`;
    const corner = map.latLngToLayerPoint(at);
    Object.assign(node.style, { left: `${corner.x}px`, top: `${corner.y}px` });
    drawn.push(node);
    return true;
  }
  return { place };
}
