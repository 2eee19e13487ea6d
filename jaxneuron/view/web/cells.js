// The cells of a map: the page's frame that shows them, and the numbers of each.

/** The lowest and the highest of many numbers; of none, the infinities the wrong way round. */
function extremes(numbers) {
  let [low, high] = [Infinity, -Infinity];
  for (const number of numbers) {
    if (number < low) low = number;
    if (number > high) high = number;
  }
  return [low, high];
}

const DEAD = ["born_dead", "died"];

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

class Frame {
  /** Decode a frame: a set of axes with the numbers of each of its cells, in C order. */
  static async of(packed, intervals) {
    const frame = new Frame();
    frame.intervals = await intervals;
    frame.axes = packed.axes;
    frame.isGrid = packed.isGrid;
    frame.shape = packed.shape;
    frame.remark = packed.remark;
    frame.values = await Promise.all(packed.values.map(decode));
    frame.edges = await Promise.all(packed.edges.map(decode));
    frame.counts = await decode(packed.counts);
    frame.size = frame.counts.length / FATES.length;
    frame.found = {};
    for (const [name, parts] of Object.entries(packed.found)) {
      const [value, low, high] = await Promise.all([parts.value, parts.low, parts.high].map(decodeDecades));
      frame.found[name] = { value, low, high };
    }
    return frame;
  }

  /** Neurons of a cell by fate. */
  fates(cell) {
    return FATES.map((_, fate) => this.counts[fate * this.size + cell]);
  }

  /** The ends of the 95 % interval of a share. */
  interval(count, total) {
    return this.intervals.get(`${count} of ${total}`) ?? [NaN, NaN];
  }

  /** A quantity in every cell. */
  valuesOf(quantity) {
    this.found[quantity] ??= { value: Float64Array.from({ length: this.size }, (_, cell) => this.estimate(quantity, cell, false)[0]) };
    return this.found[quantity].value;
  }

  /** [value, low, high] of a quantity in a cell; the ends are looked for only if `isWhole`. */
  estimate(quantity, cell, isWhole = true) {
    if (this.found[quantity]?.low) {
      const { value, low, high } = this.found[quantity];
      return [value[cell], low[cell], high[cell]];
    }
    let [total, most, of, count] = [0, 0, 0, 0];
    for (let fate = 0; fate < FATES.length; fate++) {
      const number = this.counts[fate * this.size + cell];
      total += number;
      if (number > most) [most, of] = [number, fate];
      if (FATES[fate] === quantity || (quantity === "dead" && DEAD.includes(FATES[fate]))) count += number;
    }
    if (total === 0) return [NaN, NaN, NaN];
    if (quantity === "fate") return [of, NaN, NaN];
    return [count / total, ...(isWhole ? this.interval(count, total) : [])];
  }
}

/** The part of a frame that a map shows: its cells along x, or along x and y, with other axes held at indices. */
class Slab {
  constructor(frame, x, y, held = {}) {
    this.frame = frame;
    const stride = frame.shape.map((_, i) => frame.shape.slice(i + 1).reduce((a, b) => a * b, 1));
    const along = (name) => (name === null ? -1 : frame.axes.indexOf(name));
    [this.dx, this.dy] = [along(x), along(y)];
    [this.xs, this.ys] = [frame.values[this.dx] ?? null, frame.values[this.dy] ?? null];
    [this.xEdges, this.yEdges] = [frame.edges[this.dx], frame.edges[this.dy]];
    this.held = held;
    this.stride = stride;
    this.first = sum(Object.entries(held).map(([name, index]) => index * stride[along(name)]));
  }

  /** The number of the cell at a column and a row; points are numbered through. */
  cell(column, row = 0) {
    if (!this.frame.isGrid) return column;
    const step = (d, index) => (d < 0 ? 0 : index * this.stride[d]);
    return this.first + step(this.dx, column) + step(this.dy, row);
  }

  /** The index of a cell along each of the frame's axes. */
  index(cell) {
    return this.frame.shape.map((size, d) => Math.floor(cell / this.stride[d]) % size);
  }

  /** The values of the frame's axes at a cell. */
  place(cell) {
    const index = this.frame.isGrid ? this.index(cell) : this.frame.axes.map(() => cell);
    return this.frame.axes.map((name, d) => [name, this.frame.values[d][index[d]]]);
  }
}

/** The number of the cell between whose edges a value lies; the nearest one for a value beyond them. */
function indexWithin(edges, value) {
  const after = edges.findIndex((edge) => edge > value);
  return after < 0 ? edges.length - 2 : Math.max(0, after - 1);
}
