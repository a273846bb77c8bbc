// The panel beside the map: the patrols as tabs, the timetable, the night.
function timetablePanel(page) {
  const { map, state } = page;

  function show(key, fit) {
    state.patrol = key;
    const night = page.patrols.night();
    for (const node of document.querySelectorAll("[data-night]")) node.classList.toggle("chosen", Number(node.dataset.night) === night);
    days.set(night);
    for (const tab of document.querySelectorAll("[data-patrol]")) {
      const chosen = tab.dataset.patrol === key;
      tab.setAttribute("aria-selected", chosen);
      tab.tabIndex = chosen ? 0 : -1;
    }
    for (const sheet of document.querySelectorAll(".patrol")) sheet.classList.toggle("chosen", sheet.id === `patrol-${key}`);
    close();
    page.layers.refresh();
    page.patrols.raise();
    if (fit) page.patrols.whole();
    page.patrols.mark();
    page.remember();
  }

  function open(anchor, opener) {
    const patrol = page.patrols.chosen();
    const stop = patrol.stops.find((s) => s.anchor === anchor) ?? patrol.stops[0];
    close();
    state.opener = opener;
    if (page.narrow()) return unfold(anchor, stop);
    if (map.getZoom() < 14) map.setView(stop.at, 14, { animate: false });
    const room = { autoPanPaddingTopLeft: [60, 20], autoPanPaddingBottomRight: [page.patrols.beside(), 20] };
    const popup = L.popup({ minWidth: 250, maxWidth: 340, maxHeight: Math.min(620, map.getSize().y - 110), ...room, offset: [0, -8] });
    popup.setLatLng(stop.at).setContent(page.popups.stopCard(anchor, patrol)).openOn(map);
  }
  // On a phone the details open in the timetable, and the map moves to the stop.
  function unfold(anchor, stop) {
    map.setView(stop.at, Math.max(15, map.getZoom()), { animate: false });
    const row = document.getElementById(anchor), go = row.querySelector(".go");
    row.classList.add("open");
    go.setAttribute("aria-expanded", "true");
    if (state.opener() !== go) { row.scrollIntoView({ block: "start" }); go.focus({ preventScroll: true }); }
  }
  function close() {
    map.closePopup();
    for (const row of document.querySelectorAll("li.open")) {
      row.classList.remove("open");
      row.querySelector(".go").setAttribute("aria-expanded", "false");
    }
  }
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });

  for (const tab of document.querySelectorAll("[data-patrol]")) {
    tab.addEventListener("click", () => show(tab.dataset.patrol, true));
    tab.addEventListener("keydown", (event) => {
      const tabs = [...tab.parentElement.children];
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
      show(next.dataset.patrol, true);
      next.focus();
    });
  }
  for (const go of document.querySelectorAll("[data-stop]")) {
    go.addEventListener("click", () => (go.getAttribute("aria-expanded") === "true" ? close() : open(go.dataset.stop, () => go)));
  }
  const days = nightControl((chosen) => {
    // The same vehicle and shift of that night, or else its first patrol.
    const same = (key) => key.replace(/^night-\d+-/, "");
    const there = [...page.patrols.all.values()].filter((patrol) => patrol.night === chosen);
    show((there.find((patrol) => same(patrol.key) === same(state.patrol)) ?? there[0]).key, true);
  });
  return { show, open, close };
}
