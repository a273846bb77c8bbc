// Setting up a study, and what leaves the office.

// ---- Setting up --------------------------------------------------------------------------------------
let setup = null;
const option = (value, text) => make("option", { value, text });
// What is drawn anew keeps the focus; where it is gone, the place it was in has it.
function keepingFocus(place, draw) {
  const { key: focused } = document.activeElement?.closest(place) ? document.activeElement.dataset : {};
  draw();
  if (focused) (document.querySelector(`[data-key="${CSS.escape(focused)}"]`) ?? $(place)).focus();
}
async function loadSetup() {
  const answer = await ask("api/setup");
  if (!answer) return;
  setup = answer.found;
  keepingFocus("[data-page-of=setup]", drawSetup);
}
function drawSetup() {
  const study = setup.study;
  $("#new-study").hidden = Boolean(study);
  $("#set-up").hidden = !study;
  if (!study) return;
  $("#set-up .folder").textContent = study.folder;
  for (const name of ["title", "run_by", "phone", "emergency"]) $(`#texts [name=${name}]`).value = study.texts[name];
  const ids = study.snapshots.map(([id]) => id);
  $("#ways [name=snapshot]").replaceChildren(option("", say("setup.newest")), ...ids.map((id) => option(id, id)));
  $("#ways [name=snapshot]").value = study.texts.snapshot;
  $("#ways [name=from]").replaceChildren(option("", say("setup.live")), ...setup.files.map((name) => option(name, name)));
  $("#ticks b").textContent = study.places.length;
  $("#ticks .there").replaceChildren(...study.places.map((one) => make("li", {}, `${one.name_en || one.id} `, make("small", { text: `${say(`kind.${one.kind}`)} · ${one.id}` }))));
  $("#patrol-form [name=depot]").replaceChildren(option("", say("setup.no_depot")), ...study.places.map((one) => option(one.id, one.name_en || one.id)));
  const patrols = Object.fromEntries(study.tables.find(({ name }) => name === "patrols").keys.map((key) => [key.name, key.value ?? key.default]));
  $("#patrol-form [name=depot]").value = patrols.depot;
  $("#patrol-form [name=vehicles]").value = patrols.vehicles;
  $("#patrol-form .shifts").replaceChildren(...study.shifts.map(shiftOf));
  const open = new Set([...document.querySelectorAll("#tables details[open]")].map((one) => one.dataset.table));
  $("#tables").replaceChildren(...study.tables.map(tableOf));
  for (const one of document.querySelectorAll("#tables details")) one.open = open.has(one.dataset.table);
  if (study.chosen) loadTicks();
}
function shiftOf({ name, start, end }) {
  const field = (part, value, word) => make("label", {}, `${say(word)} `, Object.assign(make("input", { name: part, required: "", maxlength: 60, autocomplete: "off" }), { value }));
  return make("div", { class: "line shift" }, field("shift", name, "setup.shift"), field("start", start, "from"), field("end", end, "until"), tool("setup.shift.less", "×", ({ target }) => { target.closest(".shift").remove(); $("[data-setup=shift]").focus(); }, { "aria-label": `${say("setup.shift.less")}: ${name}` }));
}
// What is ticked stays ticked while another name is searched.
const ticked = new Set();
async function loadTicks() {
  const answer = await ask(`api/facilities?q=${encodeURIComponent($("#ticks input").value)}`);
  if (!answer) return;
  $("#ticks .offered").replaceChildren(...answer.found.map(({ id, kind, name, there }) => {
    const box = make("input", { type: "checkbox", value: id });
    Object.assign(box, { checked: there || ticked.has(id), disabled: there });
    box.addEventListener("change", () => { if (box.checked) ticked.add(id); else ticked.delete(id); });
    return make("li", {}, make("label", { class: "tick" }, box, ` ${name || say(`kind.${kind}`)} `, make("small", { text: `${say(`kind.${kind}`)} · ${id}` })));
  }));
}
// A field for each parameter, made of what the program knows of it; empty is the default.
function tableOf({ name, about, keys }) {
  const fields = keys.map((parameter) => {
    const id = `parameters.${name}.${parameter.name}`, shared = { name: id, id, ...key(id), "aria-describedby": `${id}.about`, "data-kind": parameter.kind };
    const limits = Object.fromEntries(Object.entries({ min: parameter.least, max: parameter.most }).filter(([, value]) => value !== null));
    const field = parameter.choices.length || parameter.kind === "boolean"
      ? make("select", shared, option("", `${say("setup.default")}: ${parameter.default}`), ...(parameter.choices.length ? parameter.choices : ["true", "false"]).map((one) => option(one, one)))
      : make("input", { ...shared, autocomplete: "off", placeholder: parameter.default ?? "", ...(parameter.kind === "integer" || parameter.kind === "number" ? { type: "number", step: parameter.kind === "integer" ? 1 : "any", ...limits } : {}) });
    field.value = parameter.value ?? "";
    field.dataset.before = field.value;
    return make("div", { class: "parameter" }, make("label", { for: id }, make("code", { text: parameter.name })), field, make("p", { id: `${id}.about` }, own("small", parameter.about)));
  });
  const form = make("form", {}, ...fields, make("button", { text: say("setup.save"), ...key("table", name) }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const changed = [...form.querySelectorAll("[name]")].filter((one) => one.value !== one.dataset.before);
    change(Object.fromEntries(changed.map((one) => [one.name, valueOf(one)])));
  });
  return make("details", { "data-table": name }, make("summary", key("fold", name), make("code", { text: name }), " ", own("small", about)), form);
}
function valueOf(field) {
  if (field.value === "") return null;
  const kind = field.dataset.kind;
  return kind === "integer" || kind === "number" ? Number(field.value) : kind === "boolean" ? field.value === "true" : field.value;
}
// That it is done is said once what is shown is drawn anew: what is typed then stays.
async function doing(address, body, told, word, redraw) {
  if (busy) return null;
  busy = true;
  document.body.setAttribute("aria-busy", "true");
  fault();
  $(told).replaceChildren();
  const answer = await ask(address, body);
  if (answer) await redraw?.();
  busy = false;
  document.body.removeAttribute("aria-busy");
  if (answer) $(told).replaceChildren(make("span", { word }));
  return answer;
}
const set = (body, word = "setup.saved") => doing("api/setup/do", body, "#setup-done", word, loadSetup);
const change = (changes) => (Object.keys(changes).length ? set({ do: "change", changes }) : null);
const onSubmit = (name, act) => $(name).addEventListener("submit", (event) => { event.preventDefault(); act(event.target); });
let handed = false;
onSubmit("#new-study", (form) => {
  const corners = ["west", "south", "east", "north"].map((side) => form[side].value);
  set({ do: "new", title: form.elements.title.value, bbox: corners.some(Boolean) ? corners.join(",") : "", place: form.place.value, file: handed }, "setup.made");
});
$("#new-study [name=file]").addEventListener("change", async ({ target }) => {
  const [file] = target.files;
  handed = false;
  $("#new-study .taken").textContent = "";
  if (!file) return;
  fault();
  const answer = await hand(`drop/area?name=${encodeURIComponent(file.name)}`, file);
  if (!answer) { target.value = ""; return; }
  handed = true;
  $("#new-study .taken").textContent = `${file.name}: ${answer.found.bounds.map((one) => number(one, 3)).join(" · ")}`;
});
onSubmit("#texts", (form) => {
  const names = ["title", "run_by", "phone", "emergency"].filter((name) => form.elements[name].value !== setup.study.texts[name]);
  change(Object.fromEntries(names.map((name) => [name, form.elements[name].value || null])));
});
dropped("places", async (ids) => { $("#setup-done").textContent = `${say("setup.places.taken")}: ${number(ids.length)}`; await loadSetup(); });
onSubmit("#ways", (form) => change({ snapshot: form.snapshot.value || null }));
onSubmit("#ticks", async () => {
  if (ticked.size && (await set({ do: "tick", chosen: [...ticked] }))) ticked.clear();
});
$("#ticks input").addEventListener("input", loadTicks);
onSubmit("#patrol-form", (form) => {
  const before = new Map(setup.study.shifts.map((one) => [one.name, one]));
  const shifts = [...form.querySelectorAll(".shift")].map((row) => Object.fromEntries(["shift", "start", "end"].map((name) => [name === "shift" ? "name" : name, row.querySelector(`[name=${name}]`).value])));
  const alike = shifts.length === before.size && shifts.every((one) => before.get(one.name)?.start === one.start && before.get(one.name)?.end === one.end);
  change({ "parameters.patrols.depot": form.depot.value || null, "parameters.patrols.vehicles": Number(form.vehicles.value), ...(alike ? {} : { "parameters.patrols.shifts": shifts }) });
});
$("[data-setup=shift]").addEventListener("click", () => { const row = shiftOf({ name: "", start: "18:00", end: "23:00" }); $("#patrol-form .shifts").append(row); row.querySelector("input").focus(); });
$("[data-setup=fetch]").addEventListener("click", async () => { if (await doing("api/setup/do", { do: "fetch", file: $("#ways [name=from]").value }, "#setup-done", "setup.fetching")) poll(); });

// ---- What leaves ---------------------------------------------------------------------------------------
const LEAVING = ["brief", "judge", "release"];
let leaving = null;
async function loadLeaving() {
  const answer = await ask("api/leaving");
  if (!answer) return;
  leaving = answer.found;
  keepingFocus("[data-page-of=leaving]", drawLeaving);
}
function drawLeaving() {
  for (const select of document.querySelectorAll("[data-page-of=leaving] [name=purpose]")) {
    const chosen = select.value || leaving.purposes[0];
    select.replaceChildren(...leaving.purposes.map((one) => option(one, say(`purpose.${one}`))));
    select.value = chosen;
  }
  $("[data-page-of=leaving] .recall").replaceChildren(...leaving.recall.map((text) => own("li", text)));
  const rows = leaving.releases.map(({ row: [id, tier, to, purpose, until, groups, state] }) => [id, say(`tier.${tier}`), to, say(`purpose.${purpose}`), until, groups, say(`state.${state}`)]);
  const head = ["register.release", "leaving.tier", "leaving.to", "leaving.purpose", "leaving.until", "register.groups", "register.state"].map((word) => say(word));
  $("#register").replaceChildren(...(rows.length ? [table({ head, rows })] : []),
    ...leaving.releases.filter(({ recalled }) => !recalled).map(({ id }) => tool("register.recall", `${say("register.recall")}: ${id}`, () => leave({ do: "recall", name: id }, "register.recalled"), key("recall", id))));
  const partners = leaving.partners.map((one) => [one.organisation, say(`partner.${one.kind}`), say(`tier.${one.tier}`), say(`purpose.${one.purpose}`), one.decided_by.join(", "), one.until]);
  $("#partners").replaceChildren(...(partners.length ? [table({ head: ["name", "kind", "tier", "purpose", "decided", "until"].map((part) => say(`partners.${part}`)), rows: partners })] : []),
    ...leaving.partners.map(({ organisation }) => tool("partners.out", `${say("partners.out")}: ${organisation}`, () => leave({ do: "partner", organisation, on: false }), key("out", organisation))));
  for (const [name, rows] of [["#register", leaving.releases], ["#partners", leaving.partners]]) $(name).previousElementSibling.hidden = rows.length > 0;
  $("#briefs").replaceChildren(...leaving.briefs.map((name) => make("li", {}, make("a", { href: `briefs/${encodeURIComponent(name)}`, download: "", text: name }))));
  periods();
  drawLeft();
}
// What the last command of this page said; what a release tells stands under its form, above the button that makes it.
function drawLeft() {
  const ended = job?.end && LEAVING.includes(job.kind), judges = ended && ["judge", "release"].includes(job.kind);
  $("#judged").hidden = !judges;
  $("#judged h4").hidden = job?.end === "failed";
  if (ended) $("#leaving-done [data-w='leaving.begun']")?.remove();
  if (judges) lines($("#judged .said"), job.lines);
  $("#judged button").hidden = !judges || job.kind !== "judge" || job.end !== "done";
  $("#leaving-said h4").hidden = !ended || judges;
  lines($("#leaving-said .said"), ended && !judges ? job.lines : []);
}
function periods() {
  const tier = $("#brief [name=tier]").value, [year, month] = leaving.today.split("-").map(Number), back = (n) => new Date(Date.UTC(year, month - 1 - n, 1));
  const name = (day) => { const y = day.getUTCFullYear(), m = day.getUTCMonth(); return { internal: `${y}-${String(m + 1).padStart(2, "0")}`, partner: `${y}-Q${Math.floor(m / 3) + 1}`, public: `${y}-H${m < 6 ? 1 : 2}` }[tier]; };
  const all = [...new Set(Array.from({ length: 24 }, (_, n) => name(back(n))))], now = name(back(0)), select = $("#brief [name=period]"), kept = select.value;
  select.replaceChildren(...all.map((one) => option(one, one)));
  select.value = all.includes(kept) ? kept : all.find((one) => one !== now);
  const inside = tier === "internal";
  $("#brief .others").hidden = inside;
  for (const field of document.querySelectorAll("#brief .others input")) field.required = !inside;
}
const leave = (body, word = "leaving.saved") => doing("api/leaving/do", body, "#leaving-done", word, loadLeaving);
const begin = async (body) => { if (await leave(body, "leaving.begun")) await poll(); };
$("#brief [name=tier]").addEventListener("change", periods);
onSubmit("#brief", (form) => {
  const inside = form.tier.value === "internal";
  begin({ do: "brief", period: form.period.value, tier: form.tier.value, language: desk.state.language, ...(inside ? {} : { to: form.to.value, purpose: form.purpose.value, until: form.until.value }) });
});
const released = (draft) => { const form = $("#release"); return { do: "release", tier: form.tier.value, to: form.to.value, purpose: form.purpose.value, until: form.until.value, draft }; };
onSubmit("#release", () => begin(released(true)));
$("#release").addEventListener("input", () => { $("#judged button").hidden = true; });
$("#judged button").addEventListener("click", () => begin(released(false)));
onSubmit("#partner form", async (form) => {
  const entered = { organisation: form.organisation.value, kind: form.kind.value, purpose: form.purpose.value, decided_by: [form.first.value, form.second.value], until: form.until.value };
  if (await leave({ do: "partner", ...entered })) form.reset();
});
Object.assign(desk.pages, { setup: loadSetup, leaving: loadLeaving });
