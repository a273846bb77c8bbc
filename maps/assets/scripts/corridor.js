// The whole corridor beside the patrols: two views in one click, and a view of each crossing.
function corridorViews(page) {
  const { map, data, make } = page;
  function look(view) {
    page.popups.close();
    page.mapInView();
    view();
  }
  for (const button of nodesOf(".crossing-view")) {
    const at = button.dataset.at.split(",").map(Number);
    button.addEventListener("click", () => look(() => map.setView(at, 13, { animate: false })));
  }
  if (!data.corridor) return [];
  const choices = [["view.patrols", page.patrols.together], ["view.corridor", page.patrols.corridor]].map(([word, view]) => make("button", { type: "button", word, click: () => look(view) }));
  const box = make("div", { class: "views", role: "group", aria: "view" }, ...choices);
  // On a phone the map has no room for them: they stand below it.
  if (page.narrow.phone()) return document.getElementById("timetable").prepend(box) ?? [];
  return [page.control(box, "topleft")];
}
