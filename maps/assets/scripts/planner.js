// The planner page: each part is given the page, and finds the others there.
function planner(map) {
  const page = {
    map,
    data: JSON.parse(document.getElementById("planner-data").textContent),
    narrow: () => matchMedia(page.narrow.query).matches,
    // On a phone the map lies under the heading, and stays where the page scrolls.
    mapInView() {
      const above = document.querySelector(".bar").offsetHeight;
      if (page.narrow() && scrollY < above) scrollTo(0, above);
    },
  };
  page.narrow.query = "(max-width: 860px)";
  page.rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  page.cramped = () => page.narrow() || map.getSize().x < 47 * page.rem;
  page.narrow.phone = () => matchMedia("(max-width: 620px)").matches;
  page.state = { language: page.data.language, patrol: null, shift: 1, periods: {}, shown: () => true };
  const wanted = new URLSearchParams(location.hash.slice(1));
  Object.assign(page, elements(page));
  Object.assign(page, languages(page));
  page.later = laterFrames();
  page.panes = mapPanes(page);
  page.popups = popupCards(page);
  page.cells = cellMarks(page);
  page.found = foundLists(page);
  page.names = mapNames(page);
  page.patrols = patrolLayers(page);
  page.layers = mapLayers(page);
  page.patrols.start();
  page.panel = timetablePanel(page);
  page.next = nextStop(page);
  copying(page);

  // Cells are 100 m wide: nearer, the map would look more accurate than it is.
  map.setMinZoom(7).setMaxZoom(17);
  const periods = periodFilter(page);
  page.legend = legendControl(page, periods);
  page.controls = controls(page);
  for (const control of [...corridorViews(page), ...page.controls.all, page.legend]) map.addControl(control);
  map.getContainer().setAttribute("role", "group");
  Object.assign(map.getContainer(), { ariaLabel: page.say("map") }).dataset.aria = "map";

  printing(page, wanted.get("paper"));
  nightSwitch(page, wanted.get("night"));
  page.found.list();
  page.found.jumps();
  periods?.set(wanted);
  expire(page.data.renew);
  // Of a plan with dates the first patrol that is not over.
  const { patrols } = page.data, due = patrols.find(({ until }) => new Date(until) > new Date()) ?? patrols[0];
  page.state.patrol = (page.patrols.all.get(wanted.get("patrol")) ?? due)?.key ?? null;
  if (page.state.patrol) page.panel.show(page.state.patrol, page.narrow.phone() ? page.patrols.whole : page.patrols.together);
  else { page.patrols.whole(); page.layers.refresh(); page.patrols.redraw(); }
  map.on("zoomend", () => { page.later("layers", page.layers.refresh); page.later("marks", page.patrols.redraw); });
  const language = page.known(wanted.get("lang"));
  if (language === page.state.language) page.remember();
  else page.speak(language);
  // In a task of its own: the panel is there first.
  setTimeout(() => {
    page.later.open();
    document.body.dataset.ready = "true";
  });
}
