// When neurons die: the share of all neurons that have fallen silent to the end, by step, with bands.

async function drawIncidence(container, data) {
  const { steps, curves, label } = data;
  const figure = element("div", { role: "img", ariaLabel: data.words });
  container.append(element("h3", {}, "When they die"), figure, element("p", { className: "note" }, data.words));
  // Step 0 has its place on a scale of logarithms, to the left of step 1.
  const places = [...steps.map((step) => Math.max(step, 0.5))];
  const draw = () => {
    const { accent, muted } = theme();
    const traces = curves.flatMap(({ name, share, low, high, colour: own }) => {
      const colour = curves.length === 1 ? accent : shade(own);
      return [
        { ...bandOf(stepped(places, true), stepped(low), stepped(high), colour), showlegend: false },
        { type: "scatter", mode: "lines", name: asText(name), x: places, y: share, line: { color: colour, width: 2, shape: "hv" },
          hovertemplate: `%{y:.2%}<extra>${asText(name)}</extra>` },
      ];
    });
    const width = Math.max(240, container.clientWidth);
    const most = Math.max(...curves.flatMap(({ high }) => high));
    const layout = layoutOf(width, 330, {
      showlegend: curves.length > 1, hovermode: "closest", dragmode: false,
      legend: { title: { text: asText(label) }, orientation: width < 700 ? "h" : "v", ...(width < 700 ? { y: -0.3 } : {}) },
      margin: { l: 62, r: 12, t: 8, b: width < 700 && curves.length > 1 ? 120 : 52 },
      xaxis: { type: "log", title: { text: "step (born dead at the left end)", standoff: 6 }, dtick: 1 },
      yaxis: { title: { text: "share fallen silent to the end", standoff: 6 }, tickformat: ".0%", range: [0, 1.05 * most || 1] },
    });
    layout.height += width < 700 && curves.length > 1 ? 70 : 0;
    layout.xaxis.tickcolor = muted;
    return Plotly.react(figure, traces, layout, CONFIG);
  };
  await draw();
  keepDrawn(container, draw);
}

/** A step curve's corners: each value holds until the next step. */
const stepped = (values, isPlace = false) =>
  values.flatMap((value, i) => [value, isPlace ? values[i + 1] ?? value : value]);

/** A colour of a curve; lighter in the dark, where the darkest would not be seen. */
function shade(colour) {
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  return `rgb(${colour.map((c) => Math.round(isDark ? c + 0.4 * (255 - c) : c)).join(",")})`;
}
