// Arrays out of the page's text: the other half of encode.py.

const ARRAYS = {
  uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array, int8: Int8Array, int16: Int16Array,
  int32: Int32Array, float32: Float32Array, float64: Float64Array,
};

/** The typed array that encode() packed, in C order; its shape is packed.shape. */
async function decode(packed) {
  const bytes = Uint8Array.from(atob(packed.data), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new ARRAYS[packed.type](await new Response(stream).arrayBuffer());
}

/** The numbers that encode_decades() packed, as float64: NaN where one is unknown. */
async function decodeDecades(packed) {
  const codes = await decode(packed);
  const values = new Float64Array(65536);
  values[0] = NaN;
  values[1] = 0;
  for (let code = 2; code < 65535; code++) values[code] = Math.exp(packed.low + (code - 2) * packed.step);
  values[65535] = Infinity;
  return Float64Array.from(codes, (code) => values[code]);
}

/** The 95 % interval of each share that a cell of the page has, by "count of total". */
async function decodeIntervals({ count, total, low, high }) {
  const [counts, totals, lows, highs] = await Promise.all([count, total, low, high].map(decode));
  return new Map(Array.from(counts, (number, i) => [`${number} of ${totals[i]}`, [lows[i], highs[i]]]));
}
