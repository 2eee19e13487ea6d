// The interactive map: what is shown over which axes, a tip on hover, a card of the chosen cell, zoom, keys.

class PhaseMap {
  /** `lives` are [{number, place: {axis: value}, point}], the point of points; `onCell(slab, cell, aside, shows)`
   * is told of the chosen cell, with room beneath its card, and whether its life is asked for. */
  constructor(container, data, lives, onCell) {
    Object.assign(this, { container, data, lives, onCell });
    this.card = new CellCard(data.axes, data.quantities);
    this.state = { quantity: data.quantities[0].name, x: data.axes[0]?.name ?? null, y: data.axes[1]?.name ?? null, held: null };
    this.frames = new Map();
    this.chosen = null;
    this.build();
    document.addEventListener("themechange", () => this.draw());
    new ResizeObserver(() => this.resize()).observe(this.plot);
  }

  build() {
    const { axes, quantities, cells } = this.data;
    const options = (list) => list.map(({ name, label }) => element("option", { value: name }, label));
    const select = (label, key, list, none) => {
      const box = element("select", { id: `map-${key}` }, ...options(list));
      if (none) box.append(element("option", { value: "" }, none));
      box.value = this.state[key] ?? "";
      box.addEventListener("change", () => this.choose(key, box.value || null));
      return element("label", { htmlFor: box.id }, label, box);
    };
    this.controls = element("div", { className: "controls" }, select("Quantity", "quantity", quantities));
    if (axes.length > 1) {
      this.controls.append(select("Across", "x", axes), select("Up", "y", axes, "nothing (curves)"));
    }
    this.holders = element("div", { className: "controls" });
    if (cells) {
      const box = element("select", { id: "map-others" },
        element("option", { value: "pooled" }, "pooled"), element("option", { value: "held" }, "held at a value"));
      box.addEventListener("change", () => {
        this.state.held = box.value === "held" ? {} : null;
        this.redraw();
      });
      this.controls.append(element("label", { htmlFor: box.id }, "Other axes", box));
    }
    const button = (label, name, act) => {
      const made = element("button", { type: "button", ariaLabel: name, title: name }, label);
      made.addEventListener("click", act);
      return made;
    };
    this.zooms = element("div", { role: "group", ariaLabel: "Zoom" },
      button("+", "Zoom in", () => this.zoom(0.5)), " ", button("−", "Zoom out", () => this.zoom(2)), " ",
      button("Reset", "Show everything", () => this.zoom(null)));
    if (axes.length) this.controls.append(this.zooms);
    this.plot = element("div", { className: "plot", tabIndex: 0, role: "group", id: "map-plot" });
    this.plot.setAttribute("aria-describedby", "map-keys");
    this.figure = element("div", { role: "img" });
    this.tip = element("div", { className: "tip", hidden: true });
    this.plot.append(this.figure, this.tip);
    this.plot.addEventListener("keydown", (event) => this.key(event));
    this.legend = element("ul", { className: "legend" });
    this.note = element("p", { className: "note" });
    this.said = element("p", { className: "visually-hidden", ariaLive: "polite" });
    this.aside = element("div", { id: "map-cell" });
    const keys = element("p", { className: "note", id: "map-keys" },
      axes.length ? "Hover or click a cell; drag to zoom. Keys: arrows go from cell to cell, Enter shows a life, + − 0 zoom." : "");
    this.container.append(this.controls, this.holders,
      element("div", { className: "map" }, element("div", {}, this.plot, this.legend, this.note, keys, this.said), this.aside));
  }

  choose(key, value) {
    const before = { ...this.state };
    this.state[key] = value;
    // An axis that is chosen twice changes places with the other.
    if (key !== "quantity" && this.state.x === this.state.y) this.state[key === "x" ? "y" : "x"] = before[key];
    for (const axis of ["x", "y"]) {
      const box = document.getElementById(`map-${axis}`);
      if (box) box.value = this.state[axis] ?? "";
    }
    return this.redraw(key !== "quantity");
  }

  /** The frame that the state asks for, decoded when it is first needed. */
  async frame() {
    const { frames, cells } = this.data;
    const wanted = [this.state.x, this.state.y].filter((name) => name !== null);
    const packed = this.state.held ? cells
      : frames.find(({ axes, isGrid }) => !isGrid || (axes.length === wanted.length && wanted.every((name) => axes.includes(name))));
    if (!this.frames.has(packed)) this.frames.set(packed, Frame.of(packed));
    return this.frames.get(packed);
  }

  async redraw(isNewPlace = true) {
    const frame = await this.frame();
    if (isNewPlace) this.hold(frame);
    this.slab = new Slab(frame, this.state.x, this.state.y, this.state.held ?? {});
    if (isNewPlace) [this.ranges, this.chosen] = [null, null];
    await this.draw();
    if (isNewPlace) this.select(this.bestCell(), false);
    else this.select(this.chosen, false);
  }

  /** A slider for each axis that is held. */
  hold(frame) {
    this.holders.replaceChildren();
    if (!this.state.held) return;
    const others = frame.axes.filter((name) => name !== this.state.x && name !== this.state.y);
    this.state.held = Object.fromEntries(others.map((name) => {
      const size = frame.shape[frame.axes.indexOf(name)];
      return [name, Math.min(this.state.held[name] ?? Math.floor(size / 2), size - 1)];
    }));
    for (const name of others) {
      const values = frame.values[frame.axes.indexOf(name)];
      const shown = element("output", {}, inWords(values[this.state.held[name]]));
      const slider = element("input", { type: "range", min: 0, max: values.length - 1, id: `map-held-${name}` });
      slider.value = this.state.held[name];
      slider.addEventListener("input", () => {
        this.state.held[name] = Number(slider.value);
        shown.textContent = inWords(values[slider.value]);
        slider.setAttribute("aria-valuetext", shown.textContent);
        const spot = this.spot(this.chosen);
        this.slab = new Slab(frame, this.state.x, this.state.y, this.state.held);
        this.draw().then(() => this.select(this.slab.cell(...spot), false));
      });
      const label = this.data.axes.find((axis) => axis.name === name).label;
      this.holders.append(element("label", { htmlFor: slider.id }, element("span", {}, `${label}: `, shown), slider));
    }
  }

  get quantity() {
    return this.data.quantities.find(({ name }) => name === this.state.quantity);
  }

  axis(name) {
    return this.data.axes.find((axis) => axis.name === name);
  }

  async draw() {
    if (!this.slab) return;
    const { slab, quantity } = this;
    const [x, y] = [this.axis(this.state.x), this.axis(this.state.y)];
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
    this.width = width;
    await Plotly.react(this.figure, figure.traces, figure.layout, CONFIG);
    if (!this.listens) this.listen();
    this.describe();
    this.mark();
  }

  resize() {
    if (this.slab && Math.abs(this.plot.clientWidth - this.width) > 1) this.draw();
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
      this.said.textContent = `${words}: most neurons ${most}; ${this.quantity.label} ${this.inUnits(this.slab.frame.estimate(this.quantity.name, this.chosen)[0])}`;
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
    const [x, y] = [this.axis(this.state.x), this.axis(this.state.y)];
    const { text, surface } = theme();
    const { xs, ys, frame } = this.slab;
    let shapes = [];
    if (frame.isGrid) {
      const [column, row] = this.spot(this.chosen);
      const xEdges = edgesOf(xs, x.isLog);
      const box = { type: "rect", x0: xEdges[column], x1: xEdges[column + 1] };
      const yEdges = ys && y ? edgesOf(ys, y.isLog) : null;
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
    const { frame, xs, ys, held } = this.slab;
    if (!frame.isGrid || !xs) return [];
    const [x, y] = [this.axis(this.state.x), this.axis(this.state.y)];
    const columns = edgesOf(xs, x.isLog);
    const rows = ys && y ? edgesOf(ys, y.isLog) : null;
    const isHeld = ({ place }) => Object.entries(held).every(([name, index]) => {
      const values = frame.values[frame.axes.indexOf(name)];
      return Math.abs(place[name] - values[index]) <= 1e-6 * Math.abs(values[index]);
    });
    return this.lives.filter(isHeld).map(({ place, number }) => [
      indexWithin(columns, place[x.name]), rows ? indexWithin(rows, place[y.name]) : 0, number,
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
    this.said.textContent = `${this.card.where(slab, this.chosen)}: ${this.inUnits(slab.frame.estimate(this.quantity.name, this.chosen)[0])}`;
  }

  inUnits(value) {
    const { scale } = this.quantity;
    if (scale === "kind") return FATE_NAMES[FATES[value]] ?? "–";
    return scale === "share" ? percent(value) : inWords(value);
  }

  /** What the figure shows, in words: for those who do not see it, and for all below it. */
  describe() {
    const { quantity, values, slab } = this;
    const axes = [this.state.x, this.state.y].filter((name) => name && slab.frame.axes.includes(name));
    const over = axes.map((name) => this.axis(name).label).join(" and ");
    const known = values.filter((value) => !Number.isNaN(value));
    const distinct = new Set(known);
    const kinds = quantity.scale === "kind";
    const [low, high] = extremes(known);
    const range = known.length === 0 ? "nothing is known"
      : distinct.size === 1 ? (values.length > 1 ? `every cell has the same value: ${this.inUnits(known[0])}` : this.inUnits(known[0]))
        : kinds ? [...distinct].sort().map((kind) => `${FATE_NAMES[FATES[kind]]} in ${percent(known.filter((v) => v === kind).length / known.length)}`).join(", ")
          : `from ${this.inUnits(low)} to ${this.inUnits(high)}`;
    const missing = values.length - known.length;
    const said = `${quantity.label}${over ? ` over ${over}` : ""}: ${range}${missing && known.length ? `; nothing is known in ${missing.toLocaleString("en")} of ${values.length.toLocaleString("en")} cells` : ""}.`;
    this.figure.setAttribute("aria-label", `Map of ${said}`);
    this.plot.setAttribute("aria-label", `Map: ${quantity.label}${over ? ` over ${over}` : ""}`);
    const remark = this.state.held ? "" : slab.frame.remark;
    const definition = `${quantity.definition[0].toUpperCase()}${quantity.definition.slice(1)}.`;
    const unit = quantity.unit ? ` In ${quantity.unit}.` : "";
    this.note.replaceChildren(`${said[0].toUpperCase()}${said.slice(1)} ${remark ? `${remark[0].toUpperCase()}${remark.slice(1)}. ` : ""}${definition}${unit} ${this.data.remark}`);
    const total = slab.frame;
    const swatches = kinds || !axes.length
      ? FATES.map((fate) => element("li", {}, element("span", { className: `swatch ${fate}` }), FATE_NAMES[fate])) : [];
    if (axes.length === 2 && known.some((value) => value === Infinity)) swatches.push(this.swatch("surface", quantity.scale === "steps" ? "infinite: none died" : "infinite"));
    if (axes.length === 2 && missing) swatches.push(this.swatch("unknown", "nothing known"));
    if (axes.length === 2 && total.isGrid && this.marks().length) {
      swatches.push(element("li", {}, "◦ cells whose lives are below"));
    }
    this.legend.replaceChildren(...swatches);
  }

  swatch(colour, words) {
    const box = element("span", { className: "swatch" });
    box.style.cssText = `background: var(--${colour}); border: 1px solid var(--muted)`;
    return element("li", {}, box, words);
  }
}
