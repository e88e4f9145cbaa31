// The table of the chosen points.

const ROWS_AT_ONCE = 25;

/** Wires the table, and keeps it showing what is chosen. */
function showChosen(choosePoint) {
  const fields = tableFields();
  let [column, direction, limit] = [0, 1, ROWS_AT_ONCE];
  const header = byId("chosen-table").tHead.rows[0];
  for (const field of fields) {
    const attributes = field.isNumber ? { scope: "col", class: "number" } : { scope: "col" };
    header.append(element("th", attributes, headerButton(field)));
  }
  const draw = () => {
    const chosen = chosenPoints();
    fillTable(chosen, fields, column, direction, limit, choosePoint);
    sayHowMany(chosen.length, Math.min(limit, chosen.length));
  };
  sortButtons(header, (newColumn, newDirection) => {
    [column, direction] = [newColumn, newDirection];
    draw();
  });
  byId("chosen-more").addEventListener("click", () => {
    limit += ROWS_AT_ONCE;
    draw();
  });
  watchConditions(draw);
}

function headerButton({ title, unit }) {
  return element("button", { type: "button" }, title, " ", element("span", { class: "unit" }, unit ? `[${unit}]` : ""));
}

/** Lists the columns of the table: title and unit, value of a point, its text where that is another, and whether it is a number. */
function tableFields() {
  const several = data.workloads.length > 1;
  return [
    { title: "point", value: (point) => data.points[point], isNumber: true },
    ...(several ? [{ title: "workload", value: (point) => data.workloads[data.workload[point]], isNumber: false }] : []),
    ...[...data.axes, ...data.measures].map((column) => ({
      title: column.label ?? column.key,
      unit: column.unit,
      value: (point) => column.values[point],
      text: axisTexts.has(column.name) ? (point) => axisText(column, column.values[point]) : undefined,
      isNumber: column.values.every((value) => value === null || typeof value === "number"),
    })),
    { title: "front", value: (point) => (data.front[point] ? "yes" : "no"), isNumber: false },
  ];
}

function fillTable(chosen, fields, column, direction, limit, choosePoint) {
  const { value } = fields[column];
  const sorted = [...chosen].sort((one, other) => compareValues(value(one), value(other), direction) || one - other);
  const rows = sorted.slice(0, limit).map((point) => tableRow(point, fields, choosePoint));
  byId("chosen-table").tBodies[0].replaceChildren(...rows);
}

function tableRow(point, fields, choosePoint) {
  const button = element("button", { type: "button", "aria-label": `Show point ${data.points[point]}` }, String(data.points[point]));
  button.addEventListener("click", () => choosePoint(point));
  const cells = fields.slice(1).map((field) =>
    element("td", field.isNumber ? { class: "number" } : {}, field.text?.(point) ?? written(field.value(point))),
  );
  return element("tr", {}, element("th", { scope: "row", class: "number" }, button), ...cells);
}

function sayHowMany(chosen, shown) {
  const all = allPlaces().filter(isOfWorkload).length;
  byId("count").textContent = `${written(chosen)} of ${written(all)} points chosen`;
  byId("chosen-rows").textContent = chosen === 0 ? "No point meets all conditions." : `${written(shown)} of ${written(chosen)} shown.`;
  byId("chosen-more").hidden = shown === chosen;
}
