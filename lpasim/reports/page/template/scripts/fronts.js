// Pareto fronts over two columns.

/** Returns the places of the points that no other is better than in both columns, from the best in the first one on. */
function frontOf(points, across, up) {
  const [signX, signY] = [across, up].map((column) => (column.goal === "max" ? -1 : 1));
  const [x, y] = [across, up].map((column) => column.values);
  const known = points.filter((point) => x[point] !== null && y[point] !== null);
  known.sort((one, other) => signX * (x[one] - x[other]) || signY * (y[one] - y[other]) || one - other);
  const front = [];
  let best = Infinity;
  for (const point of known) {
    if (signY * y[point] >= best) continue;
    best = signY * y[point];
    front.push(point);
  }
  return front;
}
