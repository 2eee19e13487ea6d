// A figure in which examples are drawn: added, moved and deleted by mouse, finger or keyboard.

const MOST_DRAWN = 200;

/** An element of SVG. */
function shape(tag, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

class Drawing {
  /** `changed(x, y, isDone)` is called with the examples' numbers, while one is dragged too. */
  constructor(container, changed) {
    Object.assign(this, { changed, x: [], y: [], chosen: 0, isOpen: false, nodes: [] });
    this.ticks = shape("g", { class: "ticks", "aria-hidden": "true" });
    this.marks = shape("g", { role: "group", "aria-label": "Examples, one by one" });
    this.svg = shape("svg", { role: "group" }, this.ticks, this.marks);
    this.add = button("Add an example", () => this.insert(this.middle("x"), this.middle("y")));
    this.remove = button("Delete it", () => this.drop(this.chosen));
    this.tools = element("div", { className: "controls", role: "group", ariaLabel: "Examples" }, this.add, this.remove);
    this.keys = element("p", { className: "note" }, "Click to add an example, drag one to move it. Keys: Tab goes from example to example, "
      + "arrows move it (farther with Shift), Enter adds another beside it, Delete removes it.");
    this.spoken = element("p", { className: "note", role: "status" });
    this.node = element("div", { className: "drawing" }, this.svg, this.tools, this.keys, this.spoken);
    container.append(this.node);
    for (const type of ["pointerdown", "pointermove", "pointerup", "pointercancel"]) this.svg.addEventListener(type, (event) => this[type](event));
    this.marks.addEventListener("keydown", (event) => this.key(event));
    this.marks.addEventListener("focusin", ({ target }) => this.choose(this.nodes.indexOf(target)));
    for (const type of ["keyup", "focusout"]) this.marks.addEventListener(type, () => this.rest());
    keepDrawn(this.node, () => this.draw());
  }

  /** Show examples, {x, y, inputs, target}; they can be changed where it `isOpen`. */
  show({ x, y, inputs, target }, isOpen) {
    const isSame = String([x, y]) === String([this.x, this.y]);
    Object.assign(this, { x: [...x], y: [...y], names: { x: inputs[0], y: target }, isOpen });
    this.chosen = Math.max(0, Math.min(this.chosen, x.length - 1));
    if (!isSame) this.spoken.textContent = "";
    if (!this.range || (!isSame && !this.pressed)) this.fit();
    this.tools.hidden = this.keys.hidden = !isOpen;
    this.draw();
  }

  /** What is seen of the plane: every example, with room around them. */
  fit() {
    const [yLow, yHigh] = extremes(this.y);
    this.range = { x: scaled(...extremes(this.x), 0.25), y: scaled(Math.min(0, yLow), Math.max(0, yHigh), 0.25) };
  }

  middle(axis) {
    return (this.range[axis][0] + this.range[axis][1]) / 2;
  }

  // Places in the plane and on the page.

  get size() {
    const width = Math.max(240, this.node.clientWidth);
    return { width, height: Math.min(Math.max(0.5 * width, 220), 360), left: 58, right: 10, top: 10, bottom: 46 };
  }

  get spans() {
    const { width, height, left, right, top, bottom } = this.size;
    return { x: [left, width - right], y: [height - bottom, top] };
  }

  pixel(axis, value) {
    const [[low, high], [from, to]] = [this.range[axis], this.spans[axis]];
    return from + ((value - low) / (high - low)) * (to - from);
  }

  /** The value at a pixel, to four digits. */
  value(axis, pixel) {
    const [[low, high], [from, to]] = [this.range[axis], this.spans[axis]];
    const share = Math.max(0, Math.min(1, (pixel - from) / (to - from)));
    return this.rounded(axis, low + share * (high - low));
  }

  rounded(axis, value) {
    const [low, high] = this.range[axis];
    const step = 10 ** Math.floor(Math.log10((high - low) / 1000));
    return Number((Math.round(value / step) * step).toPrecision(4));
  }

  place(event) {
    const { left, top } = this.svg.getBoundingClientRect();
    return [this.value("x", event.clientX - left), this.value("y", event.clientY - top)];
  }

  // What is drawn.

  draw() {
    if (!this.range) return;
    const { width, height } = this.size;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.setAttribute("aria-label", `${this.x.length} examples of ${this.names.x} and ${this.names.y}`);
    this.svg.classList.toggle("open", this.isOpen);
    this.drawTicks();
    while (this.nodes.length > this.x.length) this.nodes.pop().remove();
    this.x.forEach((x, i) => {
      const node = this.nodes[i] ?? this.mark(i);
      const [across, up] = [this.pixel("x", x), this.pixel("y", this.y[i])];
      node.setAttribute("transform", `translate(${across} ${up})`);
      node.setAttribute("aria-label", `Example ${i + 1} of ${this.x.length}: ${this.names.x} ${inWords(x)}, ${this.names.y} ${inWords(this.y[i])}`);
      node.setAttribute("role", this.isOpen ? "button" : "img");
      if (this.isOpen) node.setAttribute("tabindex", 0);
      else node.removeAttribute("tabindex");
      node.classList.toggle("chosen", this.isOpen && i === this.chosen);
    });
    this.remove.replaceChildren(`Delete example ${this.chosen + 1}`);
  }

  mark(i) {
    const node = shape("g", { class: "example" }, shape("circle", { r: 14, class: "grip" }), shape("circle", { r: 6 }));
    this.nodes[i] = node;
    this.marks.append(node);
    return node;
  }

  drawTicks() {
    const { x: [left, right], y: [bottom, top] } = this.spans;
    const text = (words, attributes) => shape("text", attributes, words);
    const ticks = (axis, most) => {
      const [low, high] = this.range[axis];
      const step = roundStep((high - low) / most);
      return Array.from({ length: Math.floor(high / step) - Math.ceil(low / step) + 1 }, (_, i) => (Math.ceil(low / step) + i) * step);
    };
    this.ticks.replaceChildren(
      ...ticks("x", (right - left) / 70).flatMap((value) => [
        shape("line", { x1: this.pixel("x", value), x2: this.pixel("x", value), y1: top, y2: bottom }),
        text(inWords(value), { x: this.pixel("x", value), y: bottom + 16, "text-anchor": "middle" }),
      ]),
      ...ticks("y", (bottom - top) / 45).flatMap((value) => [
        shape("line", { x1: left, x2: right, y1: this.pixel("y", value), y2: this.pixel("y", value) }),
        text(inWords(value), { x: left - 6, y: this.pixel("y", value) + 4, "text-anchor": "end" }),
      ]),
      text(cutTo(right - left, this.names.x), { x: (left + right) / 2, y: bottom + 36, "text-anchor": "middle" }),
      text(cutTo(bottom - top, this.names.y), { transform: `translate(12 ${(top + bottom) / 2}) rotate(-90)`, "text-anchor": "middle" }),
    );
  }

  // What is done by hand.

  choose(i) {
    if (i < 0) return;
    this.chosen = i;
    this.draw();
  }

  /** Examples have been changed: tell of it, and say what. */
  tell(isDone, words = "") {
    if (isDone) {
      this.isMoving = false;
      if (!this.pressed) this.fit();
    }
    this.draw();
    this.spoken.textContent = words;
    this.changed([...this.x], [...this.y], isDone);
  }

  insert(x, y) {
    if (this.x.length >= MOST_DRAWN) {
      this.spoken.textContent = `There are ${MOST_DRAWN} examples, and no more can be drawn.`;
      return;
    }
    this.chosen = this.x.push(this.rounded("x", x)) - 1;
    this.y.push(this.rounded("y", y));
    this.tell(true, `Example ${this.x.length} is added.`);
    this.nodes[this.chosen].focus();
  }

  drop(i) {
    if (this.x.length === 1) {
      this.spoken.textContent = "This one has to stay: a neuron needs at least one example.";
      return;
    }
    const hadFocus = this.marks.contains(document.activeElement);
    this.x.splice(i, 1);
    this.y.splice(i, 1);
    this.chosen = Math.min(i, this.x.length - 1);
    this.tell(true, `An example is deleted; ${this.x.length} are left.`);
    if (hadFocus) this.nodes[this.chosen].focus();
  }

  moveTo(x, y) {
    [this.x[this.chosen], this.y[this.chosen]] = [x, y];
    this.isMoving = true;
    this.tell(false);
  }

  /** What was moved by keys is let go. */
  rest() {
    if (this.isMoving && !this.pressed) this.tell(true);
  }

  key(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const { x, y } = this.range;
    const i = this.nodes.indexOf(event.target);
    if (event.key in moves && !event.altKey) {
      const [right, up] = moves[event.key].map((way) => (way * (event.shiftKey ? 10 : 1)) / 100);
      this.moveTo(this.rounded("x", this.x[i] + right * (x[1] - x[0])), this.rounded("y", this.y[i] + up * (y[1] - y[0])));
    } else if (event.key === "Enter") {
      this.insert(this.x[i] + 0.05 * (x[1] - x[0]), this.y[i]);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      this.drop(i);
    } else {
      return;
    }
    event.preventDefault();
  }

  pointerdown(event) {
    if (!this.isOpen || event.button !== 0) return;
    const i = this.nodes.indexOf(event.target.closest(".example"));
    this.pressed = { i, at: [event.clientX, event.clientY] };
    if (i < 0) return;
    this.svg.setPointerCapture(event.pointerId);
    this.nodes[i].focus({ preventScroll: true });
    this.choose(i);
    event.preventDefault();
  }

  pointermove(event) {
    if (this.pressed?.i >= 0 && event.buttons & 1) this.moveTo(...this.place(event));
  }

  pointerup(event) {
    const { pressed } = this;
    this.pressed = null;
    if (!pressed) return;
    const [right, down] = [event.clientX - pressed.at[0], event.clientY - pressed.at[1]];
    if (pressed.i >= 0) this.rest();
    else if (Math.hypot(right, down) < STILL) this.insert(...this.place(event));
  }

  pointercancel() {
    this.pressed = null;
    this.rest();
  }
}
