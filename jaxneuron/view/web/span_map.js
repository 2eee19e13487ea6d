// A map over two spans that can be looked at anywhere: zoomed, moved, its cells chosen, by hand and by keys.

const MOST_CELLS = 512; // a side
const REST = 60; // milliseconds after the last movement of a wheel or of fingers until the view changes

const PAUSE = 1000; // milliseconds after which a turn of the wheel is a view of its own, to come back to

class SpanMap extends PhaseMap {
  constructor(container, view, onCell, onPoint) {
    const axes = view.begin.axes.map((axis) => ({ ...axis, isLog: false, names: [] }));
    super(container, { axes, quantities: [], remark: "", view }, [], (slab, cell, aside, shows) => this.offer(aside, shows));
    Object.assign(this, { container, view, onLife: onCell, at: [0.5, 0.5], shownPoints: [], turned: -Infinity });
    this.gestures = new Gestures({
      zoomTo: (corners) => this.zoomTo(corners), zoomAbout: (...these) => this.zoomAbout(...these, REST), pan: (x, y) => this.pan(x, y, REST),
      click: (x, y) => this.choose([x, y], true), hover: (x, y, event) => this.hover(x, y, event), leave: () => { this.tip.hidden = true; },
    });
    this.ring = element("div", { className: "ring", hidden: true });
    this.gestures.node.append(this.ring);
    this.handles = new MapPoints(this.gestures.node, (number, x, y, isDragging) => onPoint(number, ...this.cellAt([x, y]), isDragging));
    this.figure.after(this.gestures.node);
  }

  makeControls() {
    return new LiveControls(this.data.view, (factor) => (factor === null ? this.reset() : this.zoomAbout(...this.at, factor)), () => this.at);
  }

  get keys() {
    return "Drag a box or turn the wheel to zoom; drag with Shift, or with two fingers, to move. A click trains the neuron of a cell. "
      + "Keys: arrows go from cell to cell (by 16 with Ctrl) and move the map with Shift, + − 0 zoom, Backspace goes back, Enter trains the neuron.";
  }

  /** The layout of axes that run from 0 to 1, with the ticks of the spans. */
  layout() {
    const bare = { label: "", isLog: false, names: [] };
    const look = { showgrid: false, ticks: "outside", tickcolor: theme().muted };
    const width = Math.max(240, this.plot.clientWidth);
    const layout = planeLayout({ xs: [], ys: [], xEdges: [0, 1], yEdges: [0, 1] }, bare, bare, width, look);
    layout.margin.t = 14; // room for half a line: an edge has a tick
    const [x, y] = this.spans;
    Object.assign(layout.xaxis, ticksOf(x, this.x.label, width / 90));
    Object.assign(layout.yaxis, ticksOf(y, this.y.label, layout.height / 60));
    return layout;
  }

  /** [columns, rows] of the whole picture, as the server makes it. */
  get size() {
    return this.cellsOfView ?? this.pixelsAcross;
  }

  /** [columns, rows] that are asked for: a cell a pixel. */
  get pixelsAcross() {
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

  /** Choose the cell at values along the axes: its card comes with the picture. */
  aim(...values) {
    this.at = values.map((value, i) => shareAt(this.spans[i], value));
    this.mark();
  }

  marks() {
    return [];
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

  go(spans, rest = 0) {
    const isIn = spans.some((span, i) => breadth(span) < 0.999 * breadth(this.spans[i]));
    if (isIn && this.header?.isEnd) {
      this.spoken.textContent = sentence(this.header.end);
      return;
    }
    if (spans.every((span, i) => span.low === this.spans[i].low && span.high === this.spans[i].high)) return;
    this.picture.abandon();
    this.look(spans);
    clearTimeout(this.resting);
    const continues = rest > 0 && performance.now() - this.turned < PAUSE;
    this.resting = setTimeout(() => {
      this.turned = rest > 0 ? performance.now() : -Infinity;
      this.view.change({ x: spans[0], y: spans[1] }, { continues });
    }, rest);
  }

  limits(span) {
    return this.view.begin.axes.find(({ name }) => name === span.name);
  }

  zoomTo([left, right, bottom, top], rest) {
    const [x, y] = this.spans;
    this.go([part(x, left, right, this.limits(x)), part(y, bottom, top, this.limits(y))], rest);
  }

  zoomAbout(x, y, factor, rest) {
    this.zoomTo([x * (1 - factor), x + (1 - x) * factor, y * (1 - factor), y + (1 - y) * factor], rest);
  }

  pan(right, up, rest) {
    const [x, y] = this.spans;
    this.go([moved(x, right, this.limits(x)), moved(y, up, this.limits(y))], rest);
  }

  reset() {
    this.go(this.spans.map(({ name }) => this.view.whole(name)));
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
    if (event.target !== this.plot) return;
    if (event.altKey && !(key === "ArrowLeft" || key === "ArrowRight")) return;
    if (event.altKey || key === "Backspace") this.view.go(key === "ArrowRight" ? 1 : -1);
    else if (key in moves && event.shiftKey) this.pan(...moves[key].map((way) => way / 8));
    else if (key in moves) this.step(...moves[key].map((way) => way * (event.ctrlKey ? 16 : 1)));
    else if (key in zooms) this.zoomAbout(...this.at, zooms[key]);
    else if (key === "0") this.reset();
    else if (key === "Enter") this.choose(this.at, true);
    else if (key === "Escape") this.leave();
    else return;
    event.preventDefault();
  }

  leave() {
    this.tip.hidden = true;
    this.gestures.drop();
  }

  step(right, up) {
    const { size } = this;
    this.choose([this.at[0] + right / size[0], this.at[1] + up / size[1]], false);
    if (!this.slab) return;
    const value = this.slab.frame.estimate(this.quantity.name, this.chosen)[0];
    this.spoken.textContent = `${this.card.where(this.slab, this.chosen)}: ${inUnits(this.quantity, value)}`;
  }
}
