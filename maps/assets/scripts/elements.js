// Elements of the page.  Text from data reaches them by textContent only, never as markup.
function elements(page) {
  const say = (key) => page.data.texts[page.state.language][key] ?? key;

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
  return { say, make, button, icon, control };
}
