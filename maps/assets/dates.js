// What depends on a date: the day of opening, and the months of the sightings.
function expire(renew) {
  const today = new Date(), two = (n) => String(n).padStart(2, "0");
  const iso = `${today.getFullYear()}-${two(today.getMonth() + 1)}-${two(today.getDate())}`;
  if (!renew || iso <= renew) return;
  for (const node of document.querySelectorAll(".expired")) node.hidden = false;
}

// Sightings by month: two lists, from and to.  Those without a month stay.
function monthFilter(data, layers, make, say, changed) {
  const dated = [];
  let all = 0;
  for (const layer of layers.values()) {
    if (!layer.key.startsWith("sightings_")) continue;
    all += layer.features.length;
    layer.drawn.getLayers().forEach((child, i) => { if (layer.features[i].month) dated.push([layer.drawn, child, layer.features[i].month]); });
  }
  const months = data.months.map(([month]) => month);
  const list = (word, chosen) => {
    const box = make("select", { "data-aria": word, "aria-label": say(word) });
    for (const [month, key] of data.months) box.append(make("option", { value: month, word: key }));
    box.value = chosen;
    return box;
  };
  const from = list("months.from", months[0]), to = list("months.to", months[months.length - 1]);
  const count = make("span", {});
  const told = make("p", { role: "status" }, make("span", { word: "months.shown" }), count);
  const node = make("div", { class: "months", role: "group", "data-aria": "months", "aria-label": say("months") },
    make("p", { word: "months" }), make("p", { class: "between" }, make("span", { word: "months.from" }), from, make("span", { word: "months.to" }), to), told,
    ...(data.undated ? [make("p", { class: "small", word: "months.without" })] : []), make("p", { class: "small", word: "months.note" }));
  function apply() {
    if (from.value > to.value) (this === to ? from : to).value = this.value;
    let shown = all;
    for (const [group, child, month] of dated) {
      const visible = from.value <= month && month <= to.value;
      if (!visible) shown -= 1;
      if (visible !== group.hasLayer(child)) visible ? group.addLayer(child) : group.removeLayer(child);
    }
    count.textContent = `: ${shown} / ${all}`;
    changed(from.value === months[0] && to.value === months[months.length - 1] ? {} : { from: from.value, to: to.value });
  }
  from.addEventListener("change", apply);
  to.addEventListener("change", apply);
  return { node, set(wanted) {
    if (months.includes(wanted.get("from"))) from.value = wanted.get("from");
    if (months.includes(wanted.get("to")) && wanted.get("to") >= from.value) to.value = wanted.get("to");
    apply.call(to);
  } };
}

// The night that is shown, of several: a list, and buttons to the day before and after.
function nightControl(choose) {
  const box = document.querySelector(".days");
  if (!box) return { set() {} };
  const list = box.querySelector("select"), told = box.querySelector("[role=status]");
  const buttons = [...box.querySelectorAll("[data-step]")];
  function go(index) {
    if (!list.options[index]) return;
    list.selectedIndex = index;
    choose(Number(list.value));
    told.dataset.w = list.options[index].dataset.w;
    told.textContent = list.options[index].textContent;
  }
  list.addEventListener("change", () => go(list.selectedIndex));
  for (const button of buttons) button.addEventListener("click", () => go(list.selectedIndex + Number(button.dataset.step)));
  return { set(night) {
    list.value = night;
    // They stay reachable at the ends, so that the focus is not lost.
    for (const button of buttons) button.setAttribute("aria-disabled", !list.options[list.selectedIndex + Number(button.dataset.step)]);
  } };
}
