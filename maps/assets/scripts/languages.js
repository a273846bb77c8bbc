// The language of the page, and what of its state the address keeps.
function languages(page) {
  const { data, state, say } = page;
  const set = (attribute, put) => { for (const node of nodesOf(`[data-${attribute}]`)) put(node, node.dataset[attribute]); };

  function speak(language) {
    state.language = language;
    document.documentElement.lang = language;
    document.title = say("title");
    set("w", (node, key) => { node.textContent = say(key); });
    set("aria", (node, key) => node.setAttribute("aria-label", say(key)));
    set("title", (node, key) => { node.title = say(key); });
    set("language", (node, tag) => node.setAttribute("aria-pressed", tag === language));
    for (const { node } of page.layers.lettered) node.textContent = say(node.dataset.w);
    page.popups.translate();
    page.controls.translate();
    page.found.translate();
    page.patrols.redraw();
    remember();
  }
  function remember() {
    if (location.protocol === "about:") return;
    const kept = { lang: state.language, patrol: state.patrol, night: state.night, paper: state.paper, ...state.periods };
    history.replaceState(null, "", `#${new URLSearchParams(Object.entries(kept).filter(([, value]) => value))}`);
  }
  set("language", (node, tag) => node.addEventListener("click", () => speak(tag)));
  roving(document.querySelector(".languages"));
  return { speak, remember, known: (tag) => (tag === "sr" ? "sr-Latn" : data.languages.includes(tag) ? tag : data.language) };
}
