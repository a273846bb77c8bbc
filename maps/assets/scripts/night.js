// Night colours: as the device asks, until the switch says otherwise.
const colours = { night: false };
// Light and dark change places, each hue stays.
function tint(colour) {
  if (!colours.night || !/^#[0-9a-f]{6}$/i.test(colour)) return colour;
  const parts = [1, 3, 5].map((k) => parseInt(colour.slice(k, k + 2), 16)), more = 255 - Math.max(...parts) - Math.min(...parts);
  return `#${parts.map((part) => (part + more).toString(16).padStart(2, "0")).join("")}`;
}
function nightSwitch({ panes, state, remember }, wanted) {
  const dark = matchMedia("(prefers-color-scheme: dark)"), button = document.querySelector(".colours");
  function set(on) {
    colours.night = on;
    document.documentElement.classList.toggle("dark", on);
    button.setAttribute("aria-pressed", on);
    panes.redraw();
  }
  const follow = () => { if (!state.night) set(dark.matches); };
  dark.addEventListener("change", follow);
  button.addEventListener("click", () => { set(!colours.night); state.night = colours.night ? "on" : "off"; remember(); });
  state.night = wanted;
  set(wanted ? wanted === "on" : dark.matches);
}
