// The roofline: the layers below what memory and array allow.

const MODE_SYMBOLS = ["circle", "diamond", "square", "triangle-up", "cross", "x", "star", "hexagon", "pentagon"];

/** Draws the layers by mode, the slope of the memory, and a level for each peak. */
function drawRoofline() {
  const { points, roofs, slope, colours } = data.roofline;
  if (points.length === 0) {
    byId("chart-roofline").textContent = "No layer multiplies and moves data.";
    return;
  }
  const least = Math.min(...points.map((point) => point.intensity)) / 2;
  const most = Math.max(...points.map((point) => point.intensity), slope ? (2 * roofs.at(-1).gops) / slope : 0) * 2;
  const modes = [...new Set(points.map((point) => point.mode))].sort();
  const gops = [...points.map((point) => point.gops), ...roofs.map((roof) => roof.gops)];
  const traces = [
    ...roofs.map((roof) => roofTrace(roof, slope, least, most)),
    ...modes.map((mode, place) =>
      modeTrace(mode, points, colours[place % colours.length], MODE_SYMBOLS[place % MODE_SYMBOLS.length]),
    ),
  ];
  const axes = {
    xaxis: chartAxis("intensity [MACs a byte of DRAM traffic]", logAxis(least, most)),
    yaxis: chartAxis("performance [GOPS, 2 a MAC]", logAxis(Math.min(...gops), Math.max(...gops))),
  };
  Plotly.react("chart-roofline", traces, rooflineLayout(axes, roofs, slope, least), chartConfig);
}

function roofTrace(roof, slope, least, most) {
  const ridge = slope ? Math.min(most, Math.max(least, roof.gops / slope)) : least;
  const atLeast = slope ? Math.min(roof.gops, least * slope) : roof.gops;
  return {
    type: "scatter",
    mode: "lines",
    x: [least, ridge, most],
    y: [atLeast, roof.gops, roof.gops],
    line: { color: colour("soft"), width: 1.5 },
    hoverinfo: "skip",
    showlegend: false,
  };
}

function modeTrace(mode, points, colourName, symbol) {
  const own = points.filter((point) => point.mode === mode);
  return {
    type: "scatter",
    mode: "markers",
    name: mode,
    x: own.map((point) => point.intensity),
    y: own.map((point) => point.gops),
    customdata: own.map((point) => plainHtml(point.name)),
    marker: { color: colour(colourName), symbol, size: 9, opacity: 0.85, line: { width: 1, color: colour("page") } },
    hovertemplate: "%{customdata}<br>%{x:.3~g} MAC/B<br>%{y:.4~g} GOPS<extra></extra>",
  };
}

function rooflineLayout(axes, roofs, slope, least) {
  return chartLayout({
    height: 420,
    showlegend: true,
    ...axes,
    annotations: roofs.map((roof) => ({
      x: Math.log10(slope ? Math.max(least, roof.gops / slope) : least),
      y: Math.log10(roof.gops),
      text: `${isNarrow.matches ? "" : `${plainHtml(roof.modes)}: `}${written(roof.gops)} GOPS`,
      xanchor: "left",
      xshift: 28, // clear of the slope
      yanchor: "bottom",
      showarrow: false,
      font: { size: 11, color: colour("soft") },
    })),
  });
}
