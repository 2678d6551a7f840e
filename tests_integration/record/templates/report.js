"use strict";
// Tables can be sorted by a column, and a section's parts folded at once; without scripts all is there as it is.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const rows = [...table.tBodies[0].rows];
      const text = (row) => row.cells[column]?.textContent.trim() ?? "";
      rows.sort((a, b) => (up ? 1 : -1) * text(a).localeCompare(text(b), "en", { numeric: true }));
      table.tBodies[0].append(...rows);
    });
  });
}
for (const section of document.querySelectorAll("section.foldable")) {
  const parts = [...section.querySelectorAll("details")];
  const button = document.createElement("button");
  const name = () => { button.textContent = parts.every((part) => part.open) ? "Fold all" : "Unfold all"; };
  button.type = "button";
  button.className = "fold";
  button.addEventListener("click", () => {
    const open = !parts.every((part) => part.open);
    parts.forEach((part) => { part.open = open; });
    name();
  });
  parts.forEach((part) => part.addEventListener("toggle", name));
  name();
  section.querySelector("h2, h3").after(button);
}
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  folded.forEach((part) => { part.open = true; });
});
addEventListener("afterprint", () => folded.forEach((part) => { part.open = false; }));
