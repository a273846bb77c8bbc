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
    const opens = windows.filter(([, late]) => arrival <= late).map(([early]) => Math.max(arrival, early));
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

// What changed, as the file of `mitrovica plan --config`.
function asToml(desk, patrols) {
  const listed = (stops) => JSON.stringify(stops.map((stop) => desk.stops[stop]));
  const table = (key, { shift, vehicle }, stops) => ["", `[[patrols.${key}]]`, `shift = ${JSON.stringify(shift.name)}`, `vehicle = ${vehicle}`, `stops = ${listed(stops)}`];
  const visited = new Set(patrols.flatMap((patrol) => patrol.route));
  const out = desk.stops.filter((_, stop) => stop > 0 && !visited.has(stop));
  const lines = ["[patrols]"];
  if (out.length) lines.push(`drop_stops = ${JSON.stringify([...new Set([...desk.drop_stops, ...out])])}`);
  for (const patrol of patrols) {
    const held = patrol.route.filter((stop) => patrol.locked.has(stop));
    if (patrol.route.length && (patrol.ordered || changed(patrol))) lines.push(...table("lock_order", patrol, patrol.route));
    else if (held.length) lines.push(...table("lock_stops", patrol, held));
  }
  return `${lines.join("\n")}\n`;
}
const changed = (patrol) => patrol.route.join() !== patrol.planned.join();
const sameLocks = (patrol) => [...patrol.locked].sort().join() === [...patrol.lockedBefore].sort().join();

// A desk below each timetable, folded until it is opened.
function dispatcher(page) {
  const { say, make } = page, desk = page.data.desk;
  const boxes = [];
  if (!desk) return { translate() {} };
  const patrols = desk.shifts.flatMap((shift) => shift.vehicles.map((one) => ({
    ...one, shift, planned: one.route, route: [...one.route], locked: new Set(one.locked), lockedBefore: one.locked,
  }))).filter((patrol) => patrol.key);
  const before = needOf(desk, patrols.map((patrol) => patrol.planned));
  const clock = (seconds) => [seconds / 3600 % 24, seconds / 60 % 60].map((n) => String(Math.floor(n)).padStart(2, "0")).join(":");
  const called = (stop) => say(`stop.${desk.stops[stop]}`);
  const percent = (share) => (100 * share).toLocaleString(page.state.language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

  function act(patrol, stop, name) {
    const at = patrol.route.indexOf(stop);
    if (name === "lock") { if (!patrol.locked.delete(stop)) patrol.locked.add(stop); }
    else {
      patrol.route.splice(at, 1);
      if (name !== "out") patrol.route.splice(at + (name === "up" ? -1 : 1), 0, stop);
    }
    render(stop, name);
  }
  function undo() {
    for (const patrol of patrols) { patrol.route = [...patrol.planned]; patrol.locked = new Set(patrol.lockedBefore); }
    render();
  }
  const signs = { up: "M9 15V3M4 8l5-5 5 5", down: "M9 3v12M4 10l5 5 5-5", out: "M4 4l10 10M14 4L4 14", lock: "M4 8h10v7H4zM6 8V5.5a3 3 0 0 1 6 0V8" };
  const sign = (name) => draw("svg", { viewBox: "0 0 18 18", "aria-hidden": "true" }, draw("path", { d: signs[name], fill: "none", stroke: "currentColor", "stroke-width": 1.8 }));
  function tool(patrol, stop, name, off) {
    const options = { type: "button", class: name, "aria-label": `${say(`hand.${name}`)}: ${called(stop)}`, title: say(`hand.${name}`), "data-hand": `${stop}.${name}` };
    if (name === "lock") options["aria-pressed"] = patrol.locked.has(stop);
    const node = make("button", options, sign(name));
    node.disabled = off;
    node.addEventListener("click", () => act(patrol, stop, name));
    return node;
  }
  function row(patrol, visit, k) {
    const { stop } = visit, held = patrol.locked.has(stop), last = patrol.route.length - 1;
    const next = (step) => patrol.locked.has(patrol.route[k + step]);
    return make("li", {},
      make("span", { class: "when", text: `${clock(visit.begin)}–${clock(visit.departure)}` }),
      make("span", { class: "name", text: called(stop) }),
      make("span", { class: "tools" }, tool(patrol, stop, "up", held || k === 0 || next(-1)), tool(patrol, stop, "down", held || k === last || next(1)), tool(patrol, stop, "lock", false), tool(patrol, stop, "out", held)),
      ...(visit.pause ? [make("span", { class: "pause", text: `${say("break")} ${clock(visit.pause[0])}–${clock(visit.pause[1])}` })] : []));
  }
  function fault({ word, stop, seconds }) {
    const about = stop !== undefined ? `: ${called(stop)}` : seconds ? ` ${Math.ceil(seconds / 60)} min` : "";
    return make("li", { text: say(word) + about });
  }
  function fill({ patrol, body }) {
    const { visits, faults } = timed(desk, patrol.shift, patrol.route, pauseAfter(desk, patrol.shift, patrol.route));
    const served = needOf(desk, patrols.map((one) => one.route)), end = patrol.route.length ? visits.at(-1).arrival : patrol.shift.start;
    const edited = patrols.some((one) => changed(one) || !sameLocks(one));
    const difference = percent(Math.round(1000 * (served - before)) / 1000 + 0).replace("-", "−");
    const text = asToml(desk, patrols);
    const again = make("button", { type: "button", class: "undo", text: say("hand.undo") });
    again.addEventListener("click", undo);
    body.replaceChildren(
      make("ol", {}, ...visits.slice(0, -1).map((visit, k) => row(patrol, visit, k))),
      make("p", { class: "sum", role: "status", text: `${say("hand.back")} ${clock(end)} (${say("hand.end")} ${clock(patrol.shift.end)}). ${say("hand.need")}: ${percent(served)} % (${difference}).` }),
      make("ul", { class: "faults", role: "alert" }, ...faults.map(fault)),
      ...(edited ? [
        make("p", { class: "note", text: say("hand.plan") }),
        make("pre", { tabindex: "0", role: "region", "aria-label": say("hand.plan"), text }),
        make("p", { class: "ends" }, make("a", { download: "change.toml", href: `data:application/toml;charset=utf-8,${encodeURIComponent(text)}`, text: say("hand.save") }), again),
      ] : []));
  }
  function render(stop, name) {
    boxes.forEach(fill);
    if (stop === undefined) return;
    const open = document.querySelector(".patrol.chosen .hand");
    (open?.querySelector(`[data-hand="${stop}.${name}"]:not(:disabled)`) ?? open?.querySelector("[data-hand]:not(:disabled)") ?? open?.querySelector("summary"))?.focus();
  }

  for (const patrol of patrols) {
    const body = make("div", { class: "body" });
    const files = document.querySelector(`#patrol-${patrol.key} .files`);
    files.before(make("details", { class: "hand" }, make("summary", { word: "hand.change" }), body));
    boxes.push({ patrol, body });
  }
  render();
  return { translate: () => render() };
}
