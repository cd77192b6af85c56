"use strict";
(function () {
  const root = document.documentElement;
  root.classList.add("scripted");
  const collator = new Intl.Collator("en", { numeric: true });

  function value(row, column) {
    const cell = row.cells[column];
    return cell.dataset.v === undefined ? cell.textContent.trim() : Number(cell.dataset.v);
  }

  function sort(table, header) {
    const numeric = header.classList.contains("n");
    const now = header.getAttribute("aria-sort");
    const first = numeric ? "descending" : "ascending";
    const other = numeric ? "ascending" : "descending";
    const direction = now === first ? other : first;
    for (const each of header.parentNode.cells) each.setAttribute("aria-sort", "none");
    header.setAttribute("aria-sort", direction);
    const sign = direction === "ascending" ? 1 : -1;
    const column = header.cellIndex;
    const body = table.tBodies[0];
    const rows = Array.from(body.rows, (row) => [value(row, column), row]);
    rows.sort((a, b) => sign * (numeric ? a[0] - b[0] : collator.compare(a[0], b[0])));
    body.append(...rows.map((pair) => pair[1]));
  }

  for (const table of document.querySelectorAll("table.sortable")) {
    table.tHead.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) sort(table, button.closest("th"));
    });
  }

  for (const button of document.querySelectorAll("[data-unfold]")) {
    const table = document.getElementById(button.dataset.unfold);
    table.classList.add("folded");
    button.addEventListener("click", () => {
      const folded = table.classList.toggle("folded");
      button.setAttribute("aria-expanded", String(!folded));
    });
  }

  for (const field of document.querySelectorAll("input[data-table]")) {
    const table = document.getElementById(field.dataset.table);
    const rows = table.tBodies[0].rows;
    const said = field.parentNode.querySelector("output");
    field.addEventListener("input", () => {
      const wanted = field.value.trim().toLowerCase();
      let shown = 0;
      table.classList.toggle("filtered", wanted !== "");
      for (const row of rows) {
        row.hidden = !row.textContent.toLowerCase().includes(wanted);
        shown += !row.hidden;
      }
      said.textContent = wanted ? shown + " of " + rows.length + " rows" : "";
    });
  }

  function all(id, open) {
    for (const item of document.getElementById(id).children) {
      if (item.tagName === "DETAILS") item.open = open;
    }
  }
  for (const button of document.querySelectorAll("[data-open]")) {
    button.addEventListener("click", () => all(button.dataset.open, true));
  }
  for (const button of document.querySelectorAll("[data-close]")) {
    button.addEventListener("click", () => all(button.dataset.close, false));
  }

  function reveal() {
    const target = document.getElementById(location.hash.slice(1));
    if (target && target.tagName === "DETAILS") {
      target.open = true;
      target.scrollIntoView();
    }
  }
  addEventListener("hashchange", reveal);
  reveal();

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = Array.from(document.querySelectorAll("details:not([open])"));
    for (const item of closed) item.open = true;
  });
  addEventListener("afterprint", () => {
    for (const item of closed) item.open = false;
    closed = [];
  });
})();
