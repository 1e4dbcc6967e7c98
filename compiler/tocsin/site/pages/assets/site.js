"use strict";
// Nothing here is needed to read a page: it adds search, and sorting of tables.
const root = document.body.dataset.root;
const box = document.getElementById("search");
const query = document.getElementById("query");
const hits = document.getElementById("hits");
const number = document.getElementById("hits-number");
const MOST = 40;
let rows = [];
let asked = false;

box.hidden = false;

// The index calls this: pages from a disk may load scripts, but no JSON.
globalThis.tocsinSearch = (found) => {
  rows = found.map((row) => [row, row.slice(0, 3).join(" ").toLowerCase()]);
  show();
};

const load = () => {
  if (asked) return;
  asked = true;
  const script = document.createElement("script");
  script.src = `${root}data/search.js`;
  document.head.append(script);
};

const line = ([kind, title, , path]) => {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = root + path;
  link.textContent = title;
  item.append(link, ` ${kind}`);
  return item;
};

const show = () => {
  const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = words.length
    ? rows.filter(([, text]) => words.every((word) => text.includes(word)))
    : [];
  hits.replaceChildren(...found.slice(0, MOST).map(([row]) => line(row)));
  const shown = found.length > MOST ? `${found.length} found, the first ${MOST}:` : `${found.length} found`;
  number.textContent = words.length && rows.length ? shown : "";
};

query.addEventListener("focus", load);
query.addEventListener("input", () => {
  load();
  show();
});

const value = (row, column) => row.cells[column].textContent.trim();

for (const table of document.querySelectorAll("table.sortable")) {
  const heads = table.querySelectorAll("thead th");
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const order = (a, b) =>
        value(a, column).localeCompare(value(b, column), "en", { numeric: true });
      const body = table.tBodies[0];
      body.append(...[...body.rows].sort((a, b) => (up ? order(a, b) : order(b, a))));
    });
  });
}
