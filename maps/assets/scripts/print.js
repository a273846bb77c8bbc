// Without a paper in the address the page prints on what the print dialog says.
function printing({ make, state }, wanted) {
  if (!["a4", "a3"].includes(wanted)) return;
  state.paper = document.documentElement.dataset.paper = wanted;
  document.head.append(make("style", { text: `@page { size: ${wanted} landscape; }` }));
}
