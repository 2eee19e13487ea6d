// The interactive map: a figure of the chosen slab, a tip on hover, a card of the chosen cell, zoom and keys.

class PhaseMap {
  /** `lives` are [{number, place: {axis: value}, point}], the point of points; `onCell(slab, cell, aside, shows)`
   * is called with the chosen cell, the room beneath its card, and whether its life is to be shown. */
  constructor(container, data, lives, onCell) {
    Object.assign(this, { data, lives, onCell });
    this.card = new CellCard(data.axes, data.quantities);
    this.state = { quantity: data.quantities[0]?.name, x: data.axes[0]?.name ?? null, y: data.axes[1]?.name ?? null, held: null };
    this.frames = new Map();
    this.chosen = null;
    this.controls = this.makeControls();
    this.build(container);
    keepDrawn(this.plot, () => this.draw());
  }

  makeControls() {
    return new MapControls(this.data, this.state, (isNewPlace) => this.redraw(isNewPlace), (factor) => this.zoom(factor));
  }

  get keys() {
    return this.data.axes.length ? "Hover or click a cell; drag to zoom. Keys: arrows go from cell to cell, Enter shows a life, + − 0 zoom." : "";
  }

  build(container) {
    this.plot = element("div", { className: "plot", tabIndex: 0, role: "group", id: "map-plot" });
    this.plot.setAttribute("aria-describedby", "map-keys");
    this.figure = element("div", { role: "img" });
    this.tip = element("div", { className: "tip", hidden: true });
    this.plot.append(this.figure, this.tip);
    this.plot.addEventListener("keydown", (event) => this.key(event));
    this.legend = element("ul", { className: "legend" });
    this.note = element("p", { className: "note" });
    this.spoken = element("p", { className: "visually-hidden", ariaLive: "polite" });
    this.aside = element("div", { id: "map-cell" });
    const keys = element("p", { className: "note", id: "map-keys" }, this.keys);
    container.append(this.controls.node,
      element("div", { className: "map" }, element("div", {}, this.plot, this.legend, this.note, keys, this.spoken), this.aside));
  }

  /** The frame that the state asks for, decoded when it is first needed. */
  async frame() {
    const { frames, cells } = this.data;
    this.intervals ??= decodeIntervals(this.data.intervals);
    const wanted = [this.state.x, this.state.y].filter((name) => name !== null);
    const packed = this.state.held ? cells
      : frames.find(({ axes, isGrid }) => !isGrid || (axes.length === wanted.length && wanted.every((name) => axes.includes(name))));
    if (!this.frames.has(packed)) this.frames.set(packed, Frame.of(packed, this.intervals));
    return this.frames.get(packed);
  }

  /** Draw what the state asks for; of another place everything is shown, and its best cell is chosen. */
  async redraw(isNewPlace = true) {
    const frame = await this.frame();
    if (isNewPlace) this.controls.hold(frame);
    const spot = isNewPlace || !frame.isGrid ? null : this.spot(this.chosen);
    this.slab = new Slab(frame, this.state.x, this.state.y, this.state.held ?? {});
    if (isNewPlace) [this.ranges, this.chosen] = [null, null];
    await this.draw();
    this.select(isNewPlace ? this.bestCell() : spot ? this.slab.cell(...spot) : this.chosen, false);
  }

  get quantity() {
    return this.data.quantities.find(({ name }) => name === this.state.quantity);
  }

  get x() {
    return this.axis(this.state.x);
  }

  get y() {
    return this.axis(this.state.y);
  }

  axis(name) {
    return this.data.axes.find((axis) => axis.name === name);
  }

  async draw() {
    if (!this.slab) return;
    const { slab, quantity, x, y } = this;
    const width = Math.max(240, this.plot.clientWidth);
    const figure = !x ? barsFigure(slab, quantity, width)
      : !slab.ys || !y ? curvesFigure(slab, x, quantity, width)
        : slab.frame.isGrid ? mapFigure(slab, x, y, quantity, this.marks(), width)
          : pointsFigure(slab, x, y, quantity, width);
    this.full = [figure.layout.xaxis.range, figure.layout.yaxis.range];
    if (this.ranges) {
      figure.layout.xaxis.range = this.ranges[0];
      figure.layout.yaxis.range = this.ranges[1];
    }
    this.values = figure.values;
    await Plotly.react(this.figure, figure.traces, figure.layout, CONFIG);
    if (!this.listens) this.listen();
    this.describe();
    this.mark();
  }

  listen() {
    this.listens = true;
    const cellOf = ({ pointNumber, customdata, data }) => (Array.isArray(pointNumber) ? this.slab.cell(pointNumber[1], pointNumber[0])
      : this.slab.frame.isGrid ? this.slab.cell(customdata ?? data.customdata?.[pointNumber] ?? 0) : (customdata ?? pointNumber));
    this.figure.on("plotly_hover", ({ points, event }) => this.showTip(cellOf(points[0]), event));
    this.figure.on("plotly_unhover", () => { this.tip.hidden = true; });
    this.figure.on("plotly_click", ({ points }) => this.select(cellOf(points[0]), true));
    this.figure.on("plotly_doubleclick", () => this.zoom(null));
    this.figure.on("plotly_relayout", (change) => {
      if (!("xaxis.range[0]" in change) && !("yaxis.range[0]" in change)) return;
      const { xaxis, yaxis } = this.figure.layout;
      this.ranges = [[...xaxis.range], [...yaxis.range]];
    });
  }

  showTip(cell, event) {
    this.tip.replaceChildren(this.card.render(this.slab, cell));
    this.tip.hidden = false;
    const box = this.plot.getBoundingClientRect();
    const [left, top] = [event.clientX - box.left, event.clientY - box.top];
    this.tip.style.left = `${left > box.width / 2 ? Math.max(0, left - 286) : left + 16}px`;
    this.tip.style.top = `${Math.max(0, Math.min(top - 40, box.height - this.tip.offsetHeight))}px`;
  }

  /** Choose a cell: its card, the mark on the map, and, if asked for, its life. */
  select(cell, shows) {
    this.chosen = cell ?? this.chosen ?? this.bestCell();
    this.tip.hidden = true;
    const words = this.card.where(this.slab, this.chosen);
    this.aside.replaceChildren(element("h3", {}, "Cell"), this.card.render(this.slab, this.chosen));
    this.mark();
    this.onCell(this.slab, this.chosen, this.aside, shows);
    if (shows) {
      const fates = this.slab.frame.fates(this.chosen);
      const most = FATE_NAMES[FATES[fates.indexOf(Math.max(...fates))]];
      this.spoken.textContent = `${words}: most neurons ${most}; ${this.quantity.label} ${inUnits(this.quantity, this.slab.frame.estimate(this.quantity.name, this.chosen)[0])}`;
    }
  }

  /** The cell with the lowest median loss; the first where none has a loss. */
  bestCell() {
    const { slab } = this;
    const rows = slab.frame.isGrid ? slab.ys?.length ?? 1 : 1;
    const columns = slab.frame.isGrid ? slab.xs?.length ?? 1 : slab.frame.size;
    const losses = slab.frame.valuesOf("final_loss");
    let best = slab.cell(0);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const cell = slab.cell(column, row);
        if (losses[cell] < losses[best] || Number.isNaN(losses[best])) best = cell;
      }
    }
    return best;
  }

  /** [column, row] of a cell of a grid. */
  spot(cell) {
    const index = this.slab.index(cell);
    return [index[this.slab.dx] ?? 0, index[this.slab.dy] ?? 0];
  }

  /** A frame around the chosen cell. */
  mark() {
    if (this.chosen === null || !this.figure.layout || !this.slab?.xs) return;
    const { x, y } = this;
    const { text, surface } = theme();
    const { xs, ys, xEdges, yEdges, frame } = this.slab;
    let shapes = [];
    if (frame.isGrid) {
      const [column, row] = this.spot(this.chosen);
      const box = { type: "rect", x0: xEdges[column], x1: xEdges[column + 1] };
      const tall = yEdges ? { y0: yEdges[row], y1: yEdges[row + 1] } : { yref: "paper", y0: 0, y1: 1 };
      shapes = [[4, surface], [2, text]].map(([width, color]) => ({ ...box, ...tall, line: { color, width } }));
    }
    const annotations = frame.isGrid || !ys ? [] : [{
      x: x.isLog ? Math.log10(xs[this.chosen]) : xs[this.chosen], y: y.isLog ? Math.log10(ys[this.chosen]) : ys[this.chosen],
      text: "◯", showarrow: false, font: { size: 20, color: text },
    }];
    Plotly.relayout(this.figure, { shapes, annotations });
  }

  /** [column, row, number] of the lives whose cells the map shows. */
  marks() {
    const { frame, xEdges, yEdges, held } = this.slab;
    if (!xEdges) return [];
    const { x, y } = this.state;
    const lives = this.lives.map(({ place, category, number }) => ({ place: { ...place, ...category }, number }));
    const isHeld = ({ place }) => Object.entries(held).every(([name, index]) => {
      const values = frame.values[frame.axes.indexOf(name)];
      return Math.abs(place[name] - values[index]) <= 1e-6 * Math.abs(values[index]);
    });
    return lives.filter(isHeld).map(({ place, number }) => [
      indexWithin(xEdges, place[x]), yEdges ? indexWithin(yEdges, place[y]) : 0, number,
    ]);
  }

  /** The numbers of the lives whose cells a cell of the map holds. */
  livesIn(cell) {
    if (!this.slab.frame.isGrid) return this.lives.filter(({ point }) => point === cell).map(({ number }) => number);
    if (!this.slab.xs) return this.lives.map(({ number }) => number);
    const [column, row] = this.spot(cell);
    return this.marks().filter(([c, r]) => c === column && r === row).map(([, , number]) => number);
  }

  zoom(factor) {
    if (!this.full[0] || factor === null) {
      this.ranges = null;
      const reset = (name, range) => (range ? { [`${name}.range`]: range } : { [`${name}.autorange`]: true });
      return Plotly.relayout(this.figure, { ...reset("xaxis", this.full[0]), ...reset("yaxis", this.full[1]) });
    }
    const { xaxis, yaxis } = this.figure.layout;
    const scaled = ([low, high]) => {
      const [middle, half] = [(low + high) / 2, ((high - low) / 2) * factor];
      return [middle - half, middle + half];
    };
    const [x, y] = [scaled(xaxis.range), this.slab.ys ? scaled(yaxis.range) : [...yaxis.range]];
    this.ranges = [x, y];
    return Plotly.relayout(this.figure, { "xaxis.range": x, "yaxis.range": y });
  }

  key(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const zooms = { "+": 0.5, "=": 0.5, "-": 2, 0: null };
    if (event.key in moves && this.slab.xs) {
      this.step(...moves[event.key]);
    } else if (event.key in zooms && this.slab.xs) {
      this.zoom(zooms[event.key]);
    } else if (event.key === "Enter") {
      this.select(this.chosen, true);
    } else if (event.key === "Escape") {
      this.tip.hidden = true;
    } else {
      return;
    }
    event.preventDefault();
  }

  step(right, up) {
    const { slab } = this;
    const within = (index, size) => Math.max(0, Math.min(size - 1, index));
    if (!slab.frame.isGrid) {
      this.select(within(this.chosen + right + up, slab.frame.size), false);
    } else {
      const [column, row] = this.spot(this.chosen);
      this.select(slab.cell(within(column + right, slab.xs.length), within(row + up, slab.ys?.length ?? 1)), false);
    }
    this.spoken.textContent = `${this.card.where(slab, this.chosen)}: ${inUnits(this.quantity, slab.frame.estimate(this.quantity.name, this.chosen)[0])}`;
  }

  /** Say what the figure shows. */
  describe() {
    const { quantity, values, slab } = this;
    const axes = [this.state.x, this.state.y].filter((name) => name && slab.frame.axes.includes(name));
    const over = axes.map((name) => this.axis(name).label).join(" and ");
    const summary = summaryOf(quantity, values, over);
    this.figure.setAttribute("aria-label", `Map of ${summary}`);
    this.plot.setAttribute("aria-label", `Map: ${quantity.label}${over ? ` over ${over}` : ""}`);
    const remark = this.state.held || !slab.frame.remark ? "" : `${capitalised(slab.frame.remark)}. `;
    const unit = quantity.unit ? ` In ${quantity.unit}.` : "";
    this.note.textContent = `${capitalised(summary)} ${remark}${capitalised(quantity.definition)}.${unit} ${this.data.remark}`;
    const isMap = axes.length === 2;
    this.legend.replaceChildren(...mapLegend(quantity, values, {
      isMap, hasBars: axes.length === 0, hasLives: isMap && slab.frame.isGrid && this.marks().length > 0,
    }));
  }
}
