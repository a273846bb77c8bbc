// What depends on a date: the day of opening, and the periods of the sightings.
function expire(renew) {
  if (new Date() < new Date(`${renew}T24:00`)) return;
  for (const node of nodesOf(".expired")) node.hidden = false;
}

// Sightings by period: two lists, from and to.  Those without a period stay, and a quarter as
// long as one of its months is chosen.
function periodFilter(page) {
  const { data, state, make, say } = page, cells = page.cells.all;
  if (data.periods.length < 2) return null;
  const all = cells.reduce((sum, cell) => sum + cell.all, 0);
  const names = data.periods.map(([name]) => name);
  const list = (word, chosen) => {
    const box = make("select", { aria: word });
    for (const [name, key] of data.periods) box.append(make("option", { value: name, word: key }));
    box.selectedIndex = chosen;
    return box;
  };
  const from = list("periods.from", 0), to = list("periods.to", names.length - 1);
  const count = make("span", { text: `: ${all} / ${all}` });
  const status = make("p", { role: "status" }, make("span", { word: "periods.shown" }), count);
  const node = make("div", { class: "periods", role: "group", aria: "periods" },
    make("p", { word: "periods" }), make("p", { class: "between" }, make("span", { word: "periods.from" }), from, make("span", { word: "periods.to" }), to), status,
    ...(data.undated ? [make("p", { class: "small", word: "periods.without" })] : []), make("p", { class: "small", word: "periods.note" }));
  function apply() {
    if (from.selectedIndex > to.selectedIndex) (this === to ? from : to).selectedIndex = this.selectedIndex;
    const whole = from.selectedIndex === 0 && to.selectedIndex === names.length - 1;
    const first = data.periods[from.selectedIndex][2], last = data.periods[to.selectedIndex][3];
    const within = data.periods.map((period) => whole || (period[3] >= first && period[2] <= last));
    state.shown = (period) => within[period] ?? true;
    page.cells.count();
    const shown = cells.reduce((sum, cell) => sum + cell.count, 0);
    count.textContent = `: ${shown} / ${all}`;
    state.periods = whole ? {} : { from: from.value, to: to.value };
    page.found.translate();
    page.remember();
  }
  from.addEventListener("change", apply);
  to.addEventListener("change", apply);
  return { node, set(wanted) {
    if (names.includes(wanted.get("from"))) from.value = wanted.get("from");
    if (names.includes(wanted.get("to")) && names.indexOf(wanted.get("to")) >= from.selectedIndex) to.value = wanted.get("to");
    if (from.selectedIndex || to.selectedIndex < names.length - 1) apply.call(to);
  } };
}

// The night that is shown, of several: a list, and buttons to the day before and after.
function nightControl(choose) {
  const box = document.querySelector(".days");
  if (!box) return { set() {} };
  const list = box.querySelector("select"), status = box.querySelector("[role=status]");
  const buttons = nodesOf("[data-step]", box);
  function go(index) {
    if (!list.options[index]) return;
    list.selectedIndex = index;
    choose(Number(list.value));
    status.dataset.w = list.options[index].dataset.w;
    status.textContent = list.options[index].textContent;
  }
  list.addEventListener("change", () => go(list.selectedIndex));
  for (const button of buttons) button.addEventListener("click", () => go(list.selectedIndex + Number(button.dataset.step)));
  return { set(night) {
    list.value = night;
    // They stay reachable at the ends, so that the focus is not lost.
    for (const button of buttons) button.setAttribute("aria-disabled", !list.options[list.selectedIndex + Number(button.dataset.step)]);
  } };
}
