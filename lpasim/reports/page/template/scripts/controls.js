// The form of conditions: sliders, numbers and check boxes.

const STEPS = 1000;

/** Wires the form, and keeps it showing the conditions. */
function wireConditions() {
  const form = byId("conditions");
  byId("workload").addEventListener("change", (event) => {
    const { value } = event.target;
    changeConditions((now) => (now.workload = value === "all" ? null : Number(value)));
  });
  byId("front").addEventListener("change", (event) => {
    changeConditions((now) => (now.onlyFront = event.target.checked));
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", (event) => {
    event.preventDefault(); // the workload stays
    changeConditions(clearConditions);
  });
  for (const limit of form.querySelectorAll(".limit")) wireLimit(limit);
  for (const choices of form.querySelectorAll(".choices")) wireChoices(choices);
  watchConditions(() => (byId("front").checked = conditions.onlyFront));
  if (isNarrow.matches) form.querySelector(".axes").open = false; // the charts should not be far
}

/** Wires two numbers and two sliders that limit a figure. */
function wireLimit(box) {
  const name = box.dataset.measure;
  const scale = scaleOf(columns.get(name).values);
  const [lowNumber, highNumber] = box.querySelectorAll("input[type=number]");
  const [lowSlider, highSlider] = box.querySelectorAll("input[type=range]");
  const fromNumbers = () => changeConditions(() => setRange(name, readNumber(lowNumber), readNumber(highNumber)));
  const fromSliders = (event) => {
    keepApart(lowSlider, highSlider, event.target);
    const from = valueAt(scale, Number(lowSlider.value), -1);
    const to = valueAt(scale, Number(highSlider.value), 1);
    changeConditions(() => setRange(name, from, to));
  };
  lowNumber.placeholder = written(scale.low);
  highNumber.placeholder = written(scale.high);
  for (const number of [lowNumber, highNumber]) number.addEventListener("input", fromNumbers);
  for (const slider of [lowSlider, highSlider]) slider.addEventListener("input", fromSliders);
  watchConditions(() => {
    const [from, to] = conditions.ranges.get(name) ?? [null, null];
    showNumber(lowNumber, from);
    showNumber(highNumber, to);
    showPlace(lowSlider, scale, from, 0);
    showPlace(highSlider, scale, to, STEPS);
    showSlider(lowSlider, highSlider, scale, from, to);
    box.classList.toggle("on", from !== null || to !== null);
  });
}

/** Reads a number; nothing, or what is none yet, is null. */
function readNumber(input) {
  return input.value === "" ? null : Number(input.value);
}

/** Writes a number, unless it is there already, perhaps spelled in another way by someone who is typing. */
function showNumber(input, value) {
  if (readNumber(input) !== value) input.value = value ?? "";
}

/** Moves a slider to a value, or to rest; but not by its rounding alone: nobody's thumb is pushed away. */
function showPlace(slider, scale, value, rest) {
  const place = value === null ? rest : placeOf(scale, value);
  if (value === null || Math.abs(Number(slider.value) - place) > 1) slider.value = place;
}

/** Says to screen readers, and draws, what the sliders limit to. */
function showSlider(lowSlider, highSlider, scale, from, to) {
  lowSlider.setAttribute("aria-valuetext", written(from ?? scale.low));
  highSlider.setAttribute("aria-valuetext", written(to ?? scale.high));
  const track = lowSlider.parentElement;
  track.style.setProperty("--from", `${(100 * lowSlider.value) / STEPS}%`);
  track.style.setProperty("--to", `${(100 * highSlider.value) / STEPS}%`);
}

/** Stops a slider at the other one. */
function keepApart(low, high, moved) {
  if (Number(low.value) <= Number(high.value)) return;
  moved.value = moved === low ? high.value : low.value;
}

/** Returns the value at a place of a slider; its ends limit nothing. */
function valueAt(scale, place, end) {
  if (place === (end < 0 ? 0 : STEPS)) return null;
  const [first, last] = [scale.forth(scale.low), scale.forth(scale.high)];
  return rounded(scale, scale.back(first + ((last - first) * place) / STEPS), end);
}

/** Returns the place of a value on a slider. */
function placeOf(scale, value) {
  const [first, last] = [scale.forth(scale.low), scale.forth(scale.high)];
  if (last === first) return value > scale.high ? STEPS : 0;
  return Math.round((STEPS * (scale.forth(within(scale, value)) - first)) / (last - first));
}

/** Gives an axis a check box for each of its values, or two numbers if it has many. */
function wireChoices(box) {
  const axis = columns.get(box.dataset.axis);
  const values = distinct(axis);
  if (values.length < 2) {
    box.remove();
    return;
  }
  if (isLimitedByNumbers(values)) {
    wireAxisRange(box, axis);
    return;
  }
  for (const value of values) box.append(valueBox(axis, value));
  watchConditions(() => {
    const refused = conditions.refused.get(axis.name);
    box.querySelectorAll("input").forEach((input, place) => (input.checked = !refused?.has(values[place])));
    box.classList.toggle("on", refused !== undefined);
  });
}

function valueBox(axis, value) {
  const input = element("input", { type: "checkbox" });
  input.checked = true;
  input.addEventListener("change", () => changeConditions((now) => refuse(now, axis.name, value, !input.checked)));
  return element("label", { class: "check" }, input, ` ${axisText(axis, value)}`);
}

/** Leaves a value of an axis out, or takes it back. */
function refuse(now, name, value, isRefused) {
  const refused = now.refused.get(name) ?? new Set();
  if (isRefused) refused.add(value);
  else refused.delete(value);
  if (refused.size) now.refused.set(name, refused);
  else now.refused.delete(name);
}

function wireAxisRange(box, { name }) {
  const inputs = ["from", "to"].map((end) =>
    element("input", { type: "number", step: "any", "aria-label": `${name}, ${end}` }),
  );
  const labels = inputs.map((input, end) => element("label", {}, ["from ", "to "][end], input));
  box.append(element("div", { class: "numbers" }, ...labels));
  box.querySelector("legend code").textContent = name; // with its unit, which check boxes have in their texts
  for (const input of inputs) {
    input.addEventListener("input", () => changeConditions(() => setRange(name, ...inputs.map(readNumber))));
  }
  watchConditions(() => {
    const range = conditions.ranges.get(name) ?? [null, null];
    inputs.forEach((input, end) => showNumber(input, range[end]));
  });
}
