// The layers: a table that filters and sorts, and a chart of the rows that it shows.

const ROW_PX = 19;
const LONGEST_NAME = isNarrow.matches ? 18 : 30;

/** Wires table, filters and chart of the layers. */
function showLayers() {
  const body = byId("layer-table").tBodies[0];
  const rows = [...body.rows];
  let shown = rows;
  const redraw = () => drawLayers(shown.map((row) => rows.indexOf(row)));
  const update = () => {
    shown = filterLayers([...body.rows]);
    byId("layer-count").textContent = `${shown.length} of ${rows.length} layers`;
    redraw();
  };
  sortButtons(byId("layer-table").tHead.rows[0], (column, direction) => {
    const isNumber = rows[0].cells[column].classList.contains("number");
    const values = new Map(rows.map((row) => [row, cellValue(row.cells[column], isNumber)]));
    const sorted = [...rows].sort((one, other) => compareValues(values.get(one), values.get(other), direction));
    body.append(...sorted);
    update();
  });
  const form = byId("layer-controls");
  form.addEventListener("input", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(update));
  keepDrawn(update);
}

/** Hides the rows that the filters leave out, and returns the others. */
function filterLayers(rows) {
  const name = byId("layer-name").value.trim().toLowerCase();
  const operator = byId("layer-operator").value;
  for (const row of rows) {
    const fits = row.cells[0].textContent.toLowerCase().includes(name);
    row.hidden = !fits || (operator !== "" && row.cells[1].textContent !== operator);
  }
  return rows.filter((row) => !row.hidden);
}

/** Draws one stacked bar a layer, in the given order. */
function drawLayers(order) {
  const view = data.layers.views.find((each) => each.id === byId("layer-view").value);
  const names = order.map((layer) => data.layers.names[layer]);
  const traces = view.series.map((series) => ({
    type: "bar",
    orientation: "h",
    name: series.name,
    x: order.map((layer) => series.values[layer]),
    y: names.map((_, place) => place),
    customdata: names.map(plainHtml),
    marker: { color: colour(series.colour) },
    hovertemplate: `%{customdata}<br>${series.name}: %{x:.4~g}<extra></extra>`,
  }));
  showLegend(view);
  Plotly.react("chart-layers", traces, layerLayout(view, names), chartConfig);
}

/** Names the colours above the chart, where they stay while the chart scrolls. */
function showLegend(view) {
  const entries = view.series.map((series) => {
    const swatch = element("span", { class: "swatch" });
    swatch.style.background = colour(series.colour);
    return element("li", {}, swatch, series.name);
  });
  byId("layer-legend").replaceChildren(...entries);
}

function layerLayout(view, names) {
  return chartLayout({
    barmode: "stack",
    bargap: 0.25,
    height: 80 + ROW_PX * names.length,
    showlegend: false,
    xaxis: chartAxis(view.axis, { side: "top", range: view.percent ? [0, 100] : undefined, rangemode: "tozero" }),
    yaxis: chartAxis("", {
      tickmode: "array",
      tickvals: names.map((_, place) => place),
      ticktext: names.map((name) => plainHtml(shortened(name))),
      range: [names.length - 0.5, -0.5],
      showgrid: false,
      tickfont: { size: 11 },
    }),
  });
}

/** Keeps the end of a long name, where names of layers differ. */
function shortened(name) {
  return name.length > LONGEST_NAME ? `…${name.slice(1 - LONGEST_NAME)}` : name;
}
