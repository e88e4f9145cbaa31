// What a colour of the charts stands for: a workload, or a value of an axis.

/** Parts points by the workload, or by the values of the axis that is a colour: names, points and colours. */
function groupsOf(points) {
  const axis = colourAxis();
  if (!axis) {
    return shownWorkloads().map((workload) => ({
      name: data.workloads[workload],
      points: points.filter((point) => data.workload[point] === workload),
      tint: workloadColour(workload),
    }));
  }
  return distinct(axis).map((value, place) => ({
    name: `${axis.key} = ${axisText(axis, value)}`,
    points: points.filter((point) => axis.values[point] === value),
    tint: colour(data.colours[place]),
  }));
}

/** Returns the axis whose values are colours, if not the workloads are. */
function colourAxis() {
  return columns.get(byId("scatter-colour").value);
}
