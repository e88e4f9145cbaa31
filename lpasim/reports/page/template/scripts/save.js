// The chosen points as a file, with the columns of points.csv.

/** Lets the button save what is chosen. */
function wireSaving() {
  const button = byId("chosen-save");
  button.addEventListener("click", () => save("chosen-points.csv", chosenCsv(chosenPoints())));
  watchConditions(() => (button.disabled = chosenPoints().length === 0));
}

/** Writes points as CSV, numbers in full. */
function chosenCsv(points) {
  const told = [...data.axes, ...data.measures];
  const rows = points.map((point) => [
    data.points[point],
    data.workloads[data.workload[point]],
    ...told.map((column) => column.values[point]),
    data.front[point] ? "true" : "false",
  ]);
  const header = ["point", "workload", ...told.map((column) => column.name), "pareto"];
  return [header, ...rows].map((cells) => `${cells.map(csvCell).join(",")}\n`).join("");
}

function csvCell(value) {
  const text = value === null ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function save(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address));
}
