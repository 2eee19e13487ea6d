// The explorer's map: the report's, whose cells the server trains again whenever the view changes.

const QUICK_CELLS = 64; // a side, while something is dragged
const LONG = 1500; // milliseconds, from which on a picture says how far it is

class LiveMap extends SpanMap {
  /** `onCell({column, row, x, y})` is called with a cell whose life is asked for and its values, `onPoint(number, column,
   * row, isDragging)` with a point that is moved, `onRefused(line)` with why there is no picture, "" where there is one. */
  constructor(container, view, { onCell, onPoint, onRefused }) {
    super(container, view, onCell, onPoint);
    this.onRefused = onRefused;
    this.picture = new LivePicture(view, {
      begin: () => this.begin(), header: (header, request) => this.takeHeader(header, request),
      cells: (frame, region, request) => this.takeCells(frame, region, request), end: (...these) => this.finish(...these),
      refuse: (line) => this.refuse(line),
    });
    this.pixels = new LiveCanvas();
    this.plot.prepend(this.pixels.node);
    this.position = element("p", { className: "position" });
    this.legend.before(this.position);
    view.addEventListener("change", ({ detail }) => this.changed(detail));
    this.changed(["x", "y"]);
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
    this.sizeAsked = this.pixelsAcross;
    const most = isStep ? MOST_CELLS : QUICK_CELLS;
    this.picture.ask(this.sizeAsked.map((cells) => Math.min(cells, most)), this.spans, isStep);
  }

  begin() {
    this.begun = performance.now();
    this.tellState("stale");
  }

  takeHeader(header, { spans, isWhole }) {
    this.onRefused("");
    this.header = header;
    this.data.quantities = header.quantities;
    for (const span of spans) this.axis(span.name).digits = digitsOf(span);
    this.data.remark = sentence(header.note);
    if (isWhole) this.cellsOfView = header.cells;
  }

  takeCells(frame, region, { spans }) {
    if (frame.level === 0) {
      this.showFrame(frame, spans);
      this.tellState("coarse");
    } else {
      if (frame !== this.coming) {
        this.pixels.begin(spans, frame.shape);
        this.numTrained = 0;
      }
      this.coming = frame;
      this.tellProgress(frame, region);
      const values = frame.valuesIn(this.quantity.name, region);
      this.pixels.paint(region, values, colouredBy(this.quantity, values), this.colours);
    }
  }

  /** How far a picture is that takes long, and how much longer it will take. */
  tellProgress({ shape: [rows, columns] }, [row, lastRow, column, lastColumn]) {
    this.numTrained += (lastRow - row) * (lastColumn - column);
    const [share, seconds] = [this.numTrained / (rows * columns), (performance.now() - this.begun) / 1000];
    if (1000 * seconds < LONG) return;
    const left = Math.ceil((seconds * (1 - share)) / share);
    this.position.textContent = `${percent(share, 0)} of the finer picture is trained; the rest takes about ${left} s more.`;
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
    // What is trained now may not have the quantity that is shown; a fate it has.
    if (line.startsWith("quantity:") && this.state.quantity !== "fate") {
      this.view.change({ quantity: "fate" });
      return;
    }
    this.tellState("stale");
    this.onRefused(line);
    this.controls.show(this.data.quantities);
    this.position.textContent = `${this.slab ? "The map shows the last picture that could be trained. " : ""}${line}`;
    document.documentElement.dataset.ready = "true";
  }

  tellState(picture) {
    this.container.dataset.picture = picture;
    this.plot.setAttribute("aria-busy", String(picture !== "fine"));
    if (picture === "fine") document.documentElement.dataset.ready = "true";
  }

  // What is drawn.

  /** The quantity that is asked for; until it comes, the one that is shown. */
  get quantity() {
    return super.quantity ?? this.painted.quantity;
  }

  showFrame(frame, spans) {
    this.slab = new LiveSlab(frame, spans[0].name, spans[1].name);
    this.card = new CellCard(this.data.axes, this.data.quantities.filter(({ name }) => frame.has(name)));
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
      this.painted = { frame, look, quantity };
      this.colours = pixelColours(quantity, this.coloured);
      this.pixels.begin(this.pictured, frame.shape);
      this.pixels.paint(frame.whole, this.values, this.coloured, this.colours);
    }
    await this.drawAxes();
    // Of another size the map has other cells.
    if (String(this.pixelsAcross) !== String(this.sizeAsked)) this.ask();
  }

  /** Plotly's axes and colour bar; the cells lie beneath as pixels, as it could not draw so many in time. */
  async drawAxes() {
    const layout = this.layout();
    const { quantity } = this.painted;
    const { low, high, colorscale, reversescale } = this.colours;
    const marker = {
      color: [low], cmin: low, cmax: high, colorscale, reversescale, showscale: quantity.scale !== "kind" && low <= high,
      colorbar: colourBar(quantity, low <= high ? [low, high] : [], layout.width < NARROW),
    };
    const bar = { type: "scatter", mode: "markers", x: [null], y: [null], hoverinfo: "skip", marker };
    // Of a coarse picture and of the whole one they are most often the same, and to draw them takes longest.
    const looks = JSON.stringify([layout, marker]);
    if (looks === this.axesLook) return;
    this.axesLook = looks;
    await Plotly.react(this.figure, [bar], layout, { ...CONFIG, staticPlot: true });
    // A colour bar beneath may have taken more room than the layout has for it.
    const { l, t, w, h } = this.figure._fullLayout._size;
    const area = { left: `${l}px`, top: `${t}px`, width: `${w}px`, height: `${h}px` };
    for (const { style } of [this.pixels.node, this.gestures.node]) Object.assign(style, area);
  }

  describe() {
    super.describe();
    const { header, spans, slab: { frame: { shape: [rows, columns] } } } = this;
    const end = header.isEnd ? ` ${sentence(header.end)}` : "";
    this.position.textContent = `${placeInWords(this.view, spans, [this.x.label, this.y.label])} ${columns} × ${rows} cells, trained in ${header.precision}.${end}`;
  }

  /** What the picture shows, of what data, at which settings. */
  get caption() {
    return `${capitalised(this.figure.ariaLabel)} ${this.position.textContent} ${studyInWords(this.view.value.study, this.spans, this.view.begin)}`;
  }

  /** What the server is asked for: the view with the number of its cells. */
  get request() {
    return { ...this.view.value, cells: this.size };
  }
}
