// Files dropped on the desk: sightings and the log.

// Send files, one after the other, as they are; the server takes a name and bytes.
async function send(address, files, then) {
  fault();
  for (const file of files) {
    const page = document.querySelector(`[data-drop="${address}"]`).closest("section");
    page.querySelector(".dropping").textContent = `${say("dropping")} ${file.name}`;
    const answer = await hand(`drop/${address}?name=${encodeURIComponent(file.name)}`, file);
    page.querySelector(".dropping").textContent = "";
    if (!answer) return;
    then(answer.found);
  }
}
async function hand(address, file) {
  const headers = { "x-desk-tab": tab, "content-type": "application/octet-stream" };
  let answer;
  try { answer = await fetch(address, { method: "POST", headers, body: file }); }
  catch { fault("unsent", [file.name]); return null; }
  return taken(answer, "refused");
}
function dropped(address, then) {
  for (const box of document.querySelectorAll(`[data-drop="${address}"]`)) {
    const field = box.querySelector("input");
    field.addEventListener("change", async () => { await send(address, [...field.files], then); field.value = ""; });
    box.addEventListener("dragover", (event) => { event.preventDefault(); box.classList.add("over"); });
    box.addEventListener("dragleave", () => box.classList.remove("over"));
    box.addEventListener("drop", (event) => { event.preventDefault(); box.classList.remove("over"); send(address, [...event.dataTransfer.files], then); });
  }
}
// A file that misses the box must not replace the page.
for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());

// ---- Sightings ---------------------------------------------------------------------------------------
const COLUMNS = ["id", "kind", "position", "lat", "lon", "uncertainty_m", "located_kind", "date_from", "date_to", "group", "group_min", "group_max", "relates_to"];
const FILLED = { kind: "choice", uncertainty_m: "number", id: "row" };
const MOST_MENDED = 50;
const column = (name) => say(`column.${name}`);
const valued = (name) => say(`value.${name}`);

async function loadSightings() {
  const answer = await ask("api/sightings");
  if (!answer) return;
  $("[data-page-of=sightings] .own").hidden = Boolean(answer.found.study);
  const focused = document.activeElement?.dataset.key, open = new Set([...document.querySelectorAll("#sightings details[open]")].map((one) => one.dataset.fold));
  $("#sightings").replaceChildren(...answer.found.files.map(fileOf));
  for (const fold of document.querySelectorAll("#sightings details")) if (open.has(fold.dataset.fold)) fold.open = true;
  if (focused) (document.querySelector(`[data-key="${CSS.escape(focused)}"]`) ?? $("#sightings")).focus();
}
async function doSightings(what) {
  fault();
  const answer = await ask("api/sightings/do", what);
  if (answer) await loadSightings();
}
function counted({ rows, used, of_nobody, rejected }) {
  const parts = [[rows, "rows"], [used, "rows.used"], [of_nobody, "rows.of_nobody"], [rejected, "rows.rejected"]];
  return parts.map(([n, word]) => `${say(word)}: ${number(n)}`).join(" · ");
}
function fileOf(file) {
  const act = (word, what, options = {}) => tool(word, null, () => doSightings({ file: file.file, ...what }), { ...key(word, file.file), ...options });
  const head = [make("h3", { text: file.name })];
  const away = act("away", { do: "away" });
  if (file.unread) return make("article", { class: "file" }, ...head, make("p", { class: "head", word: "unread" }), ...file.unread.map((text) => own("p", text)), ...sheetOf(file), away);
  const bad = file.rows.filter((row) => row.faults.length), good = file.rows.filter((row) => !row.faults.length);
  const asked = file.whole.length || file.missing.length || Object.keys(file.words).length;
  const mapping = make("details", { "data-fold": `map-${file.file}` }, make("summary", { text: say("mapping") }), mappingOf(file));
  if (asked) mapping.open = true;
  const take = act("take_in", { do: "take" }, { class: "strong", ...key("take_in", file.file), ...(file.counts.used ? {} : { "aria-disabled": true }) });
  const merged = file.duplicates.length ? [act("take_merged", { do: "take", merge: true }, file.counts.used ? {} : { "aria-disabled": true })] : [];
  const again = file.taken === null ? [] : [make("p", { text: `${say("taken")} ${number(file.taken)}` })];
  const told = file.told.length ? [make("div", { class: "told", role: "status" }, make("p", { class: "head", word: "taken.in" }), ...file.told.map((text) => own("p", text)), tool("run", null, () => start({ job: "run" }), key("run", file.file)))] : [];
  return make("article", { class: "file" }, ...head, make("p", { class: "counts", text: counted(file.counts) }), ...told, ...again,
    ...file.whole.map((text) => own("p", text, { class: "whole" })), mapping,
    ...(bad.length && !file.whole.length ? [make("h4", { text: `${say("mend")}: ${number(bad.length)}` }), ...bad.slice(0, MOST_MENDED).map((row) => mendOf(file, row)), act("leave.all", { do: "leave", rows: bad.map(({ row }) => row) })] : []),
    ...readOf(file, good), make("div", { class: "acts" }, take, ...merged, away));
}
function readOf(file, good) {
  const notes = [...file.notes, ...file.duplicates].map((text) => own("p", text));
  const head = ["row", "kind", "lat", "lon", "uncertainty_m", "date_from", "group_min", "group_max"];
  const rows = good.map(({ row, values }) => [row, ...values].map(String));
  const fold = make("details", { "data-fold": `read-${file.file}` }, make("summary", { text: `${say("read")}: ${number(good.length)}` }), ...notes, ...(rows.length ? [table({ head: head.map(column), rows })] : []));
  return good.length || notes.length ? [fold] : [];
}
const spoken = (where) => where.split(", ").map((one) => (COLUMNS.includes(one) ? column(one) : one)).join(", ");
function mendOf(file, { row, cells, faults }) {
  const names = Object.fromEntries(file.columns.map(({ place, name }) => [place, name]));
  const fields = Object.entries(cells).map(([place, text]) => make("label", {}, `${names[place]} `, make("input", { name: place, value: text, ...key("cell", file.file, row, place) })));
  const form = make("form", { class: "mend", "aria-label": `${say("row")} ${row}` }, make("b", { text: `${say("row")} ${row}` }),
    make("ul", { class: "faults" }, ...faults.map(({ column: where, problem, fix }) => make("li", {}, where ? `${spoken(where)}: ` : "", own("span", problem), ".", own("span", fix, { class: "fix" })))),
    make("div", { class: "line" }, ...fields, make("button", { class: "strong", ...key("mend", file.file, row) }, say("set")), tool("leave", null, () => doSightings({ do: "leave", file: file.file, rows: [row] }), key("leave", file.file, row))));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const changed = [...form.querySelectorAll("input")].filter((one) => one.value !== one.defaultValue);
    doSightings({ do: "mend", file: file.file, row, cells: Object.fromEntries(changed.map((one) => [one.name, one.value])) });
  });
  return form;
}
const choice = (name, chosen, options, more = {}) => {
  const node = make("select", { name, ...more }, ...options.map(([value, text]) => make("option", { value, text })));
  node.value = chosen;
  return node;
};
function mappingOf(file) {
  const { mapping } = file;
  const rows = file.columns.map(({ place, name, column: is, examples, personal }) => {
    const auto = is === null ? "column.unknown" : is === "?" ? "column.point" : "";
    const options = [...(auto ? [["?", say(auto)]] : []), ["", say("column.none")], ...COLUMNS.map((one) => [one, column(one)])];
    const shown = auto ? "?" : COLUMNS.includes(is) ? is : "";
    const what = personal ? make("p", { word: "personal" }) : make("small", { text: examples.join(" · ") });
    return make("li", {}, make("label", {}, make("b", { text: name }), " ", choice("column", shown, options, { "data-name": name, ...key("column", file.file, place) })), what);
  });
  const lacks = new Set([...file.missing, ...Object.keys(mapping.fill)]);
  const fills = Object.keys(FILLED).filter((name) => lacks.has(name)).map((name) => fillOf(file, name));
  const places = file.missing.filter((name) => !(name in FILLED));
  const words = Object.entries(file.words).flatMap(([name, said]) => said.map((word) => make("label", {}, `${column(name)}: ${word} `, choice("word", "", [["", say("word.unknown")], ...file.values[name].map((one) => [one, valued(one)])], { "data-column": name, "data-word": word, ...key("word", file.file, name, word) }))));
  const kept = make("input", { name: "kept", maxlength: 60, value: stem(file.name), ...key("kept", file.file) });
  const form = make("form", { class: "mapping" },
    ...(file.headings.length ? [make("label", {}, `${say("heading")} `, choice("header_row", mapping.header_row ?? "", [["", say("heading.found")], ...file.headings.map(([n, text]) => [n, `${n}: ${text.slice(0, 80)}`])], key("header", file.file)))] : []),
    make("ul", { class: "columns" }, ...rows),
    ...(places.length ? [make("p", { class: "head", text: `${say("missing")}: ${places.map(column).join(", ")}` })] : []),
    ...(fills.length ? [make("fieldset", {}, make("legend", { word: "fill" }), ...fills)] : []),
    ...(words.length ? [make("fieldset", {}, make("legend", { word: "words" }), ...words)] : []),
    make("label", {}, `${say("dates")} `, choice("dates", mapping.dates ?? "", [["", say("dates.plain")], ["dmy", "31/10/2026"], ["mdy", "10/31/2026"]], key("dates", file.file))),
    make("label", {}, `${say("decimal")} `, choice("decimal", mapping.decimal ?? "", [["", say("dates.plain")], [",", "42,893"], [".", "42.893"]], key("decimal", file.file))),
    make("label", {}, `${say("kept")} `, kept),
    make("div", { class: "acts" }, make("button", { class: "strong", value: "keep", ...key("keep", file.file) }, say("keep")), make("button", { value: "once", ...key("once", file.file) }, say("once"))));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = event.submitter?.value === "once" ? "" : kept.value;
    doSightings({ do: "read", file: file.file, name, mapping: said_by(form, mapping) });
  });
  return form;
}
const stem = (name) => name.replace(/\.[^.]*$/, "").replace(/[\d_.-]+/g, " ").trim() || name;
function fillOf(file, name) {
  const before = file.mapping.fill[name] ?? "", more = { name: "fill", "data-column": name, ...key("fill", file.file, name) };
  if (FILLED[name] === "row") return make("label", { class: "tick" }, make("input", { type: "checkbox", value: "row", checked: "", ...more }), ` ${say("fill.id")}`);
  if (FILLED[name] === "number") return make("label", {}, `${column(name)} `, make("input", { type: "number", min: 1, max: 100000, value: before, ...more }));
  return make("label", {}, `${column(name)} `, choice("fill", before, [["", say("fill.none")], ...["sighting", "interview"].map((one) => [one, valued(one)])], more));
}
function said_by(form, before) {
  const all = (name) => [...form.querySelectorAll(`[name=${name}]`)];
  const set = (name) => form.querySelector(`[name=${name}]`)?.value || null;
  const words = structuredClone(before.words);
  for (const one of all("word")) if (one.value) (words[one.dataset.column] ??= {})[one.dataset.word] = one.value;
  const fill = Object.fromEntries(all("fill").filter((one) => one.value && (one.type !== "checkbox" || one.checked)).map((one) => [one.dataset.column, one.value]));
  const row = set("header_row");
  return {
    columns: Object.fromEntries(all("column").filter((one) => one.value !== "?").map((one) => [one.dataset.name, one.value])),
    words, fill, dates: set("dates"), decimal: set("decimal"), header_row: row && Number(row), sheet: before.sheet ?? null,
  };
}
// A workbook of several sheets says which there are; one of them is named.
function sheetOf(file) {
  if (!file.sheets) return [];
  return file.sheets.map((sheet) => tool("sheet", `${say("sheet")} ${sheet}`, () => doSightings({ do: "read", file: file.file, mapping: { columns: {}, sheet } }), key("sheet", file.file, sheet)));
}
dropped("sightings", loadSightings);

// ---- The log -----------------------------------------------------------------------------------------
async function loadLog() {
  const chosen = $("#log-night").value, answer = await ask(`api/log?night=${encodeURIComponent(chosen)}`);
  if (!answer) return;
  const { nights, night: day, stops, questions, status } = answer.found;
  $("#log-night").replaceChildren(...nights.toReversed().map((one) => make("option", { value: one, text: one })));
  $("#log-night").value = day ?? "";
  $("[data-page-of=log] .nobody").hidden = stops.length > 0;
  $("[data-tables=visits]").hidden = stops.every((stop) => stop.outcome);
  for (const link of document.querySelectorAll("[data-tables=visits] a")) link.search = `night=${day}`;
  const open = document.querySelector("#log-stops details[open]")?.dataset.fold;
  $("#log-stops").replaceChildren(...stops.map((stop) => make("li", {}, visitOf(day, stop, questions))));
  const fold = open && document.querySelector(`[data-fold="${CSS.escape(open)}"]`);
  if (fold) fold.open = true;
  lines($("#log-force .said"), status);
}
function toldLog(found) {
  lines($("#log-told"), found.lines);
  $("#log-told").classList.toggle("bad", !found.passed);
  loadLog();
}
const inForm = (texts) => texts[desk.state.language.slice(0, 2)] || texts.en;
function visitOf(day, stop, questions) {
  const state = stop.outcome ? `${inForm(questions[0].choices.find(({ name }) => name === stop.outcome).label)}${stop.arrived ? ` ${stop.arrived}–${stop.left}` : ""}` : say("log.untold");
  const fold = make("details", { "data-fold": stop.name }, make("summary", {}, `${stop.arrive} ${said(stop.label)} `, make("small", { text: `${said(stop.patrol)} · ${state}` })));
  // The form is made when it is opened: a night has many stops, and a group many questions.
  fold.addEventListener("toggle", () => { if (fold.open && fold.children.length === 1) fold.append(formOf(day, stop, questions)); });
  return fold;
}
function formOf(day, stop, questions) {
  const form = make("form", { class: "visit" }), apart = questions.filter((one) => !one.of_group), ofGroup = questions.filter((one) => one.of_group);
  const before = { outcome: stop.outcome ?? "done", skip_reason: stop.skip_reason, arrived: stop.arrived || stop.arrive, left: stop.left || stop.depart, groups: stop.outcome === "done" ? "" : "0" };
  const groups = make("div", {});
  const fields = apart.map((one) => fieldOf(one, one.name, before[one.name] ?? ""));
  const show = () => {
    const done = form.querySelector("[name=outcome]").value === "done";
    for (const one of apart) if (one.relevant && one.type !== "note") {
      const label = form.querySelector(`[name="${one.name}"]`).closest("label");
      label.hidden = one.relevant.includes("'done'") !== done;
      label.querySelector("input, select").required = !label.hidden && one.required;
    }
    const n = done ? Math.min(10, Number(form.querySelector("[name=groups]").value)) : 0;
    while (groups.children.length > n) groups.lastChild.remove();
    while (groups.children.length < n) {
      const i = groups.children.length + 1;
      groups.append(make("fieldset", {}, make("legend", { text: `${say("log.group")} ${i}` }), ...ofGroup.map((one) => fieldOf(one, one.name.replace("#", i), ""))));
    }
  };
  form.append(...(stop.outcome ? [make("p", { word: "log.again" })] : []), ...fields, groups, make("button", { class: "strong" }, say("log.tell")));
  form.addEventListener("input", show);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    fault();
    const answers = {};
    for (const one of form.querySelectorAll("[name]")) {
      const said = one.type === "checkbox" ? (one.checked ? one.value : "") : one.value;
      if (said && !one.closest("[hidden]")) answers[one.name] = answers[one.name] ? `${answers[one.name]} ${said}` : said;
    }
    const answer = await ask("api/log/do", { do: "tell", night: day, stop: stop.name, answers });
    if (!answer) return;
    form.closest("details").open = false;
    toldLog(answer.found);
    $("#log-told").focus();
  });
  show();
  return form;
}
function fieldOf(one, name, value) {
  const text = inForm(one.label).replace("#", name.match(/\d+$/)?.[0] ?? ""), required = one.required ? { required: "" } : {};
  if (one.type === "note") return make("p", { text });
  if (one.type === "select_multiple") return make("fieldset", { class: "several" }, make("legend", { text }), ...one.choices.map((is) => make("label", { class: "tick" }, make("input", { type: "checkbox", name, value: is.name }), ` ${inForm(is.label)}`)));
  if (one.choices.length || one.type === "select_one") return make("label", {}, `${text} `, choice(name, value, [["", "–"], ...one.choices.map((is) => [is.name, inForm(is.label)])], required));
  const kinds = { dateTime: { type: "time" }, integer: { type: "number", min: 0, max: 10 } };
  return make("label", {}, `${text} `, make("input", { name, value, ...kinds[one.type], ...required }));
}
$("#log-night").addEventListener("change", loadLog);
dropped("log", toldLog);
dropped("withdraw", toldLog);
const purge = $("#log-purge form"), purging = async (preview) => {
  fault();
  const answer = await ask("api/log/do", { do: "purge", before: purge.querySelector("input").value, preview });
  if (!answer) return;
  lines($("#log-purge .said"), answer.found.lines);
  $("#log-purge > button").hidden = !preview;
  if (!preview) loadLog();
};
purge.addEventListener("submit", (event) => { event.preventDefault(); purging(true); });
purge.querySelector("input").addEventListener("input", () => { $("#log-purge > button").hidden = true; });
$("#log-purge > button").addEventListener("click", () => purging(false));
Object.assign(desk.pages, { sightings: loadSightings, log: loadLog });
