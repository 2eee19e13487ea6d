// The colours of values: scales and their colour bars.

/** From the surface to a colour, by number: a share of 0 is the surface, of 1 the colour. */
const ramp = (colour) => [[0, theme().surface], [1, colour]];

function scaleOf(quantity) {
  const { fates } = theme();
  if (quantity.scale === "share") return { colorscale: ramp(fates[quantity.name] ?? theme().text), zmin: 0, zmax: 1 };
  if (quantity.scale === "kind") {
    const bands = FATES.flatMap((fate, i) => [[i / 5, fates[fate]], [(i + 1) / 5, fates[fate]]]);
    return { colorscale: bands, zmin: -0.5, zmax: 4.5 };
  }
  // As on paper: low losses are light, few steps dark.
  return quantity.scale === "loss" ? { colorscale: "Cividis", reversescale: true } : { colorscale: "Viridis", reversescale: false };
}

/** Values as they are coloured: losses and steps by their logarithms; NaN those that have no place on the scale. */
function colouredBy(quantity, values) {
  if (quantity.scale === "share" || quantity.scale === "kind") return values;
  // A loss of 0 has no logarithm, and is shown as the lowest that has one; where all are 0, they are alike.
  let least = Infinity;
  for (const value of values) if (value > 0 && value < least) least = value;
  if (least === Infinity) least = 1;
  return values.map((value) => (Number.isFinite(value) ? Math.log10(Math.max(value, least)) : NaN));
}

/** Where a colour bar of logarithms has its numbers: at most seven, at decades if there are some. */
function decadeTicks(low, high) {
  const spread = high - low;
  const decades = [];
  const every = Math.max(1, Math.ceil(spread / 6));
  for (let k = Math.ceil(low); k <= high; k++) if (k % every === 0) decades.push(k);
  const ticks = decades.length >= 3 ? decades : [0, 1, 2, 3].map((i) => low + (i * spread) / 3);
  return { tickvals: ticks, ticktext: ticks.map((tick) => inWords(10 ** tick, 2)) };
}

function colourBar(quantity, coloured, isNarrow) {
  const finite = coloured.filter((value) => !Number.isNaN(value));
  const [low, high] = extremes(finite);
  const { text } = theme();
  const ticks = quantity.scale === "share" ? { tickformat: ".0%" } : finite.length ? decadeTicks(low, high) : {};
  const place = isNarrow
    ? { orientation: "h", y: -0.22, yanchor: "top", len: 1 }
    : { len: 1, x: 1.01 };
  return { ...place, ...ticks, thickness: 12, outlinewidth: 0, tickfont: { color: text } };
}
