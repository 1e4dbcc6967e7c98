"use strict";
// Nothing here is needed to read the page: it adds a filter and sorting to the table.
const table = document.getElementById("detections-table");
const body = table.tBodies[0];
const rows = [...body.rows];
const filter = document.getElementById("filter");
const shown = document.getElementById("shown");
const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));

filter.closest(".tools").hidden = false;
filter.addEventListener("input", () => {
  const words = filter.value.toLowerCase().split(/\s+/);
  let count = 0;
  for (const row of rows) {
    row.hidden = !words.every((word) => texts.get(row).includes(word));
    count += row.hidden ? 0 : 1;
  }
  shown.textContent = `${count} of ${rows.length}`;
});

// A link from the matrix must reach its row even if the filter hides it.
window.addEventListener("hashchange", () => {
  const row = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (row && row.hidden) {
    filter.value = "";
    filter.dispatchEvent(new Event("input"));
    row.scrollIntoView();
  }
});

const value = (row, column) => {
  const cell = row.cells[column];
  return cell.dataset.sort ?? cell.textContent.trim();
};

table.querySelectorAll("thead th").forEach((head, column) => {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...head.childNodes);
  head.append(button);
  button.addEventListener("click", () => {
    const up = head.getAttribute("aria-sort") !== "ascending";
    table.querySelectorAll("thead th").forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const order = (a, b) =>
      value(a, column).localeCompare(value(b, column), "en", { numeric: true });
    rows.sort((a, b) => (up ? order(a, b) : order(b, a)));
    body.append(...rows);
  });
});
