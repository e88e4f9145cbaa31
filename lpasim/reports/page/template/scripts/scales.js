// From values to places of a slider or of an axis, and back.

const LOG_FROM = 20;

/** Returns how a column is spread: its ends, and whether it is laid out by logarithms. */
function scaleOf(values) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value === null) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return { low: 0, high: 1, isLog: false, forth: (value) => value, back: (place) => place };
  const isLog = low > 0 && high / low > LOG_FROM;
  const forth = isLog ? Math.log10 : (value) => value;
  const back = isLog ? (place) => 10 ** place : (place) => place;
  return { low, high, isLog, forth, back };
}

/** Rounds to four digits, away from the points in between, so that an end of the scale stays inside. */
function rounded(value, away) {
  if (value === 0) return 0;
  const unit = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 3);
  const steps = away < 0 ? Math.floor(value / unit) : Math.ceil(value / unit);
  return Number((steps * unit).toPrecision(4));
}

/** Lists round numbers between two ends of a scale, for the ticks of an axis. */
function ticksOf(scale) {
  if (scale.low === scale.high) return [scale.low];
  if (!scale.isLog) {
    const step = (scale.high - scale.low) / 4;
    return [0, 1, 2, 3, 4].map((place) => scale.low + place * step);
  }
  const [first, last] = [scale.forth(scale.low), scale.forth(scale.high)];
  return [0, 1, 2, 3, 4].map((place) => scale.back(first + (place * (last - first)) / 4));
}
