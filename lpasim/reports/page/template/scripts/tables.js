// Tables sort by the buttons in their headers.

/** Orders two values of a column; what is missing comes last in both directions. */
function compareValues(one, other, direction) {
  if (one === other) return 0;
  if (one === null) return 1;
  if (other === null) return -1;
  const order = typeof one === "number" && typeof other === "number" ? one - other : one < other ? -1 : 1;
  return direction * order;
}

/** Lets the buttons of a row of headers sort: calls `sort(column, direction)`, and says so to screen readers. */
function sortButtons(row, sort) {
  row.addEventListener("click", (event) => {
    const header = event.target.closest("button")?.closest("th");
    if (!header) return;
    const ascending = header.getAttribute("aria-sort") !== "ascending";
    for (const other of row.children) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    sort([...row.children].indexOf(header), ascending ? 1 : -1);
  });
}

/** Reads the value that a cell sorts by. */
function cellValue(cell, isNumber) {
  if (cell.dataset.value === undefined) return null;
  return isNumber ? Number(cell.dataset.value) : cell.dataset.value;
}
