// Parallel coordinates: a line a point across axes and figures, on scales of their own. A box over an axis limits it.
// They are drawn as ordinary lines: Plotly's own parallel coordinates are some ten times slower without a graphics
// processor, and are no vectors in print.

const DIMENSION_PX = 92;
const MOST_LINES = 2000;
const GOLDEN = (Math.sqrt(5) - 1) / 2;
const MARGIN = 0.04; // of an axis's length, that a limit reaches beyond its value

/** Draws, and takes over what is boxed. */
function showParallel() {
  let dimensions = [];
  const draw = () => {
    dimensions = dimensionsOf(allPlaces().filter(isOfWorkload));
    drawParallel(dimensions, chosenPoints());
  };
  keepDrawn(draw);
  followConditions(soon(draw));
  for (const id of ["scatter-box", "scatter-colour"]) byId(id).addEventListener("input", draw);
  const chart = byId("chart-parallel");
  chart.on("plotly_selected", (event) => event?.range && limitDimensions(dimensions, event.range));
  chart.on("plotly_deselect", () => changeConditions(() => dimensions.forEach((dimension) => dimension.limit(null))));
}

/** Lists what has an axis: what was varied, and the figures that are shown at first sight, on the scales of the points. */
function dimensionsOf(points) {
  const figures = data.main.map((name) => figureDimension(name, points));
  return [...data.axes.map((axis) => axisDimension(axis, points)).filter(Boolean), ...figures];
}

/** Limits the axes that a box covers, or the one that is nearest to it. */
function limitDimensions(dimensions, range) {
  const [left, right] = sorted(range.x);
  const covered = dimensions.filter((_, place) => place >= left && place <= right);
  const nearest = dimensions[Math.min(dimensions.length - 1, Math.max(0, Math.round((left + right) / 2)))];
  changeConditions(() => (covered.length ? covered : [nearest]).forEach((dimension) => dimension.limit(sorted(range.y))));
}

/** Lays an axis of few values out evenly, whatever they are; one of many by its numbers. */
function axisDimension(axis, points) {
  const values = distinct(axis);
  if (values.length < 2) return null;
  if (isLimitedByNumbers(values)) return figureDimension(axis.name, points);
  const places = new Map(values.map((value, place) => [value, place / (values.length - 1)]));
  return {
    title: columnTitle(axis),
    place: (point) => places.get(axis.values[point]),
    ticks: values.map((value) => [places.get(value), axisText(axis, value)]),
    limit: (ends) => refuseOutside(axis.name, places, ends),
    limits: () => wantedPlaces(places, conditions.refused.get(axis.name)),
  };
}

function figureDimension(name, points) {
  const column = columns.get(name);
  const scale = scaleOf(points.map((point) => column.values[point]));
  const [first, last] = [scale.forth(scale.low), scale.forth(scale.high)];
  const place = (value) => (last === first ? 0.5 : (scale.forth(value) - first) / (last - first));
  const value = (at) => scale.back(first + at * (last - first));
  return {
    title: columnTitle(column),
    place: (point) => (column.values[point] === null ? null : place(column.values[point])),
    ticks: ticksOf(scale).map((tick) => [place(tick), written(tick, 3)]),
    limit: (ends) => setRange(name, ...(ends ? openEnds(scale, ends.map(value)) : [null, null])),
    limits: () => (conditions.ranges.has(name) ? limitPlaces(scale, place, conditions.ranges.get(name)) : null),
  };
}

function limitPlaces(scale, place, range) {
  return [range[0] ?? scale.low, range[1] ?? scale.high].map((value) => place(within(scale, value)));
}

function refuseOutside(name, places, ends) {
  const refused = ends ? [...places].filter(([, place]) => place < ends[0] || place > ends[1]) : [];
  if (refused.length) conditions.refused.set(name, new Set(refused.map(([value]) => value)));
  else conditions.refused.delete(name);
}

/** Returns the ends of the wanted values, if they lie side by side. */
function wantedPlaces(places, refused) {
  if (!refused) return null;
  const isWanted = [...places.keys()].map((value) => !refused.has(value));
  const [first, last] = [isWanted.indexOf(true), isWanted.lastIndexOf(true)];
  if (first < 0 || isWanted.slice(first, last + 1).includes(false)) return null;
  const at = [...places.values()];
  return [at[first], at[last]];
}

function drawParallel(dimensions, chosen) {
  byId("chart-parallel").style.minWidth = `${DIMENSION_PX * dimensions.length}px`;
  const isChosen = new Set(chosen);
  const others = allPlaces().filter((point) => isOfWorkload(point) && !isChosen.has(point));
  const [drawnOthers, drawnChosen] = [evenly(others, MOST_LINES / 2), evenly(chosen, MOST_LINES)];
  const traces = [
    lineTrace(dimensions, drawnOthers, colour("faint"), 0.6),
    ...groupsOf(drawnChosen).map(({ points, tint }) => lineTrace(dimensions, points, tint, 0.8)),
    lineTrace(dimensions, marked !== null && isOfWorkload(marked) ? [marked] : [], colour("vermilion"), 3),
  ];
  Plotly.react("chart-parallel", traces, parallelLayout(dimensions), chartConfig);
  const drawn = drawnOthers.length + drawnChosen.length;
  const all = others.length + chosen.length;
  byId("parallel-caption").textContent =
    "Parallel coordinates: one line a point, chosen ones in colour. A box over an axis limits it; a double click lets all go." +
    (drawn < all ? ` Drawn are ${written(drawn)} of ${written(all)} lines, spread evenly over the plan.` : "");
}

/** Returns about `most` of the points, spread evenly but never in step with the axes of a plan. */
function evenly(points, most) {
  const share = most / points.length;
  return share < 1 ? points.filter((_, place) => (place * GOLDEN) % 1 < share) : points;
}

function lineTrace(dimensions, points, color, width) {
  const [x, y] = [[], []];
  for (const point of points) {
    dimensions.forEach((dimension, place) => {
      x.push(place);
      y.push(dimension.place(point));
    });
    x.push(null);
    y.push(null);
  }
  return { type: "scatter", mode: "lines", x, y, line: { color, width, simplify: false }, hoverinfo: "skip" };
}

function parallelLayout(dimensions) {
  return chartLayout({
    height: 380,
    margin: { l: 48, r: 40, t: 48, b: 12 },
    showlegend: false,
    dragmode: byId("scatter-box").checked ? "select" : false,
    selectdirection: "any",
    selections: [],
    xaxis: chartAxis("", {
      side: "top",
      range: [-0.15, dimensions.length - 0.85],
      tickvals: dimensions.map((_, place) => place),
      ticktext: dimensions.map((dimension) => inLines(dimension.title)),
      tickangle: 0,
      gridcolor: colour("control"),
      automargin: false,
    }),
    yaxis: chartAxis("", { range: [-0.08, 1.08], visible: false }),
    shapes: dimensions.flatMap(limitShape),
    annotations: dimensions.flatMap(tickAnnotations),
  });
}

/** Breaks a title before its unit, or behind the dots of a key. */
function inLines(title) {
  return plainHtml(title).replaceAll(".", ".<br>").replace(" [", "<br>[");
}

/** Draws what an axis is limited to. */
function limitShape(dimension, place) {
  const ends = dimension.limits();
  if (!ends) return [];
  const [x0, x1, y0, y1] = [place - 0.05, place + 0.05, ends[0] - MARGIN, ends[1] + MARGIN];
  return [{ type: "rect", x0, x1, y0, y1, line: { color: colour("accent"), width: 2 } }];
}

function tickAnnotations(dimension, place) {
  return dimension.ticks.map(([at, text]) => ({
    x: place,
    y: at,
    text: plainHtml(text),
    xanchor: "right",
    xshift: -3,
    showarrow: false,
    borderpad: 0,
    bgcolor: colour("veil"),
    font: { size: 11 },
  }));
}
