// One point: its configuration, its figures, and the command that runs it again.

/** Shows a point beside the table, and marks it in the charts. */
function showPoint(point) {
  const title = `Point ${data.points[point]}, ${data.workloads[data.workload[point]]}`;
  const axes = data.axes.map((axis) => [axis.key, axisText(axis, axis.values[point])]);
  const figures = data.measures.map((measure) => [measure.label, `${written(measure.values[point])} ${measure.unit}`.trim()]);
  byId("point").replaceChildren(
    element("h3", {}, title),
    element("div", { class: "columns" }, facts(axes), facts(figures)),
    element("p", {}, "To run it: ", element("code", { class: "command" }, commandOf(point)), whereFilesAre()),
  );
  changeConditions(() => (marked = point));
}

function facts(pairs) {
  return element(
    "dl",
    {},
    ...pairs.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))),
  );
}

function commandOf(point) {
  const settings = data.axes
    .filter((axis) => axis.values[point] !== null)
    .map((axis) => `--set ${quoted(`${axis.key}=${axis.values[point]}`)}`);
  return ["python -m lpasim run", quoted(data.given[data.workload[point]]), ...data.command.map(quoted), ...settings].join(" ");
}

/** Says which names of the command are files: a study keeps their names, and not their folders. */
function whereFilesAre() {
  return data.files.length ? ` where ${data.files.join(", ")} ${data.files.length > 1 ? "are" : "is"} found.` : "";
}

/** Quotes an argument for a shell, where it needs that. */
function quoted(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
