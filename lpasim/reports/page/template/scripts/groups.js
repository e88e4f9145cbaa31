// What a colour of the charts stands for: a workload, or a value of an axis.

const [LARGEST, SMALLEST] = [10, 7]; // marks of the first value, and of the last one in front of it

/** Parts points by the workload, or by the values of the axis that is a colour: names, points, colours, sizes of marks. */
function groupsOf(points) {
  const axis = colourAxis();
  if (!axis) {
    return shownWorkloads().map((workload) => ({
      name: data.workloads[workload],
      points: points.filter((point) => data.workload[point] === workload),
      tint: workloadColour(workload),
      size: 8,
    }));
  }
  return distinct(axis).map((value, place, { length }) => ({
    name: `${axis.key} = ${axisText(axis, value)}`,
    points: points.filter((point) => axis.values[point] === value),
    tint: colour(data.colours[place]),
    size: LARGEST - ((LARGEST - SMALLEST) * place) / Math.max(1, length - 1),
  }));
}

/** Returns the axis whose values are colours, if not the workloads are. */
function colourAxis() {
  return columns.get(byId("scatter-colour").value);
}
