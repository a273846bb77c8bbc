// The panel beside the map: shifts, patrols as tabs, the timetable with its legs, the night.
function timetablePanel(page) {
  const { map, data, state, make } = page;
  const timetable = document.getElementById("timetable");

  // ---- Which patrol ---------------------------------------------------------------------------
  function show(key, fit) {
    state.patrol = key;
    const patrol = page.patrols.chosen();
    if (state.shift) state.shift = patrol.shift;
    for (const node of nodesOf("[data-night]")) node.classList.toggle("chosen", Number(node.dataset.night) === patrol.night);
    days.set(patrol.night);
    for (const tab of nodesOf("[data-patrol]")) {
      const chosen = tab.dataset.patrol === key;
      tab.setAttribute("aria-selected", chosen);
      tab.tabIndex = chosen ? 0 : -1;
    }
    for (const sheet of nodesOf(".patrol")) sheet.classList.toggle("chosen", sheet.id === `patrol-${key}`);
    for (const choice of shifts.children) choice.setAttribute("aria-pressed", Number(choice.dataset.shift) === state.shift);
    close();
    // First the view, clear of the next stop, then what is in it.
    page.next.show();
    map.invalidateSize({ pan: false });
    fit?.();
    page.layers.refresh();
    page.patrols.redraw();
    page.remember();
  }
  for (const tab of nodesOf("[data-patrol]")) {
    tab.prepend(swatch(page.layers.all.get(page.patrols.all.get(tab.dataset.patrol).layer)));
    tab.addEventListener("click", () => show(tab.dataset.patrol, page.patrols.whole));
  }
  for (const tabs of nodesOf(".tabs")) {
    along(tabs);
    tabs.addEventListener("keydown", () => {
      const { patrol } = document.activeElement.dataset;
      if (patrol !== state.patrol) show(patrol, page.patrols.whole);
    });
  }
  const days = nightControl((chosen) => {
    // The same vehicle and shift of that night, or else its first patrol.
    const same = (key) => key.replace(/^night-\d+-/, "");
    const there = [...page.patrols.all.values()].filter((patrol) => patrol.night === chosen);
    show((there.find((patrol) => same(patrol.key) === same(state.patrol)) ?? there[0]).key, page.patrols.whole);
  });

  // ---- Which shift: its number from 1, or 0 for all --------------------------------------------
  const shifts = make("div", { class: "shifts", role: "group", aria: "shifts.choose" });
  for (const [n, word] of [...data.shifts.map((shift, k) => [k + 1, shift]), [0, "shifts.all"]]) {
    shifts.append(make("button", { type: "button", "data-shift": n, word, click() {
      state.shift = n;
      const patrol = page.patrols.chosen();
      const first = [...page.patrols.all.values()].find(page.patrols.within);
      show((page.patrols.within(patrol) ? patrol : first ?? patrol).key, page.patrols.together);
    } }));
  }
  if (data.shifts.length > 1) timetable.querySelector(".night").before(shifts);
  roving(shifts);

  // ---- Stops ------------------------------------------------------------------------------------
  function open(anchor, opener) {
    const patrol = page.patrols.chosen();
    const stop = patrol.stops.find((s) => s.anchor === anchor) ?? patrol.stops[0];
    close();
    state.opener = opener;
    // The details open in the timetable, and the map moves to the stop: they cover no route.
    page.near(stop.at, page.narrow() ? 15 : 14);
    const row = document.getElementById(anchor), go = row.querySelector(".go");
    row.classList.add("open");
    go.setAttribute("aria-expanded", "true");
    if (opener() !== go) { row.scrollIntoView({ block: "start" }); go.focus({ preventScroll: true }); }
    row.querySelector(page.narrow() ? ".way" : ".more")?.scrollIntoView({ block: "nearest" });
  }
  function close() {
    page.popups.close();
    for (const row of nodesOf("li.open")) {
      const within = row.contains(document.activeElement);
      row.classList.remove("open");
      row.querySelector(".go").setAttribute("aria-expanded", "false");
      page.popups.back(within);
    }
  }
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
  for (const stops of nodesOf(".stops")) along(stops, () => nodesOf(".go", stops));
  for (const go of nodesOf("[data-stop]")) {
    go.addEventListener("click", () => (go.getAttribute("aria-expanded") === "true" ? close() : open(go.dataset.stop, () => go)));
  }

  // ---- Legs: a click lights one up, and the map shows it ------------------------------------------
  function light(chosen) {
    if (chosen) close();
    for (const leg of nodesOf("[data-leg]")) leg.setAttribute("aria-pressed", leg === chosen);
    page.patrols.light(chosen && page.patrols.chosen(), chosen && Number(chosen.dataset.leg));
  }
  for (const by of nodesOf(".by", timetable)) {
    const order = [...by.closest("ol").children].indexOf(by.closest("li"));
    const click = () => light(leg.getAttribute("aria-pressed") === "true" ? null : leg);
    const leg = make("button", { type: "button", class: "leg", "data-leg": order, "aria-pressed": "false", click }, ...by.childNodes);
    by.append(leg);
  }
  return { show, open, close, light };
}
