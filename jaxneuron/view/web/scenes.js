// The figures of a life: the data with the neuron's line, the loss step by step, and its path among the params.

/** A range with room at its ends; of one number, around it. */
function scaled(low, high, pad = 0.06) {
  const room = pad * (high - low || Math.abs(high) || 1);
  return [low - room, high + room];
}

/** The data with the line at a frame: examples that pass a gradient are filled. */
function fitFigure(life, points, view, width, chosen) {
  const { accent, muted, text, fates } = theme();
  const marks = (wanted, marker) => {
    const some = Array.from(points.z.keys()).filter((i) => (points.z[i] > 0) === wanted);
    return {
      type: "scatter", mode: "markers", x: some.map((i) => points.at[i]), y: some.map((i) => points.y[i]), customdata: some,
      marker: { size: 7, ...marker }, hoverinfo: "none",
    };
  };
  const stroke = (x, y, look) => ({ type: "scatter", mode: "lines", x, y, line: look, hoverinfo: "skip" });
  const spot = (x, y, marker) => ({ type: "scatter", mode: "markers", x: [x], y: [y], marker, hoverinfo: "skip" });
  const traces = [
    marks(true, { color: accent, opacity: 0.75 }),
    marks(false, { color: "rgba(0,0,0,0)", line: { color: muted, width: 1.3 } }),
    // From the example to where ŷ = y: along y where ŷ is a line, along ŷ where the axis is one.
    stroke([points.at[chosen], points.isLine ? points.at[chosen] : points.y[chosen]],
      [points.y[chosen], points.isLine ? points.output[chosen] : points.y[chosen]], { color: text, width: 1.5 }),
    stroke(points.across, points.line, { color: fates[life.fate], width: 3 }),
    spot(points.at[chosen], points.y[chosen], { size: 14, color: "rgba(0,0,0,0)", line: { color: text, width: 2 } }),
  ];
  if (points.isLine) traces.push(stroke(points.across, points.zLine, { color: muted, width: 1.3, dash: "dot" }));
  if (Number.isFinite(points.kink)) traces.push(spot(points.kink, 0, { size: 10, symbol: "diamond", color: text }));
  const height = Math.min(Math.max(0.62 * width, 250), 430);
  const layout = layoutOf(width, height, {
    dragmode: false, margin: { l: 56, r: 10, t: 8, b: 48 },
    xaxis: { range: view.xRange, title: { text: asText(cutTo(width - 66, view.xLabel)), standoff: 6 } },
    yaxis: { range: view.yRange, title: { text: asText(cutTo(height - 56, view.yLabel)), standoff: 6 } },
  });
  return { traces, layout };
}

/** A label no longer than some pixels. */
function cutTo(pixels, label) {
  const most = Math.floor(pixels / 7.5);
  return label.length <= most ? label : `${label.slice(0, most - 1)}…`;
}

/** The legend of the data's figure. */
function legendOf(life, isOne) {
  const item = (look, words) => element("li", {}, element("span", { className: `key ${look}` }), words);
  const dies = life.canDie;
  return [
    item("dot filled", dies ? "passes a gradient (z > 0)" : "z > 0"), item("dot", dies ? "silent (z ≤ 0)" : "z ≤ 0"),
    item(`stroke ${life.fate}`, isOne ? "ŷ" : "ŷ = y"),
    ...(isOne ? [item("stroke dotted", "z = W·x + b")] : []), ...(isOne && dies ? [item("diamond", "kink, x = −b/W")] : []),
  ];
}

/** Where steps lie on their axis: many on one of decades, with step 0 at its left end. */
function stepPlaces(steps) {
  const last = steps.at(-1);
  const isLong = last > 60;
  const decades = Array.from({ length: Math.floor(Math.log10(last || 1)) + 1 }, (_, k) => 10 ** k);
  const place = (step) => (isLong ? Math.log10(Math.max(step, 0.5)) : step);
  const at = Array.from(steps, place);
  const range = last === 0 ? [-1, 1] : scaled(at[0], at.at(-1), 0.03);
  return isLong
    ? { at, place, axis: { range, tickvals: [0.5, ...decades].map(Math.log10), ticktext: ["0", ...decades.map((step) => step.toLocaleString("en"))] } }
    : { at, place, axis: { range, tickformat: "d", ...(last > 8 ? { nticks: 8 } : { dtick: 1 }) } };
}

/** The ticks of losses on an axis of logarithms: where they span decades, some of these. */
function lossTicks(losses) {
  const [low, high] = extremes(losses.filter((loss) => loss > 0)).map(Math.log10);
  // Of about a decade 1, 2 and 5 have room, of less what Plotly chooses.
  if (!(high - low > 2)) return { tickformat: "~g", ...(high - low > 0.6 ? { dtick: "D2" } : { nticks: 5 }) };
  const every = Math.ceil((high - low) / 5);
  const decades = Array.from({ length: 6 }, (_, k) => every * (Math.floor(low / every) + 1 + k));
  return { tickvals: decades.map((decade) => 10 ** decade), ticktext: decades.map((decade) => inWords(10 ** decade, 1)) };
}

const EVENTS = { death: "silent from here on", diverge: "diverged", settle: "at rest within the tolerance" };

/** The loss at the frames, with a mark at one of them. */
function lossFigure(life, frames, i, width, colour) {
  const { at, axis, place } = stepPlaces(frames.step);
  const losses = Array.from(frames.loss, (loss) => (Number.isFinite(loss) ? loss : null));
  const isLog = losses.some((loss) => loss > 0);
  const shown = losses.map((loss) => (isLog && !(loss > 0) ? null : loss));
  const { text, muted } = theme();
  const traces = [
    { type: "scatter", mode: at.length < 40 ? "lines+markers" : "lines", x: at, y: shown,
      line: { color: colour, width: 2 }, marker: { size: 4 }, hovertemplate: "step %{customdata}: %{y:.4~g}<extra></extra>", customdata: Array.from(frames.step) },
    { type: "scatter", mode: "markers", x: [at[i]], y: [shown[i]], marker: { size: 11, color: text }, hoverinfo: "skip" },
  ];
  const layout = layoutOf(width, Math.min(Math.max(0.5 * width, 190), 230), {
    margin: { l: 62, r: 10, t: 20, b: 44 }, dragmode: false, hovermode: "x",
    annotations: Object.entries(life.events).map(([event, step]) => ({
      x: place(step), y: 1, yref: "paper", yanchor: "bottom", xanchor: place(step) > (place(0) + at.at(-1)) / 2 ? "right" : "left",
      text: EVENTS[event], showarrow: false, font: { size: 11, color: muted },
    })),
    xaxis: { ...axis, title: { text: "step", standoff: 4 } },
    yaxis: { type: isLog ? "log" : "linear", rangemode: "tozero", title: { text: "loss L", standoff: 4 }, ...lossTicks(losses) },
  });
  // Where the loss is not a number there is no mark, and the line alone shows the step.
  const upright = (x, dash) => ({ type: "line", x0: x, x1: x, yref: "paper", y0: 0, y1: 1, line: { color: muted, width: 1, dash } });
  layout.shapes = [upright(at[i], "dot"), ...Object.values(life.events).map((step) => upright(place(step), "dash"))];
  return { traces, layout };
}

/** The ranges of W and b that are shown: the whole path, but of one that diverges only its places near the start. */
function pathRanges(frames, examples) {
  const limit = 100 * Math.max(frames.loss[0], sum(Array.from(examples.y, (y) => (0.5 * y * y) / examples.y.length)));
  const near = Array.from(frames.step.keys()).filter((i) => i === 0 || (frames.loss[i] <= limit && Number.isFinite(frames.weight[i] + frames.bias[i])));
  return [frames.weight, frames.bias].map((values) => scaled(...extremes(near.map((i) => values[i])), 0.25));
}

/** The lines of the same loss that a life has, one after another. */
async function decodeContours(surface) {
  if (!surface) return null;
  const [weight, bias] = await Promise.all([surface.weight, surface.bias].map(decode));
  return { weight, bias };
}

/** The path of (W, b), fainter from a frame on, over lines of the same loss, and the region where the neuron is silent on
 * every example. */
function pathFigure(life, frames, i, examples, width, colour, contours) {
  const [[wLow, wHigh], [bLow, bHigh]] = life.isConverted ? pathRanges(frames, examples) : life.surface.ranges;
  const { muted, text } = theme();
  const [xLow, xHigh] = extremes(examples.x);
  // Silent is where W·x + b ≤ 0 at both ends of the data; the border has its corner at W = 0.
  const corners = [wLow, ...(wLow < 0 && wHigh > 0 ? [0] : []), wHigh];
  const border = corners.map((w) => -Math.max(w * xLow, w * xHigh));
  const floor = Math.min(bLow, ...border);
  const stroke = (x, y, more) => ({ type: "scatter", mode: "lines", x, y, hoverinfo: "skip", ...more });
  const spot = (k, marker) => ({ type: "scatter", mode: "markers", x: [frames.weight[k]], y: [frames.bias[k]], marker, hoverinfo: "skip" });
  const path = (from, to, opacity) => stroke(
    Array.from(frames.weight.subarray(from, to)), Array.from(frames.bias.subarray(from, to)), { line: { color: colour, width: 1.5 }, opacity });
  const silent = [
    stroke(corners, border, { line: { color: muted, width: 1.2, dash: "dash" } }),
    stroke([...corners, wHigh, wLow], [...border, floor, floor], { fill: "toself", fillcolor: muted, opacity: 0.18, line: { width: 0 } }),
  ];
  const traces = [
    stroke(contours.weight, contours.bias, { line: { color: muted, width: 0.7 }, opacity: 0.6 }),
    ...(life.canDie ? silent : []), path(i, frames.weight.length, 0.25), path(0, i + 1, 1),
    spot(0, { size: 8, color: "rgba(0,0,0,0)", line: { color: text, width: 1.5 } }), spot(i, { size: 11, color: text }),
  ];
  const layout = layoutOf(width, Math.min(Math.max(0.55 * width, 200), 250), {
    margin: { l: 62, r: 10, t: 6, b: 44 }, dragmode: false,
    xaxis: { range: [wLow, wHigh], title: { text: "W", standoff: 4 }, nticks: 6 },
    yaxis: { range: [bLow, bHigh], title: { text: "b", standoff: 4 }, nticks: 6 },
  });
  return { traces, layout };
}
