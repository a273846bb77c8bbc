// The arrows go along a group.
function along(box, nodes) {
  box.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key], all = nodes(), from = all.indexOf(event.target);
    if (!step || from < 0) return;
    event.preventDefault();
    all.at((from + step) % all.length).focus();
  });
}
// And Tab goes into it and out of it in one step each.
function roving(box, nodes) {
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

// Elements of the page.  Text from data reaches them by textContent only, never as markup.
function elements(page) {
  const say = (key) => page.data.texts[key]?.[page.data.languages.indexOf(page.state.language)] ?? key;

  // The option `word` names a text of the page, which follows the language; `click` is what a click does.
  function make(tag, options = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(options)) {
      if (name === "text") node.textContent = value;
      else if (name === "word") { node.dataset.w = value; node.textContent = say(value); }
      else if (name === "click") node.addEventListener(name, value);
      else if (name === "patrol") { node.style.setProperty("--shift", value.symbol.colour); node.style.setProperty("--on", value.ink); }
      else node.setAttribute(name, value);
    }
    node.append(...children);
    return node;
  }

  const button = (word, content, click) => make("button", { type: "button", "aria-label": say(word), title: say(word), "data-aria": word, "data-title": word, click }, content);

  const icon = (node, wide = 0, high = wide) => L.divIcon({ html: node, className: "", iconSize: [wide, high] });
  const control = (node, position) => new (L.Control.extend({ onAdd: () => node }))({ position });
  const fact = (term, value) => make("div", {}, make("dt", { word: term }), make("dd", { word: value }));
  return { say, make, fact, button, icon, control };
}
