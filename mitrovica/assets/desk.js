// The desk's page: it shows what the server says of the night, and hands on what the planner does.
// What a page asks for when it is opened, and when its language changes, is in `pages` by its name.
const desk = { data: JSON.parse(document.getElementById("desk-data").textContent), state: { language: "en", page: "tonight" }, pages: {} };
const { say, make } = Object.assign(desk, elements(desk));
const $ = (name) => document.querySelector(name);
const tab = (sessionStorage.desk ??= crypto.randomUUID());
// A text of the program: in the page's language where it knows it, else in English.
const own = (tag, text, more = {}) => make(tag, { ...more, text: said(text), ...(typeof text === "string" ? { lang: "en" } : {}) });
const said = (text) => (text && typeof text === "object" ? text[desk.state.language] : text ?? "");
let night = null, job = null, busy = false, used = true, done = 0;

// ---- The server ------------------------------------------------------------------------------------
async function ask(address, body) {
  const separator = address.includes("?") ? "&" : "?";
  const headers = body || used ? { "x-desk-tab": tab } : {};
  used = false;
  if (body) done += 1;
  const before = done;
  const options = body ? { method: "POST", headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(body) } : { headers };
  let answer;
  try { answer = await fetch(body ? address : `${address}${separator}tab=${tab}`, options); }
  catch { fault("gone"); return null; }
  // What was done meanwhile has an answer of its own, which this one must not cover.
  if (!answer.ok && done !== before) return null;
  return taken(answer, body ? "refused" : "unshown");
}
// What the server says to something asked or done; null where it was not.
async function taken(answer, refused) {
  if (answer.status === 401) { $("#locked").hidden = false; return null; }
  const found = await answer.json().catch(() => null);
  if (answer.status === 409) { hold(found.pen); return null; }
  if (answer.status === 413) { fault("too_large"); return null; }
  if (!answer.ok) { fault(refused, found?.faults ?? [String(answer.status)]); return null; }
  return { found };
}
for (const name of ["pointerdown", "keydown", "wheel"]) addEventListener(name, () => { used = true; }, { passive: true });

// What went wrong in the page's language, then the program's own words; without a word nothing did.
function fault(word, lines = []) {
  const box = $("#faults");
  box.hidden = !word;
  box.replaceChildren(...(word ? [make("p", { word })] : []), ...lines.map((text) => own("p", text)));
  if (word) box.focus();
}
function hold(since) {
  $("#held").hidden = false;
  $("#held p").textContent = `${say("held")} ${desk.data.user}, ${since}`;
}
// One thing is done at a time; what is done shows at once.
async function act(address, body) {
  if (busy) return;
  busy = true;
  document.body.setAttribute("aria-busy", "true");
  fault();
  const answer = await ask(address, body);
  busy = false;
  document.body.removeAttribute("aria-busy");
  if (answer) await load();
}
const edit = (what) => act("api/edit", what);

// ---- Words and figures -----------------------------------------------------------------------------
const number = (value, digits = 0) => value.toLocaleString(desk.state.language === "en" ? "en" : "de", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const signed = (value, digits = 0) => {
  const text = number(Math.abs(value), digits);
  return Number(text.replace(/\D/g, "")) === 0 ? `±${text}` : `${value < 0 ? "−" : "+"}${text}`;
};
const figures = ({ need, minutes, stops }, write) => `${write(100 * need, 1)} % ${say("need")}, ${write(minutes)} ${say("minutes")}, ${write(stops)} ${say("stops")}`;
function speak(language) {
  desk.state.language = language;
  localStorage.language = language;
  document.documentElement.lang = language;
  document.title = say("title");
  const set = (name, put) => { for (const node of document.querySelectorAll(`[data-${name}]`)) put(node, node.dataset[name]); };
  set("w", (node, key) => { node.textContent = say(key); });
  set("aria", (node, key) => node.setAttribute("aria-label", say(key)));
  set("title", (node, key) => { node.title = say(key); });
  set("language", (node, tag) => node.setAttribute("aria-pressed", tag === language));
  if (night?.patrols) draw();
  if (job) drawJob();
  desk.pages[desk.state.page]?.();
  tellMap();
}
// The map in the page speaks the same language.
function tellMap() {
  for (const frame of document.querySelectorAll("iframe")) frame.contentDocument?.querySelector(`[data-language="${desk.state.language}"]`)?.click();
}

// ---- Tonight ---------------------------------------------------------------------------------------
async function load() {
  const answer = await ask("api/night");
  if (answer) night = answer.found;
  const none = !night?.patrols;
  $(".empty").hidden = !none;
  $(".work").hidden = none;
  $(".empty p").replaceChildren(make("span", { word: answer ? "no_run" : "no_night" }));
  if (none || !answer) return;
  draw();
  overlay();
}
function draw() {
  const focused = document.activeElement?.dataset.key, alike = () => [...document.querySelectorAll(`[data-key^="${focused.split("|")[0]}|"]`)];
  const nth = focused && alike().indexOf(document.activeElement);
  $("#held").hidden = night.writes;
  if (!night.writes) hold(night.pen);
  $("#date").value = night.date;
  const cost = Object.fromEntries(Object.keys(night.figures).map((name) => [name, night.figures[name] - night.planned[name]]));
  $("#sum").replaceChildren(make("b", { text: figures(night.figures, number) }), ...(night.edited ? [make("span", { text: ` ${say("since_plan")}: ${figures(cost, signed)}` })] : []));
  const breaks = [...(night.unreached.length ? [make("li", { text: `${say("unreached")}: ${night.unreached.map(said).join(", ")}` })] : []), ...night.faults.map((one) => make("li", { lang: typeof one === "string" ? "en" : desk.state.language, text: said(one) }))];
  $("#breaks").replaceChildren(...(night.faults.length ? [make("li", { class: "head", text: say("faults") })] : []), ...breaks);
  $("[data-do=undo]").setAttribute("aria-disabled", !night.can_undo);
  $("#last").textContent = night.last ? costs(night.last) : "";
  $("#history b").textContent = night.edits || "";
  loadHistory();
  $("#patrols").replaceChildren(...night.patrols.map(patrol));
  for (const bar of document.querySelectorAll("#patrols [role=toolbar]")) tabTo(bar, tools(bar)[0]);
  choose();
  $("#left").replaceChildren(...night.left.map(place));
  drawMeans();
  drawOut();
  drawNow();
  const map = `${night.map}-${plans}`;
  if (map !== onMap) { onMap = map; $("#map").src = `map/${night.map}`; }
  // What was focused is drawn anew; where it is gone, the next one of its kind is focused.
  const next = focused && (document.querySelector(`[data-key="${CSS.escape(focused)}"]`) ?? alike()[Math.min(nth, alike().length - 1)]);
  if (next) (next.checkVisibility() ? next : next.closest("details").querySelector("summary")).focus();
}
// The map is loaded again when its plan is another one, or was made anew.
let plans = 0, onMap = "run-0";

const told = ({ edit: what, stop, shift }) => {
  const about = { close_road: what.road, vehicles: what.vehicles, hours: `${said(shift)} ${what.start}–${what.end}`, night: what.date, free: `${said(shift)} ${what.vehicle}` }[what.kind];
  const more = what.kind === "stay" ? ` ${what.minutes} ${say("minutes")}` : "";
  return `${say(`edit.${what.kind}${what.on === false ? ".off" : ""}`)}: ${about ?? said(stop)}${more}`;
};
const costs = (one) => `${told(one)}: ${one.again ? `${say(`again.${one.again}`)} ` : ""}${one.again === "none" ? "" : figures(one.cost, signed)}`;
async function loadHistory() {
  if (!$("#history").open) return;
  const answer = await ask("api/history");
  if (answer) $("#history ol").replaceChildren(...answer.found.map((one) => make("li", { text: costs(one) })));
}
$("#history").addEventListener("toggle", loadHistory);
const key = (...parts) => ({ "data-key": parts.join("|") });
function tool(word, text, act, options = {}) {
  const node = make("button", { type: "button", ...options }, text ?? say(word));
  if (options["aria-disabled"]) node.addEventListener("click", (event) => event.preventDefault());
  else node.addEventListener("click", act);
  return node;
}
function patrol(one) {
  const { shift, vehicle } = one, title = one.starts ? `${said(one.name)} ${one.starts}–${one.back}` : said(one.name);
  const kept = one.ordered ? [make("p", { class: "kept" }, say("ordered"), " ", tool("free", null, () => edit({ kind: "free", shift, vehicle }), key("free", shift, vehicle)))] : [];
  return make("section", { class: `patrol vehicle-${vehicle % 4}`, "aria-label": said(one.name) },
    make("h3", { text: title }), ...kept,
    ...(one.stops.length ? [make("ol", {}, ...one.stops.map((stop, place) => row(one, stop, place)))] : [make("p", { text: say("idle") })]));
}
function row(one, stop, place) {
  const { shift, vehicle } = one, here = { stop: stop.stop, shift, vehicle }, name = said(stop.name), last = one.stops.length - 1;
  const label = (word) => ({ "aria-label": `${say(word)}: ${name}`, title: say(word), ...key(word, shift, vehicle, stop.stop) });
  const move = (to, where = one) => edit({ kind: "move", ...here, to_shift: where.shift, to_vehicle: where.vehicle, place: to });
  const mark = stop.mark ? [make("span", { class: "mark", text: `${say(`mark.${stop.mark}`)}${stop.mark === "moved" ? ` ${stop.before}` : ""}` })] : [];
  const other = make("select", label("to_patrol"), make("option", { value: "", text: say("to_patrol") }),
    ...night.patrols.filter((two) => two !== one && !two.stops.some(({ stop: id }) => id === stop.stop)).map((two) => make("option", { value: night.patrols.indexOf(two), text: said(two.name) })));
  const give = () => { const two = night.patrols[other.value]; if (two) move(two.stops.filter(({ arrival }) => later(stop.arrival, arrival, one)).length, two); };
  const minutes = make("input", { type: "number", min: 1, max: 600, value: stop.minutes, ...label("stay") });
  minutes.addEventListener("change", () => { if (minutes.reportValidity() && Number(minutes.value) !== stop.minutes) edit({ kind: "stay", stop: stop.stop, minutes: Math.round(Number(minutes.value)) }); });
  const pause = one.breaks[stop.order];
  return make("li", {},
    make("span", { class: "badge", "aria-hidden": "true", text: String(place + 1) }),
    make("span", { class: "name" }, name, ...mark, ...(pause ? [make("small", { text: ` ${say("break")} ${pause}` })] : [])),
    make("span", { class: "when", text: `${stop.arrival}–${stop.departure}` }),
    make("span", { class: "tools", role: "toolbar", "aria-label": name },
      tool("up", "↑", () => move(place - 1), { ...label("up"), ...(place ? {} : { "aria-disabled": true }) }),
      tool("down", "↓", () => move(place + 1), { ...label("down"), ...(place < last ? {} : { "aria-disabled": true }) }),
      tool("lock", say(stop.locked ? "locked_stop" : "lock"), () => edit({ kind: "lock", ...here, on: !stop.locked }), { ...label("lock"), "aria-pressed": stop.locked }),
      tool("drop", null, () => edit({ kind: "drop", stop: stop.stop }), label("drop")),
      make("details", { class: "more" }, make("summary", { "aria-label": `${say("more")}: ${name}`, title: say("more"), text: "⋯" }), make("div", { class: "line" }, other, tool("give", null, give, label("give"))), make("label", {}, `${say("stay")} `, minutes), tool("close_stop", null, () => edit({ kind: "close_stop", stop: stop.stop }), label("close_stop")))));
}
// Tab leads from stop to stop, arrows from tool to tool of one.
const tools = (bar) => [...bar.querySelectorAll(":scope > button, :scope > details > summary")];
const tabTo = (bar, one) => { for (const node of tools(bar)) node.tabIndex = node === one ? 0 : -1; };
$("#patrols").addEventListener("focusin", ({ target }) => {
  const bar = target.closest("[role=toolbar]");
  if (bar && tools(bar).includes(target)) tabTo(bar, target);
});
$("#patrols").addEventListener("keydown", (event) => {
  const bar = event.target.closest("[role=toolbar]"), step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const all = bar && step ? tools(bar) : [], at = all.indexOf(event.target);
  if (at < 0) return;
  event.preventDefault();
  all[(at + step + all.length) % all.length].focus();
});
// Whether a stop comes later than another time of the night; times past midnight come last.
function later(mine, theirs, one) {
  const from = (clock) => (clock < one.starts ? `1${clock}` : `0${clock}`);
  return from(theirs) < from(mine);
}
function choose() {
  const chosen = $("#to").value;
  $("#to").replaceChildren(...night.patrols.map((one, k) => make("option", { value: k, text: said(one.name) })));
  if (chosen && chosen < night.patrols.length) $("#to").value = chosen;
}
function place({ stop, name, gain }) {
  const more = gain === undefined ? "" : ` ${signed(100 * gain, 1)} %`;
  const add = () => { const { shift, vehicle } = night.patrols[$("#to").value]; edit({ kind: "add", stop, shift, vehicle }); };
  return make("li", {}, make("span", { class: "name" }, `${said(name)} `, make("small", { text: stop })), make("span", { class: "gain", text: more }), tool("add.one", null, add, { "aria-label": `${say("add")}: ${said(name)}`, ...key("add", stop) }));
}
let searched = 0;
$("#search").addEventListener("input", async () => {
  const mine = ++searched, text = $("#search").value.trim();
  const answer = text.length > 1 ? await ask(`api/places?q=${encodeURIComponent(text)}`) : { found: [] };
  if (answer && mine === searched) $("#places").replaceChildren(...answer.found.map(place));
});
function drawMeans() {
  $("#vehicles").textContent = night.vehicles;
  drawHours();
  $("#closed").replaceChildren(...night.closed_roads.map((road) => make("li", {}, `${road} `, tool("road.open", null, () => edit({ kind: "close_road", road, on: false }), key("road", road)))));
}
// Drawn anew only where they are other: what is being typed stays while an answer comes.
function drawHours() {
  const box = $("#hours"), shown = JSON.stringify([desk.state.language, night.shifts]);
  if (box.dataset.shown === shown) return;
  box.dataset.shown = shown;
  box.replaceChildren(...night.shifts.map(({ shift, name, start, end }) => {
    const input = (value, word) => make("input", { type: "time", value, required: "", "aria-label": `${said(name)}: ${say(word)}`, ...key("hours", shift, word) });
    const from = input(start, "from"), to = input(end, "until");
    const change = () => { if (from.value && to.value) edit({ kind: "hours", shift, start: from.value, end: to.value }); };
    return make("p", { class: "hours" }, make("b", { text: said(name) }), from, "–", to, tool("set", null, change, { "aria-label": `${say("set")}: ${said(name)}`, ...key("set", shift) }));
  }));
}
function drawOut() {
  $("#out b").textContent = night.changed.length || "";
  $("#out .when").textContent = night.published ? `${say("published.at")} ${night.published}` : say("published.not");
  const changes = night.changed.map((row) => make("li", { text: `${said(row.words.shift)}: ${said(row.words.name)} – ${say(`mark.${row.change}`)} ${[row.arrival_before, row.arrival_after].filter(Boolean).join(" → ")}` }));
  $("#out .changes").replaceChildren(...(changes.length ? [make("li", { class: "head", text: say("changed") })] : []), ...changes);
  $("#out .files").replaceChildren(...(night.published ? files("plan") : []));
}
// What crews and the office take of a plan.
const TAKEN = /^(stop_cards\.pdf|card_texts\.html|crew\.html|map\.html|report\.md|patrol_plan\.csv|patrols\/.*|forms\/.*)$/;
function files(where) {
  const names = (night?.files[where] ?? []).filter((name) => TAKEN.test(name)).sort((one, two) => one.includes("/") - two.includes("/"));
  return names.map((name) => make("li", {}, make("a", { href: `files/${where}/${name.split("/").map(encodeURIComponent).join("/")}`, download: "", text: name })));
}
function drawNow() {
  $("#now .files").replaceChildren(...files("tonight"));
  const vehicles = [...new Set(night.patrols.filter(({ stops }) => stops.length).map(({ vehicle }) => vehicle))].sort();
  if ($("#now .crews").children.length === vehicles.length && $("#now .crews").lang === desk.state.language) return;
  $("#now .crews").lang = desk.state.language;
  $("#now .crews").replaceChildren(...vehicles.map((vehicle) => make("p", {}, make("b", { text: `${say("vehicle")} ${vehicle}` }),
    make("label", { class: "tick" }, make("input", { type: "checkbox", name: "out", value: vehicle }), ` ${say("now.out")}`),
    make("label", {}, `${say("now.late")} `, make("input", { type: "number", min: 0, max: 600, name: "late", "data-vehicle": vehicle })))));
}
$("#now form").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target, values = (name) => [...form.querySelectorAll(`[name=${name}]`)];
  start({
    job: "rest", now: form.now.value, cancelled: form.cancelled.checked,
    out_of_use: values("out").filter((one) => one.checked).map((one) => Number(one.value)),
    late: values("late").filter((one) => Number(one.value) > 0).map((one) => `${one.dataset.vehicle}=${one.value}`),
    closed: form.closed.value ? [form.closed.value] : [],
  });
});
$("#day").addEventListener("submit", (event) => {
  event.preventDefault();
  if ($("#date").value !== night.date) edit({ kind: "night", date: $("#date").value });
});
$("#road").addEventListener("submit", (event) => {
  event.preventDefault();
  edit({ kind: "close_road", road: event.target.querySelector("input").value });
  event.target.reset();
});

// ---- The map: drives that it does not have yet are drawn over it --------------------------------------
let drawn = null;
async function overlay() {
  const answer = await ask("api/lines"), frame = $("#map").contentWindow, map = frame?.map_planner;
  $(".map .legend").hidden = !answer?.found.length;
  if (!answer || !map?.addLayer) return;
  drawn?.remove();
  // Above the drives of the map, below its stops.
  const pane = "edited", over = { pane, interactive: false };
  (map.getPane(pane) ?? map.createPane(pane)).style.zIndex = 445;
  const { L } = frame, lines = answer.found.flatMap(({ line }) => [L.polyline(line, { ...over, color: "#fff", weight: 8 }), L.polyline(line, { ...over, color: "#b0006d", weight: 4, dashArray: "9 5" })]);
  const ends = answer.found.map(({ line }) => L.circleMarker(line.at(-1), { ...over, radius: 7, color: "#fff", weight: 2, fillColor: "#b0006d", fillOpacity: 1 }));
  drawn = L.layerGroup([...lines, ...ends]).addTo(map);
}
// In the page the map itself has half of its frame, on a phone, too.
$("#map").addEventListener("load", () => {
  drawn = null;
  $("#map").contentDocument?.documentElement.style.setProperty("--map", "54dvh");
  $("#map").contentWindow.dispatchEvent(new Event("resize"));
  tellMap();
  if (night?.patrols) overlay();
});
$("#evidence").addEventListener("load", tellMap);

// ---- Jobs --------------------------------------------------------------------------------------------
async function start(what) {
  fault();
  const answer = await ask("api/start", what);
  if (answer) await poll();
}
const lines = (node, parts) => node.replaceChildren(...parts.map((part) => (part.rows ? table(part) : own("p", part))));
const table = ({ title, head, rows }) => make("div", { class: "wide", tabindex: "0" }, make("table", {}, ...(title ? [own("caption", title)] : []), make("thead", {}, make("tr", {}, ...head.map((text) => own("th", text, { scope: "col" })))), make("tbody", {}, ...rows.map((cells) => make("tr", {}, ...cells.map((text) => own("td", text)))))));
let toldEnd = null;
function drawJob() {
  $("#job").hidden = !job;
  if (!job) return;
  const name = job.stages.at(-1)?.[0] ?? "begin", stage = desk.data.texts[`stage.${name}`] ? say(`stage.${name}`) : said(name);
  $("#job [role=status]").textContent = job.end ? `${say(`job.${job.kind}`)}: ${say(`job.${job.end}`)}, ${number(job.seconds, 1)} s` : `${say(`job.${job.kind}`)}: ${stage} … ${number(job.seconds)} s`;
  $("#job").className = job.end || "runs";
  // What is only said leaves no file.
  $("#job .end").textContent = job.end && !(job.kind === "judge" && job.end === "done") ? `${say(`end.${job.end}`)} ${job.end === "done" ? job.folder : ""}` : "";
  $("#job code").textContent = job.command;
  $("[data-do=stop]").hidden = Boolean(job.end);
  lines($("#job .said"), job.lines);
  if (job.end !== toldEnd) $("#job details").open = job.end === "failed";
  toldEnd = job.end;
  $("#now .told").hidden = job.kind !== "rest" || job.end !== "done";
  if (!$("#now .told").hidden) lines($("#now .said"), job.lines);
}
let polling = 0;
async function poll() {
  clearTimeout(polling);
  const answer = await ask("api/job");
  if (!answer) return;
  const before = job;
  job = answer.found;
  drawJob();
  const ended = job?.end && before && !before.end;
  if (ended) { plans += 1; if (job.kind === "fetch") $("#setup-done").replaceChildren(); await load(); desk.pages[desk.state.page]?.(); }
  polling = setTimeout(poll, job && !job.end ? 700 : 5000);
}

// ---- Nights side by side, and what was found ---------------------------------------------------------
async function loadNights() {
  const answer = await ask("api/nights");
  if (!answer) return;
  const { nights, crews, moved, named, where } = answer.found;
  $(".page .none").hidden = nights.length > 0;
  $(".drafted").hidden = where !== "nights_draft";
  $("#taken").hidden = where !== "nights";
  $("#taken .files").replaceChildren(...files("nights"));
  $(".nights").replaceChildren(...nights.map(({ night: n, date, patrols }) => make("section", {}, make("h3", { text: `${n} · ${date ?? ""}` }),
    ...Object.values(patrols).map(({ name, stops }) => make("div", {}, make("h4", { text: said(name) }),
      make("ol", {}, ...stops.map((stop) => make("li", { class: stop.before ? "again" : "new" }, `${stop.arrival} ${said(stop.name)} `, make("small", { text: stop.before ? `${say("nights.again")} ${stop.before + 1}` : say("nights.new") })))))))));
  $("#crews").hidden = !nights.length;
  $("#crews .unnamed").hidden = named;
  $("#crews details").open = named;
  lines($("#crews .said"), crews);
  $("#moved").hidden = !moved.length;
  lines($("#moved .said"), moved);
}
async function loadFound() {
  const answer = await ask("api/report");
  if (answer?.found && !$("#evidence").src.includes("/map/")) $("#evidence").src = "map/run#rests";
  // The server makes it of Markdown, in which markup is text.
  if (answer) $(".report").replaceChildren(...new DOMParser().parseFromString(answer.found, "text/html").body.childNodes);
  for (const wide of $(".report").querySelectorAll("table")) { const box = make("div", { class: "wide", tabindex: "0" }); wide.replaceWith(box); box.append(wide); }
}
Object.assign(desk.pages, { nights: loadNights, found: loadFound });
$("#several").addEventListener("submit", (event) => { event.preventDefault(); start({ job: "nights", nights: Number(event.target.querySelector("input").value) }); });

// ---- What the buttons do --------------------------------------------------------------------------------
const does = {
  again: () => start({ job: "again" }),
  publish: () => { if (night.faults.length) $("#breaks").focus(); else start({ job: "publish" }); },
  publish_nights: () => start({ job: "publish_nights" }),
  run: () => start({ job: "run" }),
  setup: () => $("[data-page=setup]").click(),
  stop: async () => { await ask("api/stop", {}); poll(); },
  undo: () => { if (night.can_undo) act("api/undo", {}); },
  take: async () => { await ask("api/take", {}); load(); },
  more: () => edit({ kind: "vehicles", vehicles: night.vehicles + 1 }),
  fewer: () => { if (night.vehicles > 1) edit({ kind: "vehicles", vehicles: night.vehicles - 1 }); },
};
for (const node of document.querySelectorAll("[data-do]")) node.addEventListener("click", () => does[node.dataset.do]());
for (const node of document.querySelectorAll("[data-language]")) node.addEventListener("click", () => speak(node.dataset.language));
for (const node of document.querySelectorAll("[data-page]")) node.addEventListener("click", () => {
  desk.state.page = node.dataset.page;
  for (const one of document.querySelectorAll("[data-page]")) one.setAttribute("aria-pressed", one === node);
  for (const one of document.querySelectorAll("[data-page-of]")) one.hidden = one.dataset.pageOf !== desk.state.page;
  desk.pages[desk.state.page]?.();
});
$("#means").addEventListener("toggle", async () => {
  if (!$("#means").open || $("#roads").children.length) return;
  const answer = await ask("api/roads");
  if (answer) $("#roads").replaceChildren(...answer.found.map((value) => make("option", { value })));
});

speak(desk.data.languages.includes(localStorage.language) ? localStorage.language : "en");
load().then(() => { document.body.dataset.ready = "true"; });
poll();
