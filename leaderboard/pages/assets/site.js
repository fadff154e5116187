// Sorting and filtering of every table.sortable by DataTables; without JavaScript they are plain tables.
"use strict";
{
  const holesLast = (sign, compare) => (a, b) =>
    a === "" || b === "" ? (a === "") - (b === "") : sign * compare(a, b);
  const orders = { measured: (a, b) => a - b, named: (a, b) => String(a).localeCompare(String(b)) };
  for (const [type, compare] of Object.entries(orders)) {
    DataTable.ext.type.order[`${type}-asc`] = holesLast(1, compare);
    DataTable.ext.type.order[`${type}-desc`] = holesLast(-1, compare);
  }
  const language = { search: "Filter", info: "", infoEmpty: "", infoFiltered: "_TOTAL_ of _MAX_ rows", zeroRecords: "No row fits the filter" };
  const options = {
    autoWidth: false, paging: false, order: [], language,
    layout: { topEnd: "info", bottomStart: null, bottomEnd: null },
    columnDefs: [{ targets: ".number", type: "measured" }, { targets: "_all", type: "named" }],
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    const region = table.parentElement;
    const topStart = table.tBodies[0].rows.length < 4 ? null : "search";
    new DataTable(table, { ...options, layout: { ...options.layout, topStart } });
    const inner = table.parentElement; // the table alone scrolls sideways, not its filter
    for (const name of ["class", "role", "tabindex", "aria-labelledby"]) {
      inner.setAttribute(name, region.getAttribute(name));
      region.removeAttribute(name);
    }
    region.querySelector("input")?.setAttribute("aria-label", `Filter rows of: ${table.caption.textContent.trim()}`);
  }
  window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(part => { part.open = true; }));
}
