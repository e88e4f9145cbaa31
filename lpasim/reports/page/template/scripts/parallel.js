// Parallel coordinates: a line a point across axes and figures. Dragging along an axis limits it.

const DIMENSION_PX = 120;

/** Draws, and takes over what is dragged along an axis. */
function showParallel() {
  if (!hasWebGl) {
    byId("parallel-caption").textContent = "Parallel coordinates need WebGL, which this browser does not offer.";
    return;
  }
  const dimensions = [...data.axes.map(axisDimension).filter(Boolean), ...data.main.map(measureDimension)];
  const draw = () => drawParallel(dimensions, chosenPoints());
  keepDrawn(draw);
  watchConditions(draw);
  byId("chart-parallel").on("plotly_restyle", ([change]) => {
    for (const [path, value] of Object.entries(change)) {
      const place = /^dimensions\[(\d+)\]\.constraintrange$/.exec(path)?.[1];
      if (place !== undefined) changeConditions(() => dimensions[place].limit(value?.[0] ?? null));
    }
  });
}

/** Lays an axis of few values out evenly, whatever they are; one of many by its numbers. */
function axisDimension(axis) {
  const values = distinct(axis);
  if (values.length < 2) return null;
  if (values.length > MOST_CHOICES && values.every((value) => typeof value === "number")) return measureDimension(axis.name);
  const places = new Map(values.map((value, place) => [value, place]));
  return {
    label: axis.key,
    place: (point) => places.get(axis.values[point]),
    range: [-0.2, values.length - 0.8],
    tickvals: values.map((_, place) => place),
    ticktext: values.map((value) => axisText(axis, value)),
    limit: (range) => refuseOutside(axis.name, values, range),
    brush: () => brushOfChoices(values, conditions.refused.get(axis.name)),
  };
}

function measureDimension(name) {
  const column = columns.get(name);
  const scale = scaleOf(column.values);
  const ends = [scale.forth(scale.low), scale.forth(scale.high)];
  const limits = (range) => [rounded(scale.back(range[0]), -1), rounded(scale.back(range[1]), 1)];
  return {
    label: columnTitle(column),
    place: (point) => (column.values[point] === null ? ends[0] : scale.forth(column.values[point])),
    range: ends[0] === ends[1] ? [ends[0] - 1, ends[1] + 1] : ends,
    tickvals: ticksOf(scale).map(scale.forth),
    ticktext: ticksOf(scale).map((value) => written(value, 3)),
    limit: (range) => setRange(name, ...(range ? limits(flat(range)) : [null, null])),
    brush: () => brushOfRange(scale, conditions.ranges.get(name)),
  };
}

/** Takes the first of several ranges, as Plotly gives them after a second brush. */
function flat(range) {
  return Array.isArray(range[0]) ? range[0] : range;
}

function refuseOutside(name, values, range) {
  const ends = range && flat(range);
  const refused = ends ? values.filter((_, place) => place < ends[0] || place > ends[1]) : [];
  if (refused.length && refused.length < values.length) conditions.refused.set(name, new Set(refused));
  else conditions.refused.delete(name);
}

/** Returns the piece of an axis that holds the wanted values, if they lie side by side. */
function brushOfChoices(values, refused) {
  if (!refused) return undefined;
  const wanted = values.map((value, place) => (refused.has(value) ? null : place)).filter((place) => place !== null);
  if (!wanted.length || wanted.at(-1) - wanted[0] !== wanted.length - 1) return undefined;
  return [wanted[0] - 0.15, wanted.at(-1) + 0.15];
}

function brushOfRange(scale, range) {
  if (!range) return undefined;
  return [range[0] ?? scale.low, range[1] ?? scale.high].map((value) =>
    scale.forth(Math.min(scale.high, Math.max(scale.low, value))),
  );
}

function drawParallel(dimensions, chosen) {
  const isChosen = new Set(chosen);
  const points = allPlaces().filter(isOfWorkload);
  const shown = [...points.filter((point) => !isChosen.has(point)), ...chosen];
  const trace = {
    type: "parcoords",
    dimensions: dimensions.map((dimension) => ({
      label: dimension.label,
      values: shown.map(dimension.place),
      range: dimension.range,
      tickvals: dimension.tickvals,
      ticktext: dimension.ticktext,
      constraintrange: dimension.brush(),
      multiselect: false,
    })),
    line: {
      color: shown.map((point) => (isChosen.has(point) ? 1 : 0)),
      colorscale: [[0, colour("faint")], [1, colour("blue")]],
      cmin: 0,
      cmax: 1,
    },
    unselected: { line: { color: colour("faint"), opacity: 0.25 } },
    labelfont: { size: 12, color: colour("text") },
    tickfont: { size: 11, color: colour("text") },
    rangefont: { size: 1, color: "rgba(0,0,0,0)" },
    labelangle: -12,
    labelside: "top",
  };
  byId("chart-parallel").style.minWidth = `${DIMENSION_PX * dimensions.length}px`;
  const layout = chartLayout({ height: 380, margin: { l: 60, r: 60, t: 70, b: 24 } });
  Plotly.react("chart-parallel", [trace], layout, chartConfig);
}
