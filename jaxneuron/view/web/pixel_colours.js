// The colours of values as pixels, by the scales of the figures.

/** The stops [share, colour] of a scale that Plotly knows by its name. */
function stopsOf(colorscale) {
  if (Array.isArray(colorscale)) return colorscale;
  if (!stopsOf.known[colorscale]) {
    const figure = element("div");
    Plotly.newPlot(figure, [{ type: "heatmap", z: [[0]], colorscale, showscale: false }]);
    stopsOf.known[colorscale] = figure._fullData[0].colorscale;
  }
  return stopsOf.known[colorscale];
}
stopsOf.known = {};

/** [red, green, blue] of a colour of CSS. */
function rgb(colour) {
  const context = new OffscreenCanvas(1, 1).getContext("2d");
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  return context.getImageData(0, 0, 1, 1).data.slice(0, 3);
}

/** A colour as the four bytes of a pixel. */
const pixelOf = ([red, green, blue]) => ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;

/** What pixels are coloured by: a table between the lowest and the highest value, and the colours of what has no place in it. */
function pixelColours(quantity, coloured) {
  const { colorscale, reversescale = false, zmin, zmax } = scaleOf(quantity);
  // Comparisons with NaN are false, so that it is no extreme.
  const [low, high] = zmin === undefined ? extremes(coloured) : [zmin, zmax];
  const [unknown, infinite] = [theme().unknown, theme().surface].map((colour) => pixelOf(rgb(colour)));
  return { low, high, colorscale, reversescale, table: colourTable(stopsOf(colorscale), reversescale), unknown, infinite };
}

/** A thousand pixels along a scale; the last scale's are kept. */
function colourTable(stops, isReversed) {
  const key = JSON.stringify([stops, isReversed]);
  if (colourTable.key !== key) {
    const parts = stops.map(([share, colour]) => [share, rgb(colour)]);
    const of = (share) => {
      const after = Math.max(1, parts.findIndex(([at]) => at >= share));
      const [[from, before], [to, next]] = [parts[after - 1], parts[after]];
      const way = to > from ? (share - from) / (to - from) : 1;
      return pixelOf(before.map((part, k) => Math.round(part + way * (next[k] - part))));
    };
    colourTable.key = key;
    colourTable.kept = Uint32Array.from({ length: 1000 }, (_, i) => of(isReversed ? 1 - i / 999 : i / 999));
  }
  return colourTable.kept;
}
