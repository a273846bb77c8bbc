// The button, and the paper: without one in the address the page prints on what the dialog says.
function printing({ make, state }, wanted) {
  document.querySelector(".print").addEventListener("click", () => window.print());
  if (!["a4", "a3"].includes(wanted)) return;
  state.paper = document.documentElement.dataset.paper = wanted;
  // The rules of this paper hold whatever the dialog says.
  for (const { media } of [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules])) {
    if (media?.mediaText.startsWith("print and")) media.mediaText = wanted === "a3" && media.mediaText.includes("min-width") ? "print" : "not all";
  }
  document.head.append(make("style", { text: `@page { size: ${wanted} landscape; }` }));
}
