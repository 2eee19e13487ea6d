// The cells of a picture as they come from the server, in place of those in a report's file.

class LiveFrame extends Frame {
  /** Of a picture over two spans, [rows, columns] with the lowest row first; on the map both axes run from 0 to 1. */
  constructor(x, y, [rows, columns], intervals) {
    super();
    const edges = (number) => Float64Array.from({ length: number + 1 }, (_, i) => i / number);
    Object.assign(this, {
      axes: [y.name, x.name], isGrid: true, shape: [rows, columns], remark: "", size: rows * columns, found: {}, shares: intervals,
      values: [middles(y, rows), middles(x, columns)], edges: [edges(rows), edges(columns)], counts: null, measured: {},
    });
  }

  get whole() {
    const [rows, columns] = this.shape;
    return [0, rows, 0, columns];
  }

  /** Whether it holds a quantity, or what it is counted from. */
  has(quantity) {
    return quantity in this.measured || [...FATES, "fate", "dead"].includes(quantity);
  }

  /** Take over the arrays of some of the cells: the rows and columns from and up to. */
  put([row, pastRow, column, pastColumn], { counts, ...measured }) {
    const [, columns] = this.shape;
    const [width, height] = [pastColumn - column, pastRow - row];
    const copy = (from, to, layer = 0) => {
      for (let r = 0; r < height; r++) {
        const start = (layer * height + r) * width;
        to.set(from.subarray(start, start + width), layer * this.size + (row + r) * columns + column);
      }
    };
    this.counts ??= new counts.constructor(FATES.length * this.size);
    FATES.forEach((_, fate) => copy(counts, this.counts, fate));
    for (const [name, values] of Object.entries(measured)) {
      this.measured[name] ??= new Float64Array(this.size).fill(NaN);
      copy(values, this.measured[name]);
    }
    this.found = {};
  }

  /** The ends of the 95 % interval of a share; all cells have equally many neurons. */
  interval(count, total) {
    const { of, low, high } = this.shares;
    return total === of && count in low ? [low[count], high[count]] : [NaN, NaN];
  }

  estimate(quantity, cell, isWhole = true) {
    return quantity in this.measured ? [this.measured[quantity][cell], NaN, NaN] : super.estimate(quantity, cell, isWhole);
  }

  valuesOf(quantity) {
    this.found[quantity] ??= { value: this.valuesIn(quantity, this.whole) };
    return this.found[quantity].value;
  }

  /** A quantity in the cells of a part, row by row: without an object for each of many cells. */
  valuesIn(quantity, [row, pastRow, column, pastColumn]) {
    const { counts, size, shape: [, columns] } = this;
    const width = pastColumn - column;
    const measured = this.measured[quantity];
    const counted = quantity === "dead" ? DEAD : [quantity];
    const isCounted = FATES.map((fate) => counted.includes(fate));
    const ofCell = (cell) => {
      let [total, most, of, count] = [0, 0, NaN, 0];
      for (let fate = 0; fate < FATES.length; fate++) {
        const number = counts[fate * size + cell];
        total += number;
        if (number > most) [most, of] = [number, fate];
        if (isCounted[fate]) count += number;
      }
      return quantity === "fate" ? of : count / total;
    };
    const values = new Float64Array((pastRow - row) * width);
    for (let r = row, i = 0; r < pastRow; r++) {
      for (let c = column; c < pastColumn; c++, i++) {
        const cell = r * columns + c;
        values[i] = measured ? measured[cell] : ofCell(cell);
      }
    }
    return values;
  }
}

/** The whole of such a frame, whose places are told from left to right first. */
class LiveSlab extends Slab {
  place(cell) {
    return super.place(cell).reverse();
  }
}
