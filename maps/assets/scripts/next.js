// The next stop below the map, by the clock of the device: what it is, how far, how long, when.
function nextStop(page) {
  const { map, make, state } = page, box = make("section", { class: "next", aria: "next.stop" });
  const minutes = (clock) => clock.split(":").reduce((sum, n) => 60 * sum + Number(n), 0);
  // The hand on the arrows is heeded, until another patrol is chosen.
  let chosen = {};
  const rows = () => nodesOf(".patrol.chosen .stops > li");
  // The first stop that is not over; before and after the shift its first.
  function due(stops) {
    const now = new Date(), start = minutes(stops[0].dataset.until);
    const since = (minute) => (minute - start + 1440) % 1440, passed = since(60 * now.getHours() + now.getMinutes());
    return Math.max(1, stops.findIndex((row) => since(minutes(row.dataset.until)) >= passed));
  }
  function step(by) {
    const stops = rows();
    chosen = { patrol: state.patrol, at: Math.max(1, Math.min(stops.length - 1, box.at + by)) };
    show();
    box.querySelector(by < 0 ? ".back" : ".on").focus();
  }
  function arrow(name, word, sign, by) {
    const node = page.button(word, sign, () => step(by));
    node.className = name;
    return node;
  }
  // A phone of Apple opens no address of the kind geo:.
  const wanted = /iP(hone|ad|od)/.test(navigator.userAgent) ? "https:" : "geo:";
  function show() {
    const stops = rows();
    if (stops.length < 2) return;
    if (chosen.patrol !== state.patrol) chosen = { patrol: state.patrol };
    box.at = chosen.at ?? due(stops);
    const row = stops[box.at], part = (name) => row.querySelector(name)?.cloneNode(true) ?? "";
    const click = () => page.panel.open(row.querySelector(".go").dataset.stop, () => open);
    const open = make("button", { type: "button", class: "shown", click }, part(".badge"), part(".name"));
    const [drive, km] = nodesOf(".by [data-w]", row).map((node) => node.cloneNode(true));
    drive.className = "drive";
    const told = make("div", { class: "told", patrol: page.patrols.chosen() }, open, make("p", {}, drive, " ", km, " ", part(".when b")));
    const way = nodesOf(".way a", row).find((link) => link.protocol === wanted)?.cloneNode(true);
    box.replaceChildren(arrow("back", "next.before", "‹", -1), told, way ?? "", arrow("on", "next.after", "›", 1));
  }
  const stage = document.getElementById("stage");
  if (page.patrols.all.size) stage.prepend(box);
  // On a phone what is scrolled to comes to lie below it; elsewhere the map gives it room.
  const sizes = new ResizeObserver(() => {
    document.body.style.setProperty("--above", `${stage.offsetHeight}px`);
    map.invalidateSize({ pan: false });
  });
  for (const node of [stage, map.getContainer()]) sizes.observe(node);
  setInterval(show, 30000);
  return { show };
}
