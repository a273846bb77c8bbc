// The button, and the paper: without one in the address the page prints on what the dialog says.
function printing({ make, state }, wanted) {
  document.querySelector(".print").addEventListener("click", () => window.print());
  if (!["a4", "a3"].includes(wanted)) return;
  state.paper = document.documentElement.dataset.paper = wanted;
  document.head.append(make("style", { text: `@page { size: ${wanted} landscape; }` }));
}
