// The explorer's map: the report's, whose cells the server trains again whenever the view changes.

const MOST_CELLS = 512; // a side
const QUICK_CELLS = 64; // a side, while something is dragged
const REST = 60; // milliseconds after the last movement until the picture is asked for

class LiveMap extends PhaseMap {
  /** `onCell({column, row, x, y})` is called with a cell whose life is asked for and its values, `onPoint(number, column,
   * row, isDragging)` with a point that is moved, `onRefused(line)` with why there is no picture, "" where there is one. */
  constructor(container, view, { onCell, onPoint, onRefused }) {
    const axes = view.begin.axes.map((axis) => ({ ...axis, isLog: false, names: [] }));
    super(container, { axes, quantities: [], remark: "", view }, [], (slab, cell, aside, shows) => this.offer(aside, shows));
    Object.assign(this, { container, view, onRefused, onLife: onCell, at: [0.5, 0.5], shownPoints: [] });
    this.picture = new LivePicture(view, {
      begin: () => this.tellState("stale"), header: (header, request) => this.takeHeader(header, request),
      cells: (frame, region, request) => this.takeCells(frame, region, request), end: (...these) => this.finish(...these),
      refuse: (line) => this.refuse(line),
    });
    this.pixels = new LiveCanvas();
    this.gestures = new Gestures({
      zoomTo: (corners) => this.zoomTo(corners), zoomAbout: (...these) => this.zoomAbout(...these), pan: (x, y) => this.pan(x, y),
      click: (x, y) => this.choose([x, y], true), hover: (x, y, event) => this.hover(x, y, event), leave: () => { this.tip.hidden = true; },
    });
    this.ring = element("div", { className: "ring", hidden: true });
    this.gestures.node.append(this.ring);
    this.handles = new MapPoints(this.gestures.node, (number, x, y, isDragging) => onPoint(number, ...this.cellAt([x, y]), isDragging));
    this.plot.prepend(this.pixels.node);
    this.figure.after(this.gestures.node);
    this.position = element("p", { className: "position" });
    this.legend.before(this.position);
    view.addEventListener("change", ({ detail }) => this.changed(detail));
    this.changed(["x", "y"]);
  }

  makeControls() {
    return new LiveControls(this.data.view, (factor) => (factor === null ? this.reset() : this.zoomAbout(...this.at, factor)), () => this.at);
  }

  get keys() {
    return "Drag a box or turn the wheel to zoom; drag with Shift, or with two fingers, to move. A click trains the neuron of a cell. "
      + "Keys: arrows go from cell to cell (by 16 with Ctrl) and move the map with Shift, + − 0 zoom, Backspace goes back, Enter trains the neuron.";
  }

  // What is asked for, and what comes.

  /** The view is another one: have its picture trained, unless what is shown has the quantity already. */
  changed(keys) {
    const { x, y, quantity } = this.view.value;
    this.state = { quantity, x: x.name, y: y.name, held: null };
    if (this.spans?.[0] !== x || this.spans[1] !== y) this.look([x, y]);
    if (keys.join() === "quantity" && this.container.dataset.picture === "fine" && this.slab.frame.has(quantity)) this.showAll();
    else this.ask();
  }

  ask() {
    clearTimeout(this.resting);
    const { isStep } = this.view;
    this.sizeAsked = this.size;
    this.picture.ask(isStep ? this.size : this.size.map((cells) => Math.min(cells, QUICK_CELLS)), this.spans, isStep);
  }

  takeHeader(header, { spans }) {
    this.onRefused("");
    this.header = header;
    this.data.quantities = header.quantities;
    for (const span of spans) this.axis(span.name).digits = digitsOf(span);
    this.data.remark = header.note;
    this.card = new CellCard(this.data.axes, header.quantities);
  }

  takeCells(frame, region, { spans }) {
    if (frame.level === 0) {
      this.showFrame(frame, spans);
      this.tellState("coarse");
    } else {
      if (frame !== this.coming) this.pixels.begin(spans, frame.shape);
      this.coming = frame;
      const values = frame.valuesIn(this.quantity.name, region);
      this.pixels.paint(region, values, colouredBy(this.quantity, values), this.colours);
    }
  }

  /** Every part has come. */
  finish(frame, seconds, { spans }) {
    this.seconds = seconds;
    this.showFrame(frame, spans);
    this.coming = null;
    this.tellState("fine");
    this.spoken.textContent = `${this.position.textContent} ${this.figure.ariaLabel}`;
  }

  refuse(line) {
    this.tellState("stale");
    this.onRefused(line);
    this.position.textContent = "The map shows the last picture that could be trained, not the one that is asked for.";
  }

  tellState(picture) {
    this.container.dataset.picture = picture;
    this.plot.setAttribute("aria-busy", String(picture !== "fine"));
    if (picture === "fine") document.documentElement.dataset.ready = "true";
  }

  // What is drawn.

  showFrame(frame, spans) {
    this.slab = new Slab(frame, spans[0].name, spans[1].name);
    this.pictured = spans;
    this.showAll();
  }

  showAll() {
    this.values = this.slab.frame.valuesOf(this.quantity.name);
    this.coloured = colouredBy(this.quantity, this.values);
    this.draw();
    this.controls.show(this.data.quantities);
    this.describe();
    this.choose(this.at, false);
  }

  /** Cells and axes. */
  async draw() {
    if (!this.slab) return;
    const { slab: { frame }, quantity } = this;
    const look = `${quantity.name} ${theme().surface}`;
    if (frame !== this.painted?.frame || look !== this.painted.look) {
      this.painted = { frame, look };
      this.colours = pixelColours(quantity, this.coloured);
      this.pixels.begin(this.pictured, frame.shape);
      this.pixels.paint(frame.whole, this.values, this.coloured, this.colours);
    }
    await this.drawAxes();
    // Of another size the map has other cells.
    if (String(this.size) !== String(this.sizeAsked)) this.ask();
  }

  /** Plotly's axes and colour bar; the cells lie beneath as pixels, as it could not draw so many in time. */
  async drawAxes() {
    const layout = this.layout();
    const { quantity, coloured } = this;
    const { low, high, colorscale, reversescale } = this.colours;
    const marker = {
      color: [low], cmin: low, cmax: high, colorscale, reversescale, showscale: quantity.scale !== "kind" && low <= high,
      colorbar: colourBar(quantity, coloured, layout.width < NARROW),
    };
    const bar = { type: "scatter", mode: "markers", x: [null], y: [null], hoverinfo: "skip", marker };
    const { width, height, margin: { l, r, t, b } } = layout;
    const area = { left: `${l}px`, top: `${t}px`, width: `${width - l - r}px`, height: `${height - t - b}px` };
    for (const { style } of [this.pixels.node, this.gestures.node]) Object.assign(style, area);
    await Plotly.react(this.figure, [bar], layout, { ...CONFIG, staticPlot: true });
  }

  /** The layout of axes that run from 0 to 1, with the ticks of the spans. */
  layout() {
    const bare = { label: "", isLog: false, names: [] };
    const look = { showgrid: false, ticks: "outside", tickcolor: theme().muted };
    const width = Math.max(240, this.plot.clientWidth);
    const layout = planeLayout({ xs: [], ys: [], xEdges: [0, 1], yEdges: [0, 1] }, bare, bare, width, look);
    const [x, y] = this.spans;
    Object.assign(layout.xaxis, ticksOf(x, this.x.label, width / 90));
    Object.assign(layout.yaxis, ticksOf(y, this.y.label, layout.height / 60));
    return layout;
  }

  /** [columns, rows] of the whole picture: a cell a pixel. */
  get size() {
    const { width, height, margin: { l, r, t, b } } = this.layout();
    return [width - l - r, height - t - b].map((pixels) => Math.max(2, Math.min(MOST_CELLS, Math.round(pixels))));
  }

  /** The chosen cell and the points of the lives, where they lie in the view. */
  mark() {
    const place = ([x, y]) => ({ left: `${100 * x}%`, bottom: `${100 * y}%` });
    this.ring.hidden = !this.slab;
    Object.assign(this.ring.style, place(this.at));
    const [x, y] = this.spans;
    this.handles.show(this.shownPoints.map((point) => ({
      number: point.number, x: shareAt(x, point.x), y: shareAt(y, point.y),
      words: `${this.x.label} ${onAxis(this.x, point.x)}, ${this.y.label} ${onAxis(this.y, point.y)}`,
    })));
  }

  /** The points of lives: [{x, y, number}], their values along the axes. */
  set points(points) {
    this.shownPoints = points;
    this.mark();
  }

  marks() {
    return [];
  }

  describe() {
    super.describe();
    const times = this.spans.map((span) => breadth({ ...this.view.whole(span.name), isLog: span.isLog }) / breadth(span));
    const { precision } = this.header;
    const [across, up] = times.map((number) => inPowers(number, 2));
    const far = times.every((number) => Math.abs(number - 1) < 0.01) ? "The whole view"
      : across === up ? `Zoomed in ${across} times` : `Zoomed in ${across} times across and ${up} times up`;
    const ends = [this.x, this.y].map(({ label }, i) => {
      const [low, high] = [this.spans[i].low, this.spans[i].high].map((end) => inPowers(end, digitsOf(this.spans[i])));
      return `${label} from ${low} to ${high}`;
    });
    const [rows, columns] = this.slab.frame.shape;
    this.position.textContent = `${far}: ${ends.join(", ")}. ${columns} × ${rows} cells, trained in ${precision}.`;
  }

  // What is done by hand.

  /** Look at other spans: the pixels move at once, and their picture is asked for when the movement rests. */
  look(spans) {
    const place = this.spans && this.spans.map((span, i) => [span.name, valueAt(span, this.at[i])]);
    this.spans = spans;
    const shares = spans.map((span, i) => (place && place[i][0] === span.name ? shareAt(span, place[i][1]) : 0.5));
    this.at = shares.map((share) => (share >= 0 && share <= 1 ? share : 0.5));
    if (!this.slab) return;
    this.tip.hidden = true;
    this.pixels.show(spans);
    this.mark();
    this.tellState("stale");
    cancelAnimationFrame(this.drawing);
    this.drawing = requestAnimationFrame(() => this.drawAxes());
  }

  go(spans) {
    const isIn = spans.some((span, i) => breadth(span) < 0.999 * breadth(this.spans[i]));
    if (isIn && this.header?.isEnd) {
      this.spoken.textContent = this.header.note;
      return;
    }
    if (spans.every((span, i) => span.low === this.spans[i].low && span.high === this.spans[i].high)) return;
    this.picture.abandon();
    this.look(spans);
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.view.change({ x: spans[0], y: spans[1] }), REST);
  }

  limits(span) {
    return this.view.begin.axes.find(({ name }) => name === span.name);
  }

  zoomTo([left, right, bottom, top]) {
    const [x, y] = this.spans;
    this.go([part(x, left, right, this.limits(x)), part(y, bottom, top, this.limits(y))]);
  }

  zoomAbout(x, y, factor) {
    this.zoomTo([x * (1 - factor), x + (1 - x) * factor, y * (1 - factor), y + (1 - y) * factor]);
  }

  pan(right, up) {
    const [x, y] = this.spans;
    this.go([moved(x, right, this.limits(x)), moved(y, up, this.limits(y))]);
  }

  reset() {
    this.go(this.spans.map(({ name }) => this.view.whole(name)));
  }

  /** What the server is asked for: the view with the number of its cells. */
  get request() {
    return { ...this.view.value, cells: this.size };
  }

  /** [column, row, x, y] of the cell at shares of the map: its place in the whole picture, and its values. */
  cellAt(shares) {
    const place = this.size.map((cells, i) => Math.max(0, Math.min(cells - 1, Math.floor(shares[i] * cells))));
    return [...place, ...place.map((index, i) => valueAt(this.spans[i], (index + 0.5) / this.size[i]))];
  }

  /** The cell at shares of the map in the picture as it is drawn so far. */
  drawnAt(shares) {
    const [rows, columns] = this.slab.frame.shape;
    const [column, row] = [columns, rows].map((cells, i) => Math.max(0, Math.min(cells - 1, Math.floor(shares[i] * cells))));
    return this.slab.cell(column, row);
  }

  choose(shares, shows) {
    const [column, row] = this.cellAt(shares);
    this.at = [column, row].map((index, i) => (index + 0.5) / this.size[i]);
    if (this.slab) this.select(this.drawnAt(this.at), shows);
  }

  hover(x, y, event) {
    if (this.slab && this.container.dataset.picture !== "stale") this.showTip(this.drawnAt([x, y]), event);
  }

  /** Beneath the card: its life, for those who do not click. */
  offer(aside, shows) {
    const [column, row, x, y] = this.cellAt(this.at);
    const train = () => this.onLife({ column, row, x, y });
    aside.append(button("Train this neuron", train));
    if (shows) train();
  }

  key(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const zooms = { "+": 0.5, "=": 0.5, "-": 2 };
    const { key } = event;
    if (event.target !== this.plot || event.altKey) return;
    if (key in moves && event.shiftKey) this.pan(...moves[key].map((way) => way / 8));
    else if (key in moves) this.step(...moves[key].map((way) => way * (event.ctrlKey ? 16 : 1)));
    else if (key in zooms) this.zoomAbout(...this.at, zooms[key]);
    else if (key === "0") this.reset();
    else if (key === "Enter") this.choose(this.at, true);
    else if (key === "Backspace") history.back();
    else if (key === "Escape") this.tip.hidden = true;
    else return;
    event.preventDefault();
  }

  step(right, up) {
    const { size } = this;
    this.choose([this.at[0] + right / size[0], this.at[1] + up / size[1]], false);
    const value = this.slab.frame.estimate(this.quantity.name, this.chosen)[0];
    this.spoken.textContent = `${this.card.where(this.slab, this.chosen)}: ${inUnits(this.quantity, value)}`;
  }
}
