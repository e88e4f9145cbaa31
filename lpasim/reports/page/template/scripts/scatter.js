// The points over two figures of merit, with their Pareto front. A box limits both figures.

const MANY = 1500; // points that overlap so much that they are drawn lighter
const pointType = data.webgl && document.createElement("canvas").getContext("webgl") ? "scattergl" : "scatter";
const pointLabels = places.map(pointLabel);
const WORKLOAD_SYMBOLS = ["circle", "diamond", "square", "triangle-up", "cross", "star", "x", "hexagon", "pentagon"];

/** Wires the choice of axes, box and click, and draws. */
function showScatter(choosePoint) {
  const [across, up] = defaultAxes();
  byId("scatter-x").value = across;
  byId("scatter-y").value = up;
  if (window.matchMedia("(pointer: coarse)").matches) byId("scatter-box").checked = false;
  const draw = () => drawScatter(chosenPoints());
  keepDrawn(draw);
  followConditions(soon(draw));
  byId("scatter-controls").addEventListener("input", draw);
  byId("scatter-controls").addEventListener("submit", (event) => event.preventDefault());
  const chart = byId("chart-scatter");
  chart.on("plotly_selected", (event) => event?.range && limitToBox(event.range));
  chart.on("plotly_deselect", () => limitToBox(null));
  chart.on("plotly_click", (event) => {
    const point = event.points[0]?.customdata;
    if (point !== undefined) choosePoint(point);
  });
}

/** Returns the figures that are shown first: the first objective upwards over the area, or over the second one. */
function defaultAxes() {
  const names = data.main;
  const across = names.includes("area_mm2") ? "area_mm2" : (names[1] ?? names[0]);
  return [across, names.find((name) => name !== across) ?? across];
}

/** Makes a box of the chart limits of its two figures; no box removes them. */
function limitToBox(range) {
  changeConditions(() => {
    for (const [axis, id] of [["x", "scatter-x"], ["y", "scatter-y"]]) {
      const name = byId(id).value;
      setRange(name, ...(range ? openEnds(scaleOf(columns.get(name).values), sorted(range[axis])) : [null, null]));
    }
  });
}

function drawScatter(chosen) {
  const [across, up] = ["scatter-x", "scatter-y"].map((id) => columns.get(byId(id).value));
  const isChosen = new Set(chosen);
  const ofWorkload = allPlaces().filter(isOfWorkload);
  const others = ofWorkload.filter((point) => !isChosen.has(point));
  const traces = [
    pointTrace(pointType, "not chosen", others, across, up, { color: colour("faint"), size: 6 }),
    ...groupsOf(chosen).map((group) => groupTrace(group, across, up)),
    ...shownWorkloads().map((workload) => frontTrace(workload, ofWorkload, across, up)),
    ringTrace(chosen, across, up),
    ...(marked !== null && isOfWorkload(marked) ? [markTrace(across, up)] : []),
  ];
  Plotly.react("chart-scatter", traces, scatterLayout(across, up, ofWorkload), chartConfig);
  byId("scatter-caption").textContent =
    `${written(chosen.length)} of ${written(ofWorkload.length)} points chosen, in colour. ` +
    "Rings: on the study's Pareto front of all objectives. Line: the front of these two figures alone, of all points.";
}

function pointTrace(type, name, points, across, up, marker) {
  return {
    type,
    mode: "markers",
    name,
    x: points.map((point) => across.values[point]),
    y: points.map((point) => up.values[point]),
    customdata: points,
    text: points.map((point) => pointLabels[point]),
    marker,
    hovertemplate: `%{text}<br>${plainHtml(columnTitle(across))} %{x:.4~g}<br>${plainHtml(columnTitle(up))} %{y:.4~g}<extra></extra>`,
  };
}

function groupTrace({ name, points, tint, size }, across, up) {
  const marker = {
    color: tint,
    symbol: points.map((point) => WORKLOAD_SYMBOLS[data.workload[point] % WORKLOAD_SYMBOLS.length]),
    size,
    opacity: points.length > MANY ? 0.6 : 0.9,
  };
  return pointTrace(pointType, plainHtml(name), points, across, up, marker);
}

/** Draws the front of the two figures as a staircase: what can be had for what. */
function frontTrace(workload, points, across, up) {
  const front = frontOf(points.filter((point) => data.workload[point] === workload), across, up);
  return {
    type: "scatter",
    mode: "lines",
    name: `front, ${plainHtml(data.workloads[workload])}`,
    x: front.map((point) => across.values[point]),
    y: front.map((point) => up.values[point]),
    line: { color: colourAxis() ? colour("soft") : workloadColour(workload), width: 1.5, shape: "hv" },
    hoverinfo: "skip",
    showlegend: false,
  };
}

function ringTrace(chosen, across, up) {
  const front = chosen.filter((point) => data.front[point] === 1);
  const marker = { symbol: "circle-open", size: 13, color: colour("text"), line: { width: 1.2 } };
  return { ...pointTrace("scatter", "on the Pareto front", front, across, up, marker), hoverinfo: "skip", hovertemplate: null };
}

function markTrace(across, up) {
  const marker = { symbol: "circle-open", size: 20, color: colour("vermilion"), line: { width: 3 } };
  return { ...pointTrace("scatter", `point ${data.points[marked]}`, [marked], across, up, marker), hoverinfo: "skip", hovertemplate: null };
}

function scatterLayout(across, up, points) {
  const axis = (column) => chartAxis(columnTitle(column), scatterAxis(scaleOf(points.map((point) => column.values[point]))));
  return chartLayout({
    height: 460,
    dragmode: byId("scatter-box").checked ? "select" : false,
    selectdirection: "any",
    xaxis: axis(across),
    yaxis: axis(up),
    selections: [],
  });
}

function scatterAxis(scale) {
  if (byId("scatter-log").checked && scale.low > 0 && scale.high > scale.low) return logAxis(scale.low, scale.high);
  return { type: "linear", nticks: isNarrow.matches ? 4 : 8, tickangle: 0 };
}

/** Says which point this is and how it is configured. */
function pointLabel(point) {
  const values = data.axes.map((axis) => `${axis.key} = ${plainHtml(axisText(axis, axis.values[point]))}`);
  return [`point ${data.points[point]}, ${plainHtml(data.workloads[data.workload[point]])}`, ...values].join("<br>");
}
