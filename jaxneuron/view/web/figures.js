// Plotly's figures of a slab: a map over two axes, points, curves with bands over one, bars over none.

const NARROW = 560;
const FEW = 6;

const DRAG = matchMedia("(pointer: coarse)").matches ? false : "zoom";
const CONFIG = { displayModeBar: false, responsive: false, doubleClick: false };

function layoutOf(width, height, layout = {}) {
  const { text, line } = theme();
  return {
    width, height, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: text, size: 12, family: "system-ui, 'Noto Sans', 'DejaVu Sans', sans-serif" },
    margin: { l: 62, r: 12, t: 8, b: 52 }, showlegend: false, hovermode: "closest",
    ...layout,
    xaxis: { gridcolor: line, zeroline: false, linecolor: line, exponentformat: "power", ...layout.xaxis },
    yaxis: { gridcolor: line, zeroline: false, linecolor: line, exponentformat: "power", ...layout.yaxis },
  };
}

/** An axis of a map, from edge to edge; of points, as far as Plotly finds them. */
function axisLayout(axis, values, edges) {
  const range = edges && [edges[0], edges.at(-1)].map((edge) => (axis.isLog ? Math.log10(edge) : edge));
  // Of few values each has its number.
  const ticks = values.length <= FEW ? { tickvals: Array.from(values), ticktext: Array.from(values, (v) => onAxis(axis, v, 3)) } : {};
  return { title: { text: asText(axis.label), standoff: 6 }, type: axis.isLog ? "log" : "linear", range, ...ticks };
}

/** The layout of a figure over two axes, with room for a colour bar at its side, or beneath it where it is narrow. */
function planeLayout(slab, x, y, width, look = {}) {
  const isNarrow = width < NARROW;
  return layoutOf(width, isNarrow ? width * 1.15 : Math.min(0.72 * width, 620), {
    margin: { l: 62, r: isNarrow ? 10 : 70, t: 8, b: isNarrow ? 96 : 52 }, dragmode: DRAG,
    xaxis: { ...axisLayout(x, slab.xs, slab.xEdges), ...look }, yaxis: { ...axisLayout(y, slab.ys, slab.yEdges), ...look },
  });
}

/** The traces and layout of a map; values are [rows][columns]. */
function mapFigure(slab, x, y, quantity, marks, width) {
  const [columns, rows] = [slab.xs.length, slab.ys.length];
  const all = slab.frame.valuesOf(quantity.name);
  const values = Float64Array.from({ length: rows * columns }, (_, i) => all[slab.cell(i % columns, Math.floor(i / columns))]);
  const coloured = colouredBy(quantity, values);
  const inRows = (array) => Array.from({ length: rows }, (_, row) => array.subarray(row * columns, (row + 1) * columns));
  const common = { type: "heatmap", x: slab.xEdges, y: slab.yEdges, hoverinfo: "none", zsmooth: false };
  const { surface, muted, unknown } = theme();
  const traces = [{
    ...common, z: inRows(coloured), ...scaleOf(quantity), showscale: quantity.scale !== "kind",
    colorbar: colourBar(quantity, coloured, width < NARROW),
  }];
  const infinite = values.map((value) => (value === Infinity ? 1 : NaN));
  if (infinite.some((value) => value === 1)) {
    traces.push({ ...common, z: inRows(infinite), colorscale: [[0, surface], [1, surface]], showscale: false });
  }
  traces.push({
    type: "scatter", mode: "markers", x: marks.map(([column]) => slab.xs[column]), y: marks.map(([, row]) => slab.ys[row]),
    marker: { size: 6, color: "rgba(255,255,255,0.55)", line: { color: "#000000", width: 1 } }, hoverinfo: "skip",
  });
  const layout = planeLayout(slab, x, y, width, { showgrid: false, ticks: "outside", tickcolor: muted });
  return { traces, layout: { ...layout, plot_bgcolor: unknown }, values };
}

/** Points where they lie in two of the things they differ in. */
function pointsFigure(slab, x, y, quantity, width) {
  const values = slab.frame.valuesOf(quantity.name);
  const coloured = colouredBy(quantity, values);
  const { colorscale, reversescale, zmin, zmax } = scaleOf(quantity);
  const { muted, surface, unknown } = theme();
  const of = (filter) => Array.from(coloured.keys()).filter(filter);
  const trace = (points, colours) => ({
    type: "scatter", mode: "markers", x: points.map((i) => slab.xs[i]), y: points.map((i) => slab.ys[i]), customdata: points,
    marker: { size: 9, line: { width: 0.7, color: muted }, ...colours }, hoverinfo: "none",
  });
  const shown = of((i) => !Number.isNaN(coloured[i]));
  const traces = [
    trace(shown, {
      color: shown.map((i) => coloured[i]), colorscale, reversescale, cmin: zmin, cmax: zmax,
      showscale: quantity.scale !== "kind", colorbar: colourBar(quantity, coloured, width < NARROW),
    }),
    trace(of((i) => values[i] === Infinity), { color: surface }),
    trace(of((i) => Number.isNaN(values[i])), { color: unknown }),
  ];
  return { traces, layout: planeLayout(slab, x, y, width), values };
}

/** A line with its band, in pieces where nothing is known. */
function bandOf(xs, low, high, colour) {
  const known = Array.from(xs.keys()).filter((i) => Number.isFinite(low[i]) && Number.isFinite(high[i]));
  return {
    type: "scatter", mode: "lines", x: [...known.map((i) => xs[i]), ...known.toReversed().map((i) => xs[i])],
    y: [...known.map((i) => high[i]), ...known.toReversed().map((i) => low[i])],
    fill: "toself", fillcolor: colour, opacity: 0.22, line: { width: 0 }, hoverinfo: "skip",
  };
}

/** Curves over one axis: of the most frequent fate, the shares of all. */
function curvesFigure(slab, x, quantity, width) {
  const { fates, text } = theme();
  const order = Array.from(slab.xs.keys()).sort((a, b) => slab.xs[a] - slab.xs[b]);
  const xs = order.map((i) => slab.xs[i]);
  const isMet = (fate) => order.some((i) => slab.frame.fates(slab.cell(i))[FATES.indexOf(fate)] > 0);
  const names = quantity.scale === "kind" ? FATES.filter(isMet) : [quantity.name];
  const isShare = quantity.scale === "share" || quantity.scale === "kind";
  const traces = names.flatMap((name) => {
    const estimates = order.map((i) => slab.frame.estimate(name, slab.cell(i)));
    const [value, low, high] = [0, 1, 2].map((part) => estimates.map((estimate) => estimate[part]));
    const colour = fates[name] ?? text;
    const line = {
      type: "scatter", mode: xs.length < 40 ? "lines+markers" : "lines", x: xs, customdata: order,
      y: value.map((v) => (Number.isFinite(v) ? v : null)), line: { color: colour, width: 2 }, hoverinfo: "none",
    };
    return slab.frame.isGrid ? [bandOf(xs, low, high, colour), line] : [{ ...line, mode: "markers" }];
  });
  const values = Float64Array.from(order, (i) => slab.frame.estimate(quantity.name, slab.cell(i))[0]);
  const anyPositive = values.some((value) => value > 0 && Number.isFinite(value));
  const layout = layoutOf(width, Math.min(Math.max(0.55 * width, 280), 460), {
    xaxis: axisLayout(x, xs, slab.xEdges),
    yaxis: isShare
      ? { range: [-0.02, 1.02], tickformat: ".0%", title: { text: "share of neurons", standoff: 6 } }
      : { type: anyPositive ? "log" : "linear", title: { text: asText(quantity.label), standoff: 6 }, tickformat: "~g" },
    dragmode: DRAG,
  });
  return { traces, layout, values };
}

/** The shares of the fates where nothing is swept. */
function barsFigure(slab, quantity, width) {
  const { fates, text } = theme();
  const estimates = FATES.map((fate) => slab.frame.estimate(fate, slab.cell(0)));
  const traces = [{
    type: "bar", orientation: "h", x: estimates.map(([share]) => share), y: FATES.map((fate) => FATE_NAMES[fate]),
    marker: { color: FATES.map((fate) => fates[fate]) }, hoverinfo: "none", customdata: FATES.map(() => 0),
    error_x: {
      type: "data", color: text, thickness: 1.4, symmetric: false,
      array: estimates.map(([share, , high]) => high - share), arrayminus: estimates.map(([share, low]) => share - low),
    },
  }];
  const layout = layoutOf(width, 260, {
    margin: { l: 84, r: 12, t: 8, b: 48 },
    xaxis: { range: [0, 1.02], tickformat: ".0%", title: { text: "share of neurons", standoff: 6 } },
    yaxis: { autorange: "reversed" }, dragmode: false,
  });
  return { traces, layout, values: Float64Array.of(slab.frame.estimate(quantity.name, slab.cell(0))[0]) };
}
