// Lists of the hotspots and of the sightings, by cell: each opens on the map.
function foundLists(page) {
  const { map, make, say } = page;
  const MOST = 60, hotspots = [], listed = [];

  function open({ layer, feature, at, line }, opener) {
    page.layers.show(layer);
    if (line) map.fitBounds(line.getBounds(), { padding: [60, 60], maxZoom: 15, animate: false });
    else page.near(at, 15);
    page.popups.open(page.popups.above(line ?? L.marker(at), feature), page.popups.card(feature), opener, line);
  }
  function entry(found, ...texts) {
    const text = make("span", {}), button = make("button", { type: "button", class: "entry", click: () => open(found, () => button) }, text, ...texts);
    const row = make("li", {}, button);
    listed.push({ row, text, found });
    return row;
  }
  const note = (feature, word) => feature.notes.filter((one) => one.word === word && one.key !== "unknown").map((one) => make("small", { word: one.key }));
  // The first and the last period of the data, where they are known.
  function when() {
    const [first, last = first] = [...new Set([page.data.periods[0], page.data.periods.at(-1)])].map((period) => period?.[1]);
    if (!first) return [];
    return [make("small", {}, " ", make("span", { word: "found.reported" }), " ", make("span", { word: first }), ...(last === first ? [] : [" – ", make("span", { word: last })]))];
  }
  function fold(word, all, rows) {
    const more = all.length > MOST ? [make("p", { class: "small", word: "found.more" })] : [];
    return make("details", { open: "", id: word.replace(".", "-") }, make("summary", {}, make("span", { word }), ` (${all.length})`, ...when()), make("ol", {}, ...rows), ...more);
  }
  // Built at the end: the layers have said by then what there is.
  function list() {
    const cells = [...page.cells.all].sort((a, b) => a.feature.number - b.feature.number);
    if (!hotspots.length && !cells.length) return;
    const spots = hotspots.map((one) => entry(one, ...note(one.feature, "excess")));
    const marks = cells.slice(0, MOST).map((one) => entry(one, ...note(one.feature, "coarse_place")));
    const section = make("section", { id: "found" }, make("h2", { word: "group.reported" }));
    for (const rows of [spots, marks]) roving(section, () => rows.filter((row) => !row.hidden).map((row) => row.firstChild));
    if (spots.length) section.append(fold("found.hotspots", hotspots, spots));
    if (marks.length) section.append(fold("found.sightings", cells, marks));
    document.getElementById("timetable").after(section);
    translate();
  }
  // What lies screens further down the panel, in one row at its top.
  function jumps() {
    const parts = [["group.patrols", "#timetable"], ["found.hotspots", "#found-hotspots"], ["found.sightings", "#found-sightings"], ["helpers.short", "#helpers"], ["left.short", "#left-out-stops"], ["crossings", "#crossings"], ["rests", "#rests"]]
      .map(([word, of]) => [word, document.querySelector(of)]).filter(([, part]) => part);
    if (parts.length < 3) return;
    const links = parts.map(([word, part]) => make("a", { href: `#${part.id}`, word, click(event) {
      event.preventDefault();
      part.open = true;
      part.scrollIntoView();
      (part.querySelector("summary") ?? part).focus({ preventScroll: true });
    } }));
    const row = make("nav", { class: "jumps", aria: "jumps" }, ...links);
    roving(row);
    document.getElementById("timetable").prepend(row);
  }
  function translate() {
    for (const { row, text, found } of listed) {
      text.textContent = say(found.feature.title) + page.cells.number(found.feature);
      row.hidden = found.count === 0;
    }
  }
  // The sightings on which a hotspot rests, each a button.
  function marks(feature) {
    const cells = page.cells.all.filter((cell) => feature.marks.includes(cell.feature.number)).slice(0, MOST);
    const click = (cell) => () => open(cell, () => cell.marked?.marker.getElement());
    const buttons = cells.map((cell) => make("button", { type: "button", class: "found-mark", "aria-label": `${say("sighting")} ${cell.feature.number}`, text: `${say("number")} ${cell.feature.number}`, click: click(cell) }));
    return make("p", { class: "marks" }, make("span", { word: "found.sightings" }), " ", ...buttons);
  }
  // A place that the plan leaves out shows as a small mark, and says why and what would admit it.
  function reason(button) {
    const word = (node) => node.querySelector("[data-w]").dataset.w;
    const [name, why, admits] = [button, button.closest("td").nextElementSibling, button.closest("tbody")].map(word);
    return make("div", { class: "notes" }, make("p", { class: "pop-title", word: name }), make("dl", {}, page.fact("left.why", why), page.fact("left.admits", admits)));
  }
  const places = nodesOf(".spot");
  if (places.length) roving(document.getElementById("left-out-stops"), () => places);
  for (const button of places) {
    button.addEventListener("click", () => {
      const at = button.dataset.spot.split(",").map(Number);
      const spot = L.layerGroup([
        L.circleMarker(at, page.panes.on("discs", { radius: 11, color: "#24211c", weight: 2.5, fillColor: "#ffd400", fillOpacity: 0.6, dashArray: "4 3", className: "left-spot" })),
        L.circleMarker(at, page.panes.on("discs", { radius: 2.5, color: "#24211c", fillOpacity: 1 })),
      ]);
      page.mapInView();
      map.setView(at, Math.max(13, Math.min(15, map.getZoom())), { animate: false });
      page.popups.open(L.latLng(at), reason(button), () => button, spot);
    });
  }
  return { hotspots, list, jumps, marks, translate };
}
