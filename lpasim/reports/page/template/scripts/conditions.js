// What a point must meet to be chosen. The controls, the box in the chart and the parallel coordinates all set these.

const MOST_CHOICES = 12;
const columns = new Map([...data.axes, ...data.measures].map((column) => [column.name, column]));
const axisTexts = new Map(data.axes.map((axis) => [axis.name, new Map(axis.texts)]));

const conditions = {
  workload: 0,
  onlyFront: false,
  ranges: new Map(), // column -> [from, to], null where open
  refused: new Map(), // axis -> the values that are not wanted
};
const places = data.points.map((_, place) => place);
const watchers = [];
let marked = null; // the point that is looked at

/** Calls back whenever the conditions change. */
function followConditions(callback) {
  watchers.push(callback);
}

/** Calls back now, and whenever the conditions change. */
function watchConditions(callback) {
  callback();
  followConditions(callback);
}

/** Changes the conditions, and lets everything that shows them follow. */
function changeConditions(change) {
  change(conditions);
  for (const watcher of watchers) watcher();
}

/** Limits a column; null leaves an end open. */
function setRange(name, from, to) {
  if (from === null && to === null) conditions.ranges.delete(name);
  else conditions.ranges.set(name, [from, to]);
}

/** Removes all limits; the workload stays. */
function clearConditions() {
  conditions.onlyFront = false;
  conditions.ranges.clear();
  conditions.refused.clear();
}

/** Tells whether a point is of the workload that is looked at. */
function isOfWorkload(point) {
  return conditions.workload === null || data.workload[point] === conditions.workload;
}

/** Returns the places of all points of the workload that meet the conditions. */
function chosenPoints() {
  const limits = [...conditions.ranges].map(([name, [from, to]]) => [columns.get(name).values, from, to]);
  const refusals = [...conditions.refused].map(([name, values]) => [columns.get(name).values, values]);
  return allPlaces().filter(
    (point) =>
      isOfWorkload(point) &&
      (!conditions.onlyFront || data.front[point] === 1) &&
      limits.every(([values, from, to]) => isWithin(values[point], from, to)) &&
      refusals.every(([values, refused]) => !refused.has(values[point])),
  );
}

function isWithin(value, from, to) {
  return value !== null && (from === null || value >= from) && (to === null || value <= to);
}

function allPlaces() {
  return places;
}

/** Returns the different values of an axis, in order. */
function distinct(axis) {
  const values = [...new Set(axis.values)];
  return values.every((value) => typeof value === "number")
    ? values.sort((one, other) => one - other)
    : values.sort((one, other) => compareValues(String(one), String(other), 1));
}

/** Tells whether an axis has too many values for check boxes, and is limited like a figure. */
function isLimitedByNumbers(values) {
  return values.length > MOST_CHOICES && values.every((value) => typeof value === "number");
}

/** Lists the workloads that are looked at, by their places. */
function shownWorkloads() {
  return conditions.workload === null ? data.workloads.map((_, place) => place) : [conditions.workload];
}

function workloadColour(workload) {
  return colour(data.colours[workload % data.colours.length]);
}

/** Writes a value of an axis with its unit. */
function axisText(axis, value) {
  return axisTexts.get(axis.name).get(value);
}

/** Writes a column's name for a chart or a header. */
function columnTitle(column) {
  if (axisTexts.has(column.name)) return column.key;
  return column.unit ? `${column.label} [${column.unit}]` : column.label;
}
