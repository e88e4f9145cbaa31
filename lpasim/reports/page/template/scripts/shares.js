// Where energy and area go.

/** Draws the parts of a whole as bars, the largest on top. */
function drawShares(name) {
  const { unit, parts } = data.shares[name];
  const trace = {
    type: "bar",
    orientation: "h",
    x: parts.map((part) => part.value),
    y: parts.map((part) => part.name),
    text: parts.map((part) => part.share),
    textposition: "outside",
    cliponaxis: false,
    marker: { color: parts.map((part) => colour(part.colour)) },
    hovertemplate: `%{y}: %{x:.4~g} ${unit}<extra></extra>`,
  };
  const most = Math.max(...Object.values(data.shares).map((each) => each.parts.length));
  const layout = chartLayout({
    height: 60 + 28 * most, // charts side by side are equally high
    margin: { l: 8, r: 48, t: 8, b: 8 },
    xaxis: chartAxis(unit, { rangemode: "tozero", nticks: 6 }),
    yaxis: chartAxis("", { autorange: "reversed", showgrid: false }),
  });
  Plotly.react(`chart-${name}`, [trace], layout, chartConfig);
}
