// The cells of a picture as pixels under the axes, and the last picture's while the next one is trained.

class LiveCanvas {
  constructor() {
    this.canvas = element("canvas", { width: 1, height: 1 });
    this.node = element("div", { className: "cells", ariaHidden: "true" }, this.canvas);
    this.spans = null;
  }

  /** Begin a picture of so many cells; what was drawn of the same spans stays beneath, in larger pixels. */
  begin(spans, [rows, columns]) {
    const { canvas } = this;
    const before = this.spans === spans && canvas.width > 1 ? canvas.cloneNode() : null;
    before?.getContext("2d").drawImage(canvas, 0, 0);
    canvas.width = columns;
    canvas.height = rows;
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = false;
    if (before) context.drawImage(before, 0, 0, columns, rows);
    this.spans = spans;
    canvas.hidden = false;
    canvas.style.transform = "";
  }

  /** Draw the values of a part of the cells, its lowest row first. */
  paint([row, pastRow, column, pastColumn], values, coloured, { low, high, table, unknown, infinite }) {
    const [width, height] = [pastColumn - column, pastRow - row];
    const pixels = new Uint32Array(width * height);
    const scale = high > low ? (table.length - 1) / (high - low) : 0;
    for (let i = 0; i < pixels.length; i++) {
      const value = coloured[i];
      const at = (height - 1 - Math.floor(i / width)) * width + (i % width);
      pixels[at] = values[i] === Infinity ? infinite : Number.isNaN(value) ? unknown
        : table[Math.max(0, Math.min(table.length - 1, Math.round((value - low) * scale)))];
    }
    const image = new ImageData(new Uint8ClampedArray(pixels.buffer), width, height);
    this.canvas.getContext("2d").putImageData(image, column, this.canvas.height - pastRow);
  }

  /** Show the last picture where it belongs when other spans are looked at. */
  show([x, y]) {
    if (!this.spans) return;
    const [[left, right], [bottom, top]] = [[x, this.spans[0]], [y, this.spans[1]]]
      .map(([now, before]) => [shareAt(now, before.low), shareAt(now, before.high)]);
    const isElsewhere = [x, y].some((span, i) => span.name !== this.spans[i].name || span.isLog !== this.spans[i].isLog);
    this.canvas.hidden = isElsewhere || ![left, right, bottom, top].every(Number.isFinite);
    const percents = (share) => `${100 * share}%`;
    this.canvas.style.transform = `translate(${percents(left)}, ${percents(1 - top)}) scale(${right - left}, ${top - bottom})`;
  }
}
