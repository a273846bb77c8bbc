// The arrows go along a group.
function along(box, nodes = () => [...box.children]) {
  box.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key], all = nodes(), from = all.indexOf(event.target);
    if (!step || from < 0) return;
    event.preventDefault();
    all.at((from + step) % all.length).focus();
  });
}
// And Tab goes into it and out of it in one step each.
function roving(box, nodes = () => [...box.children]) {
  along(box, nodes);
  let current = null;
  function reach(one) {
    const all = nodes();
    for (const node of [current, ...all]) if (node?.tabIndex === 0) node.tabIndex = -1;
    current = one ?? (all.includes(current) ? current : all[0]);
    if (current) current.tabIndex = 0;
  }
  box.addEventListener("focusin", ({ target }) => { if (nodes().includes(target)) reach(target); });
  reach();
  return () => reach();
}

const nodesOf = (of, within = document) => [...within.querySelectorAll(of)];

// Elements of the page.  Text from data reaches them by textContent only, never as markup.
function elements(page) {
  const say = (key) => page.data.texts[key]?.[page.data.languages.indexOf(page.state.language)] ?? key;

  // The options `word` and `aria` name a text of the page, which follows the language; `click` is what a click does.
  function make(tag, options = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(options)) {
      if (name === "text") node.textContent = value;
      else if (name === "word") { node.dataset.w = value; node.textContent = say(value); }
      else if (name === "aria") { node.dataset.aria = value; node.setAttribute("aria-label", say(value)); }
      else if (name === "click") node.addEventListener(name, value);
      else if (name === "patrol") { node.style.setProperty("--shift", value.symbol.colour); node.style.setProperty("--on", value.ink); }
      else node.setAttribute(name, value);
    }
    node.append(...children);
    return node;
  }

  const button = (word, content, click) => make("button", { type: "button", title: say(word), aria: word, "data-title": word, click }, content);

  const icon = (node, wide = 0, high = wide) => L.divIcon({ html: node, className: "", iconSize: [wide, high] });
  // What is clicked in a control is not clicked on the map.
  function control(node, position) {
    L.DomEvent.disableClickPropagation(node);
    return new (L.Control.extend({ onAdd: () => node }))({ position });
  }
  const fact = (term, value) => make("div", {}, make("dt", { word: term }), make("dd", { word: value }));
  // Looked at no further off than at a zoom.
  const near = (at, zoom) => page.map.setView(at, Math.max(zoom, page.map.getZoom()), { animate: false });
  return { say, make, fact, button, icon, control, near };
}
