// From values to places of a slider or of an axis, and back.

const LOG_FROM = 20; // largest over smallest value, from which logarithms show more
const MANTISSAS = [
  [1000, [1]],
  [20, [1, 2, 5]],
  [3, [1, 1.5, 2, 3, 4, 5, 6, 8]],
]; // of the ticks of a logarithmic axis, by largest over smallest value

/** Returns a logarithmic axis from a bit below `low` to a bit above `high`, every tick with its whole number. */
function logAxis(low, high) {
  const values = logTicks(low, high);
  const [first, last] = [Math.log10(low), Math.log10(high)];
  const room = Math.max(0.01, (last - first) * 0.06);
  return {
    type: "log",
    range: [first - room, last + room],
    tickvals: values,
    ticktext: values.map((value) => written(value)),
    tickangle: 0,
  };
}

/** Lists round numbers around and between two values; within a factor of a few, evenly spaced ones. */
function logTicks(low, high) {
  const mantissas = MANTISSAS.find(([ratio]) => high / low >= ratio)?.[1];
  if (!mantissas) {
    const step = roundStep((high - low || low) / 4);
    return Array.from({ length: 9 }, (_, place) => Number((step * (Math.floor(low / step) + place)).toPrecision(6)));
  }
  const decades = Math.ceil(Math.log10(high / low)) + 2;
  const first = Math.floor(Math.log10(low));
  return Array.from({ length: decades }, (_, place) => mantissas.map((mantissa) => Number(`${mantissa}e${first + place}`))).flat();
}

/** Returns the next of 1, 2, 5, 10, ... from a distance on. */
function roundStep(distance) {
  const decade = 10 ** Math.floor(Math.log10(distance));
  return decade * [1, 2, 5, 10].find((factor) => factor * decade >= distance);
}

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

/** Returns the value of a scale that is nearest to a value. */
function within(scale, value) {
  return Math.min(scale.high, Math.max(scale.low, value));
}

/** Rounds to four digits, downwards for a lower end and upwards for an upper one, so that what was boxed stays in. */
function rounded(scale, value, end) {
  const size = scale.isLog ? Math.abs(value) : Math.min(Math.abs(value), scale.high - scale.low);
  if (size === 0) return value;
  const unit = 10 ** (Math.floor(Math.log10(size)) - 3);
  const steps = end < 0 ? Math.floor(value / unit) : Math.ceil(value / unit);
  return Number((steps * unit).toPrecision(12));
}

/** Rounds the ends of a box outwards; an end beyond all values limits nothing. */
function openEnds(scale, [from, to]) {
  return [from <= scale.low ? null : rounded(scale, from, -1), to >= scale.high ? null : rounded(scale, to, 1)];
}

function sorted(ends) {
  return [...ends].sort((one, other) => one - other);
}

/** Lists five values from end to end of a scale, for the ticks of an axis. */
function ticksOf(scale) {
  if (scale.low === scale.high) return [scale.low];
  if (!scale.isLog) {
    const step = (scale.high - scale.low) / 4;
    return [0, 1, 2, 3, 4].map((place) => scale.low + place * step);
  }
  const [first, last] = [scale.forth(scale.low), scale.forth(scale.high)];
  return [0, 1, 2, 3, 4].map((place) => scale.back(first + (place * (last - first)) / 4));
}
