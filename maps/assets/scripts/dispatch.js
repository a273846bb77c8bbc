// The dispatcher's hand: take a stop out, move it, lock it; times and need follow at once.
// Rules and figures are those of `geo/patrols/edited.py` and `geo/patrols/audit.py`.

// The break is taken at the first stop that ends late enough for it, else at the last one.
function pauseAfter(desk, shift, route) {
  if (!shift.pause || !route.length) return null;
  const ends = timed(desk, shift, route, null).visits.slice(0, -1).map((visit) => visit.departure);
  const late = ends.findIndex((departure) => departure >= shift.pause[1]);
  return (late < 0 ? route.length - 1 : late) + 1;
}

// The times of a route, and the rules that it breaks: each with the seconds or the stop.
function timed(desk, shift, route, after) {
  const faults = [], visits = [];
  let at = shift.start, last = 0, paused = false;
  [...route, 0].forEach((stop, k) => {
    const arrival = at + desk.travel_s[last][stop];
    const windows = shift.windows[stop];
    // Nobody waits for a window that opens when the shift is over.
    const opens = windows.filter(([early, late]) => arrival <= late && early <= shift.end).map(([early]) => Math.max(arrival, early));
    const begin = opens.length ? Math.min(...opens) : arrival;
    const departure = begin + desk.service_s[stop];
    let free = departure, pause = null;
    if (k + 1 === after && shift.pause) {
      pause = [Math.max(departure, shift.pause[1]), 0];
      free = pause[1] = pause[0] + shift.pause[0];
      paused = pause[0] <= shift.pause[2];
    }
    if (windows.length && !opens.length) faults.push({ word: "hand.closed", stop });
    visits.push({ stop, arrival, begin, departure, pause });
    at = free;
    last = stop;
  });
  const end = visits.at(-1).arrival;
  if (end > shift.end) faults.push({ word: "hand.late", seconds: end - shift.end });
  if (shift.pause && route.length && after !== null && !paused) faults.push({ word: "hand.no_break" });
  return { visits, faults };
}

// The share of all need that the stops of some routes reach, each point once.
function needOf(desk, routes) {
  const points = new Set(routes.flat().flatMap((stop) => desk.reach[stop]));
  return [...points].reduce((sum, point) => sum + desk.need[point], 0);
}

// Minutes offered at a stop; the rest of its service is the walk from the road and back.
const stayOf = (desk, stop) => (desk.service_s[stop] - desk.walk_s[stop]) / 60;
// A stop that is open as its kind is closes when it did: a longer service begins earlier.
function setStay(desk, stop, minutes) {
  const more = 60 * (minutes - stayOf(desk, stop));
  desk.service_s[stop] += more;
  if (desk.by_kind[stop]) for (const { windows } of desk.shifts) for (const window of windows[stop]) window[1] -= more;
}

// What changed, as the file of `mitrovica plan --config`.  Every patrol of the night keeps its
// stops and their order, unless those that are not changed are to be planned anew.
function asToml(desk, patrols, anew) {
  const listed = (stops) => JSON.stringify(stops.map((stop) => desk.stops[stop]));
  const table = (key, { shift, vehicle }, stops) => ["", `[[patrols.${key}]]`, `shift = ${JSON.stringify(shift.name)}`, `vehicle = ${vehicle}`, `stops = ${listed(stops)}`];
  const visited = new Set(patrols.flatMap(routeOf));
  const out = desk.stops.filter((_, stop) => stop > 0 && !visited.has(stop));
  const stays = new Map(desk.stays), lines = ["[patrols]"];
  desk.stops.forEach((id, stop) => { if (desk.service_s[stop] !== desk.before_s[stop]) stays.set(id, stayOf(desk, stop)); });
  if (out.length) lines.push(`drop_stops = ${JSON.stringify([...new Set([...desk.drop_stops, ...out])])}`);
  for (const patrol of patrols) {
    const route = routeOf(patrol), held = route.filter((stop) => patrol.locked.has(stop));
    if (route.length && (!anew || patrol.ordered || changed(patrol))) lines.push(...table("lock_order", patrol, route));
    else if (held.length) lines.push(...table("lock_stops", patrol, held));
  }
  for (const [stop, minutes] of stays) lines.push("", "[[patrols.stays]]", `stop = ${JSON.stringify(stop)}`, `minutes = ${minutes}`);
  return `${lines.join("\n")}\n`;
}
// The stops of a patrol that are not taken out.
const routeOf = (patrol) => patrol.list.filter((stop) => !patrol.out.has(stop));
const changed = (patrol) => routeOf(patrol).join() !== patrol.planned.join();
const sameLocks = (patrol) => [...patrol.locked].sort().join() === [...patrol.lockedBefore].sort().join();
const restored = (one) => ({ list: [...one.planned], out: new Set(), locked: new Set(one.lockedBefore) });

// A desk below each timetable, folded until it is opened.
function dispatcher(page) {
  const { say, make } = page, desk = page.data.desk;
  const boxes = [];
  if (!desk) return { translate() {} };
  const out = desk.shifts.filter((shift) => shift.vehicles.some((one) => one.route.length));
  const patrols = out.flatMap((shift, n) => shift.vehicles.map((one) => {
    const hours = { start: one.start, end: one.end };
    const kept = { ...one, key: `shift-${n + 1}-vehicle-${one.vehicle}`, shift: { ...shift, ...hours }, planned: one.route, lockedBefore: one.locked };
    return Object.assign(kept, restored(kept));
  })).filter((patrol) => patrol.planned.length);
  desk.before_s = [...desk.service_s];
  const stayed = (stop) => desk.service_s[stop] !== desk.before_s[stop];
  const before = needOf(desk, patrols.map((patrol) => patrol.planned));
  const clock = (seconds) => [seconds / 3600 % 24, seconds / 60 % 60].map((n) => String(Math.floor(n)).padStart(2, "0")).join(":");
  const called = (stop) => say(`stop.${desk.stops[stop]}`);
  const percent = (share) => (100 * share).toFixed(1).replace(".", page.state.language === "en" ? "." : ",");
  const edited = () => patrols.some((one) => changed(one) || !sameLocks(one) || one.planned.some(stayed));
  let anew = false, saved = "";
  addEventListener("beforeunload", (event) => { if (edited() && saved !== asToml(desk, patrols, anew)) event.preventDefault(); });

  function act(patrol, stop, name) {
    if (name === "lock") { if (!patrol.locked.delete(stop)) patrol.locked.add(stop); }
    else if (name === "out") patrol.out.add(stop);
    else if (name === "back") patrol.out.delete(stop);
    else if (name === "stay") {
      const minutes = Number(prompt(`${called(stop)}: ${say("hand.stay")}`, stayOf(desk, stop)));
      if (minutes > 0 && minutes <= 600) setStay(desk, stop, minutes);
    }
    else {
      // Past the next stop that is not taken out.
      const route = routeOf(patrol), other = route[route.indexOf(stop) + (name === "up" ? -1 : 1)];
      patrol.list.splice(patrol.list.indexOf(stop), 1);
      patrol.list.splice(patrol.list.indexOf(other) + (name === "up" ? 0 : 1), 0, stop);
    }
    render(stop, name);
  }
  function undo() {
    for (const patrol of patrols) Object.assign(patrol, restored(patrol));
    desk.before_s.forEach((seconds, stop) => setStay(desk, stop, (seconds - desk.walk_s[stop]) / 60));
    render();
  }
  const signs = { up: "M9 15V3M4 8l5-5 5 5", down: "M9 3v12M4 10l5 5 5-5", out: "M4 4l10 10M14 4L4 14", lock: "M4 8h10v7H4zM6 8V5.5a3 3 0 0 1 6 0V8" };
  const sign = (name) => draw("svg", { viewBox: "0 0 18 18", "aria-hidden": "true" }, draw("path", { d: signs[name], fill: "none", stroke: "currentColor", "stroke-width": 1.8 }));
  // A button that is off can be reached, and says why it is off.
  function tool(patrol, stop, name, off) {
    const why = off ? ` – ${say(off)}` : "";
    const options = { type: "button", class: name, "aria-label": `${say(`hand.${name}`)}: ${called(stop)}${why}`, title: say(`hand.${name}`) + why, "data-hand": `${stop}.${name}`, "aria-disabled": Boolean(off) };
    if (name === "lock") options["aria-pressed"] = patrol.locked.has(stop);
    const node = make("button", options, name === "back" ? say("hand.back_in") : sign(name));
    node.addEventListener("click", () => (off ? hint(node, say(off)) : act(patrol, stop, name)));
    return node;
  }
  function hint(node, text) { node.closest(".body").querySelector(".hint-line").textContent = text; }
  function row(patrol, visit) {
    const { stop } = visit, route = routeOf(patrol), k = route.indexOf(stop), held = patrol.locked.has(stop) && "hand.off.kept";
    const beside = (step, end) => held || (route[k + step] === undefined ? end : patrol.locked.has(route[k + step]) && "hand.off.beside");
    const when = `${clock(visit.begin)}–${clock(visit.departure)}`;
    const about = make("button", { type: "button", class: "stay", title: say("hand.stay"), "aria-label": `${called(stop)}, ${when}. ${say("hand.stay")}: ${stayOf(desk, stop)}`, "data-hand": `${stop}.stay` },
      make("span", { class: "name", text: called(stop) }), make("span", { class: "when", text: when }));
    about.addEventListener("click", () => act(patrol, stop, "stay"));
    return make("li", {},
      make("span", { class: `badge ${page.patrols.all.get(patrol.key).symbol.shape}`, text: String(k + 1) }),
      about,
      make("span", { class: "tools" }, tool(patrol, stop, "up", beside(-1, "hand.off.first")), tool(patrol, stop, "down", beside(1, "hand.off.last")), tool(patrol, stop, "lock", ""), tool(patrol, stop, "out", held)),
      ...(visit.begin > visit.arrival ? [make("span", { class: "pause until", text: `${say("hand.until")} ${clock(visit.begin)}` })] : []),
      ...(visit.pause ? [make("span", { class: "pause", text: `${say("break")} ${clock(visit.pause[0])}–${clock(visit.pause[1])}` })] : []));
  }
  const struck = (patrol, stop) => make("li", { class: "struck" }, make("span", { class: "name" }, make("s", { text: called(stop) })), make("span", { class: "tools" }, tool(patrol, stop, "back", "")));
  function fault({ word, stop, seconds }) {
    const about = stop !== undefined ? `: ${called(stop)}` : seconds ? ` ${Math.ceil(seconds / 60)} min` : "";
    return make("li", { text: say(word) + about });
  }
  // The file, whether it keeps the other patrols, and the ways out.
  function file() {
    const text = asToml(desk, patrols, anew), box = make("input", { type: "checkbox" });
    box.checked = anew;
    box.addEventListener("change", () => { anew = box.checked; render(); document.querySelector(".patrol.chosen .anew input").focus(); });
    const again = make("button", { type: "button", class: "undo", text: say("hand.undo") });
    again.addEventListener("click", undo);
    const save = make("a", { download: "change.toml", href: `data:application/toml;charset=utf-8,${encodeURIComponent(text)}`, text: say("hand.save") });
    save.addEventListener("click", () => { saved = text; });
    const emptied = patrols.some((patrol) => !routeOf(patrol).length) ? [make("p", { class: "note", text: say("hand.emptied") })] : [];
    return [
      make("p", { class: "note", text: say(anew ? "hand.plan_anew" : "hand.plan") }), ...emptied,
      make("label", { class: "anew" }, box, say("hand.anew")),
      make("pre", { tabindex: "0", role: "region", "aria-label": "change.toml", text }),
      make("p", { class: "ends" }, save, again),
    ];
  }
  function fill({ patrol, body }) {
    const route = routeOf(patrol), { visits, faults } = timed(desk, patrol.shift, route, pauseAfter(desk, patrol.shift, route));
    const served = needOf(desk, patrols.map(routeOf)), end = route.length ? visits.at(-1).arrival : patrol.shift.start;
    const difference = percent(Math.round(1000 * (served - before)) / 1000 + 0).replace("-", "−");
    const of = new Map(visits.slice(0, -1).map((visit) => [visit.stop, visit]));
    body.replaceChildren(
      make("ol", {}, ...patrol.list.map((stop) => (of.has(stop) ? row(patrol, of.get(stop)) : struck(patrol, stop)))),
      make("p", { class: "hint-line", role: "status" }),
      make("p", { class: "sum", role: "status", text: `${say("hand.back")} ${clock(end)} (${say("hand.end")} ${clock(patrol.shift.end)}). ${say("hand.need")}: ${percent(served)} % (${difference}).` }),
      make("div", { role: "alert" }, make("ul", { class: "faults" }, ...faults.map(fault))),
      ...(edited() ? file() : []));
  }
  // What the timetable and its strip show is then the plan before the changes; the map follows.
  function show() {
    const other = (patrol) => changed(patrol) || patrol.planned.some(stayed);
    document.body.classList.toggle("edited", patrols.some(other));
    for (const patrol of patrols) {
      document.getElementById(`patrol-${patrol.key}`).classList.toggle("edited", other(patrol));
      page.patrols.rearrange(patrol.key, changed(patrol) ? routeOf(patrol).map((stop) => desk.stops[stop]) : null);
    }
    page.panel.light(null);
    page.patrols.redraw();
  }
  // A list that is folded is made when it is opened.
  const renew = () => boxes.filter(({ body }) => body.parentNode.open).forEach(fill);
  function render(stop, name) {
    renew();
    show();
    if (stop === undefined) return;
    const open = document.querySelector(".patrol.chosen .hand");
    const mine = (tool) => open?.querySelector(`[data-hand="${stop}.${tool}"]`);
    (mine(name) ?? mine(name === "out" ? "back" : "out") ?? open?.querySelector("summary"))?.focus();
  }

  document.getElementById("stage").append(make("p", { class: "before", word: "hand.drawn" }));
  for (const patrol of patrols) {
    const body = make("div", { class: "body" }), panel = document.getElementById(`patrol-${patrol.key}`);
    const box = make("details", { class: "hand" }, make("summary", { word: "hand.change" }), body);
    box.addEventListener("toggle", renew);
    panel.querySelector(".files").before(box);
    for (const part of [".facts", ".stops"]) panel.querySelector(part).before(make("p", { class: "before", word: "hand.before" }));
    boxes.push({ patrol, body });
  }
  return { translate: renew };
}
