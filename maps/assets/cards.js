// Saves what a reader has changed, and which languages have been read, as TOML.
const texts = [...document.querySelectorAll("textarea")];
const line = (text) => text.replace(/\s+/g, " ").trim();
const changed = (text) => line(text.value) !== "" && line(text.value) !== line(text.defaultValue);

function toml() {
  const read = [...document.querySelectorAll("[data-read]:checked")].map((box) => box.dataset.read);
  const lines = [`read = ${JSON.stringify(read)}`];
  let key = "";
  for (const text of texts.filter(changed)) {
    if (text.dataset.key !== key) lines.push("", `[${JSON.stringify(key = text.dataset.key)}]`);
    lines.push(`${text.dataset.language} = ${JSON.stringify(line(text.value))}`);
  }
  return `${lines.join("\n")}\n`;
}

for (const text of texts) text.addEventListener("input", () => text.classList.toggle("changed", changed(text)));
document.getElementById("save").addEventListener("click", () => {
  const link = document.createElement("a");
  link.href = `data:application/toml;charset=utf-8,${encodeURIComponent(toml())}`;
  link.download = "words.toml";
  link.click();
});
