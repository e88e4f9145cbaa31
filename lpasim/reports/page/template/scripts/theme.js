// Charts look like the page around them: style.css defines the colours, for light and for dark.

const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const darkScheme = window.matchMedia("(prefers-color-scheme: dark)");
const isNarrow = window.matchMedia("(max-width: 36rem)");
const PAPER_PX = 680; // of A4 less 15 mm at each side, at 96 pixels an inch
const chartConfig = { displayModeBar: false, responsive: true }; // figures for papers: lpasim plot

/** Returns the value of one of the page's colours. */
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Spells a text so that Plotly, which knows some HTML tags, shows it as it is. */
function plainHtml(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Returns an axis with a title, and what else it should have. */
function chartAxis(title, more = {}) {
  return {
    title: { text: plainHtml(title), standoff: 8 },
    gridcolor: colour("line"),
    linecolor: colour("line"),
    zeroline: false,
    automargin: true,
    fixedrange: true,
    ...more,
  };
}

/** Returns the layout of a chart, with what it adds to the page's fonts and colours. */
function chartLayout(more) {
  const style = getComputedStyle(document.body);
  return {
    font: { family: style.fontFamily, size: 13, color: colour("text") },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    margin: { l: 8, r: 12, t: 8, b: 8 },
    hoverlabel: { font: { family: style.fontFamily, size: 13 }, align: "left" },
    legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom", font: { size: 12 } },
    dragmode: false,
    ...more,
  };
}

/** Draws now, and again whenever the scheme changes between light and dark. */
function keepDrawn(draw) {
  draw();
  darkScheme.addEventListener("change", draw);
}

/** Returns a function that draws at most once a frame, however often it is called. */
function soon(draw) {
  let isWaiting = false;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(() => {
      isWaiting = false;
      draw();
    });
  };
}

/** Fits the page to paper while it is printed: opens what is folded, and makes charts as wide as a sheet. */
function fitPaper() {
  let folded = [];
  const charts = [...document.querySelectorAll(".js-plotly-plot")];
  window.addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const details of folded) details.open = true;
    for (const chart of charts) Plotly.relayout(chart, { width: Math.min(PAPER_PX, chart.clientWidth) });
  });
  window.addEventListener("afterprint", () => {
    for (const details of folded) details.open = false;
    for (const chart of charts) Plotly.relayout(chart, { width: null, autosize: true });
  });
}

/** Writes a number with some significant digits, as the tables of the page do. */
function written(value, digits = 4) {
  if (value === null || value === undefined) return "-";
  if (typeof value !== "number") return String(value);
  if (Number.isInteger(value)) return value.toLocaleString("en-US");
  return value.toLocaleString("en-US", { maximumSignificantDigits: digits });
}

/** Makes an element with attributes and children; texts stay texts, whatever they hold. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
