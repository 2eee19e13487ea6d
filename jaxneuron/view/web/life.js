// The player of a life: step by step, the neuron's line among the data, its numbers, and why it ended so.

const SPEEDS = { "slow": 2, "normal": 8, "fast": 25 };

class LifePlayer {
  constructor(container) {
    this.i = 0;
    this.build(container);
    keepDrawn(this.root, () => this.draw());
  }

  build(container) {
    this.title = element("h3", {});
    this.why = element("p", { className: "why" });
    this.facts = element("p", { className: "note" });
    this.playing = button("▶", () => (this.timer ? this.pause() : this.play()), "Play");
    this.slider = element("input", { type: "range", min: 0, ariaLabel: "Step" });
    this.slider.addEventListener("input", () => { this.pause(); this.seek(Number(this.slider.value)); });
    this.shown = element("output", {});
    this.speed = element("select", { ariaLabel: "Speed" }, ...Object.keys(SPEEDS).map((name) => element("option", { value: name }, name)));
    this.speed.value = "normal";
    this.speed.addEventListener("change", () => { if (this.timer) { this.pause(); this.play(); } });
    this.units = element("select", { ariaLabel: "Units" }, ...Object.entries(UNITS).map(([value, name]) => element("option", { value }, name)));
    this.units.addEventListener("change", () => { this.convert(); this.draw(); });
    const move = (by) => () => { this.pause(); this.seek(this.i + by); };
    const transport = element("div", { className: "transport", role: "group", ariaLabel: "Player" },
      button("⏮", move(-Infinity), "First step"), button("−1", move(-1), "One step back"), this.playing,
      button("+1", move(1), "One step on"), button("⏭", move(Infinity), "Last step"), this.slider, this.shown, this.speed, this.units);
    const figure = (caption) => {
      const plot = element("div", { role: "img" });
      const words = element("figcaption", {}, caption);
      return { plot, words, node: element("figure", {}, plot, words) };
    };
    this.fit = figure("");
    this.loss = figure("Loss by step; click or drag to go there.");
    this.path = figure("The path of W and b.");
    this.numbers = element("div", {});
    this.spoken = element("p", { className: "visually-hidden", ariaLive: "polite" });
    this.legend = element("ul", { className: "legend" });
    this.whichExample = element("output", {});
    const other = (by) => () => this.choose((this.chosen + by + this.examples.y.length) % this.examples.y.length);
    this.fit.node.append(this.legend, element("div", { className: "which", role: "group", ariaLabel: "Example" },
      button("‹", other(-1), "The example before"), this.whichExample, button("›", other(1), "The next example")));
    this.root = element("div", { className: "player", tabIndex: 0, role: "group", ariaLabel: "Player; keys: space plays, arrows go step by step" },
      this.title, this.why, this.facts, transport,
      element("div", { className: "scenes" }, this.fit.node, element("div", {}, this.loss.node, this.path.node)), this.numbers, this.spoken);
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.loss.plot.classList.add("seeks");
    for (const type of ["pointerdown", "pointermove"]) this.loss.plot.addEventListener(type, (event) => this.seekTo(event));
    container.append(this.root);
  }

  /** Show a life. What it shares with others are the `examples` of its data set, and the `curves` of activations that are
   * not straight. Where it takes the place of another that `follows`, its step, its example and its playing stay. */
  async show(life, shared, { follows = false } = {}) {
    if (!follows) this.pause();
    this.asked = life;
    const packed = shared.examples[life.dataset];
    const [x, y, curve] = await Promise.all([decode(packed.x), decode(packed.y), decodeCurve(shared.curves[life.activation])]);
    const names = ["step", "loss", "bias", "grad_bias", "update_bias", "weight", "grad_weight", "update_weight", "num_active", "z", "shift", "update_shift"];
    const [decoded, contours] = await Promise.all([
      Promise.all(names.map((name) => (life[name] ? decode(life[name]) : null))), decodeContours(life.surface),
    ]);
    // Another life may have been asked for while this one was unpacked.
    if (this.asked !== life) return;
    Object.assign(this, { life, curve });
    this.trained = {
      examples: { ...packed, x, y: y.map((value) => value * life.targetScale) },
      frames: Object.fromEntries(names.map((name, i) => [name, decoded[i]])),
      contours,
    };
    this.numWeights = life.weight.shape[1];
    const stays = follows && this.frames;
    const step = stays && this.i < this.last ? this.frames.step[this.i] : Infinity;
    this.chosen = stays ? Math.min(this.chosen, x.length - 1) : Math.floor(x.length / 2);
    // A bias that is not trained would be, in the data's units, as it goes with the weight.
    this.units.hidden = !packed.scaling || !life.trainBias;
    this.convert();
    this.i = stays ? this.frames.step.findLastIndex((other) => other <= step) : 0;
    this.slider.max = this.last;
    this.title.replaceChildren(element("span", { className: `swatch ${life.fate}` }), life.title,
      ...(life.title === FATE_NAMES[life.fate] ? [] : [`: ${FATE_NAMES[life.fate]}`]));
    this.why.textContent = life.why;
    const place = Object.entries(life.place ?? {}).map(([name, value]) => [name.replaceAll("_", " ").replace("init ", "initial "), value]);
    const settings = Object.entries({ ...Object.fromEntries(place), ...life.hyperparams }).map(([name, value]) => `${name} ${inWords(value)}`);
    const skipped = this.frames.step.length <= life.numSteps ? ` ${this.frames.step.length} of its ${(life.numSteps + 1).toLocaleString("en")} steps are shown.` : "";
    const left = x.length < packed.total ? ` ${x.length} of ${packed.total.toLocaleString("en")} examples are drawn; loss and gradient are of all.` : "";
    this.facts.textContent = `${settings.join(", ")}.${skipped}${left}`;
    this.path.node.hidden = !this.isOne || !life.trainBias;
    await this.draw();
  }

  /** Tell the numbers in the units that are chosen. */
  convert() {
    const { frames, examples, contours } = this.trained;
    const name = this.units.hidden ? "trained" : this.units.value;
    Object.assign(this, converted(name, frames, examples, this.numWeights));
    this.contours = contours && converted(name, contours, examples, 1).frames;
    this.told = { ...this.life, factor: this.factor, isConverted: name !== "trained" };
    this.view = this.viewOf();
  }

  /** The number of the last frame. */
  get last() {
    return this.frames.step.length - 1;
  }

  get isOne() {
    return this.examples.inputs.length === 1;
  }

  /** z, ŷ and dŷ/dz at some inputs, or at the examples where z is written out. */
  outputs(i, inputs) {
    const z = inputs ? Array.from(inputs, (x) => this.frames.weight[i * this.numWeights] * x + this.frames.bias[i])
      : Array.from(this.frames.z.subarray(i * this.examples.y.length, (i + 1) * this.examples.y.length));
    const both = z.map((value) => activated(value, this.life.slopeBelow, this.curve));
    return { z, output: both.map(([output]) => this.factor * output + this.offset), slope: both.map(([, slope]) => this.factor * slope) };
  }

  /** The ranges of the data's figure, which stay while the line moves. */
  viewOf() {
    const { x, y, inputs, target, isScaled } = this.examples;
    const units = isScaled ? " (standardised)" : "";
    const [yLow, yHigh] = extremes(y);
    if (!this.isOne) {
      const range = scaled(Math.min(0, yLow), yHigh, 0.15);
      return { x: range, xRange: range, yRange: range, xLabel: `ŷ by the neuron${units}`, yLabel: `${target} in the data${units}` };
    }
    const [xLow, xHigh] = extremes(x);
    const xRange = scaled(xLow, xHigh, xLow === xHigh ? 1 : undefined);
    return {
      x: Float64Array.from({ length: 160 }, (_, k) => xRange[0] + (k * (xRange[1] - xRange[0])) / 159), xRange,
      yRange: scaled(Math.min(0, yLow), Math.max(yHigh, 0), 0.3), xLabel: `${inputs[0]}${units}`, yLabel: `${target}${units}`,
    };
  }

  /** The numbers of a frame. */
  at(i) {
    const { frames, numWeights } = this;
    const several = (name) => Array.from(frames[name].subarray(i * numWeights, (i + 1) * numWeights));
    return {
      step: frames.step[i], loss: frames.loss[i], bias: frames.bias[i], gradBias: frames.grad_bias[i], updateBias: frames.update_bias[i],
      numActive: frames.num_active[i], weight: several("weight"), gradWeight: several("grad_weight"), updateWeight: several("update_weight"),
    };
  }

  async draw() {
    if (!this.frames) return;
    const { life, i, view } = this;
    const at = this.at(i);
    const here = this.isOne ? this.outputs(i, this.examples.x) : this.outputs(i);
    const kink = this.isOne && !this.curve ? -at.bias / at.weight[0] : NaN;
    const places = kink > view.xRange[0] && kink < view.xRange[1] ? [...view.x, kink].sort((a, b) => a - b) : view.x;
    const across = this.isOne ? this.outputs(i, places) : null;
    const points = {
      at: this.isOne ? this.examples.x : here.output, y: this.examples.y, z: here.z, output: here.output, isLine: this.isOne,
      across: places, line: across ? across.output : places, zLine: across?.z, kink: life.canDie ? kink : NaN,
    };
    const colour = theme().fates[life.fate];
    const figures = [
      [this.fit.plot, fitFigure(life, points, view, this.fit.node.clientWidth, this.chosen)],
      [this.loss.plot, lossFigure(life, this.frames, i, this.loss.node.clientWidth, colour)],
    ];
    if (!this.path.node.hidden) {
      figures.push([this.path.plot, pathFigure(this.told, this.frames, i, this.examples, this.path.node.clientWidth, colour, this.contours)]);
    }
    await Promise.all(figures.map(([plot, { traces, layout }]) => Plotly.react(plot, traces, layout, CONFIG)));
    if (!this.listens) this.listen();
    if (this.life !== life) return;
    const { x, y } = this.examples;
    const example = { x: x[this.chosen], y: y[this.chosen], z: here.z[this.chosen], output: here.output[this.chosen], slope: here.slope[this.chosen] };
    this.numbers.replaceChildren(fullPass(this.told, at, this.examples, example));
    this.whichExample.textContent = `example ${(this.chosen + 1).toLocaleString("en")} of ${y.length.toLocaleString("en")}`;
    this.legend.replaceChildren(...legendOf(life, this.isOne));
    this.describe(at, across ?? here);
  }

  /** Say what the figures show. */
  describe(at, { output }) {
    const { life, examples, view } = this;
    const words = `Step ${at.step.toLocaleString("en")} of ${life.numSteps.toLocaleString("en")}`;
    this.shown.textContent = words;
    this.slider.value = this.i;
    this.slider.setAttribute("aria-valuetext", words);
    const isBeyond = output.every((value) => !(value >= view.yRange[0] && value <= view.yRange[1]));
    const what = life.canDie ? "pass a gradient" : "have z > 0";
    const passing = `${at.numActive.toLocaleString("en")} of ${examples.total.toLocaleString("en")} examples ${what}`;
    const state = `${words}: loss ${inWords(at.loss)}, ${passing}`;
    this.fit.words.textContent = `${this.isOne ? "The data and the neuron's line" : "The data against the neuron's output"}${isBeyond ? ", which is beyond the view" : ""}. Click an example to follow it below.`;
    this.fit.plot.setAttribute("aria-label", `The data with the neuron's output. ${state}.`);
    this.loss.plot.setAttribute("aria-label", `Loss by step, from ${inWords(this.frames.loss[0])} to ${inWords(this.frames.loss.at(-1))}. ${state}.`);
    this.path.plot.setAttribute("aria-label", `Path of W and b. ${words}: W ${inWords(at.weight[0])}, b ${inWords(at.bias)}.`);
    this.path.words.textContent = `The path of W and b; thin lines: the same loss${life.canDie ? "; grey: where every example is silent" : ""}.`;
    if (!this.timer) this.spoken.textContent = `${state}.`;
  }

  listen() {
    this.listens = true;
    this.fit.plot.on("plotly_click", ({ points }) => this.choose(points[0].customdata ?? this.chosen));
  }

  choose(example) {
    this.chosen = example;
    return this.draw();
  }

  /** Go to the frame beneath a pointer that is pressed on the loss. */
  seekTo(event) {
    if (!this.frames || !(event.buttons & 1)) return;
    // Plotly lays a cover over the page while a button is down; movements shall still come here.
    if (event.type === "pointerdown") this.loss.plot.setPointerCapture(event.pointerId);
    const { margin, xaxis, width } = this.loss.plot.layout;
    const [low, high] = xaxis.range;
    const share = (event.clientX - this.loss.plot.getBoundingClientRect().left - margin.l) / (width - margin.l - margin.r);
    const place = low + share * (high - low);
    const apart = Array.from(stepPlaces(this.frames.step).at, (at) => Math.abs(at - place));
    this.pause();
    this.seek(apart.indexOf(Math.min(...apart)));
  }

  /** Go to a frame; while one is drawn, only the last one asked for comes next. */
  async seek(i) {
    this.i = Math.max(0, Math.min(this.last, i));
    if (this.isDrawing) return;
    this.isDrawing = true;
    try {
      for (let drawn = -1; drawn !== this.i;) {
        drawn = this.i;
        await this.draw();
      }
    } finally {
      this.isDrawing = false;
    }
  }

  play() {
    if (this.i >= this.last) this.seek(0);
    this.timer = setInterval(() => {
      this.seek(this.i + 1);
      if (this.i >= this.last) this.pause();
    }, 1000 / SPEEDS[this.speed.value]);
    this.playing.replaceChildren("⏸");
    this.playing.ariaLabel = this.playing.title = "Pause";
  }

  pause() {
    clearInterval(this.timer);
    this.timer = null;
    this.playing.replaceChildren("▶");
    this.playing.ariaLabel = this.playing.title = "Play";
  }

  key(event) {
    // A slider and a list have keys of their own, and space presses a button.
    const { tagName } = event.target;
    if (tagName === "INPUT" || tagName === "SELECT" || (tagName === "BUTTON" && event.key === " ")) return;
    const moves = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
    if (event.key in moves) {
      this.pause();
      this.seek(this.i + moves[event.key]);
    } else if (event.key === " ") {
      if (this.timer) this.pause();
      else this.play();
    } else {
      return;
    }
    event.preventDefault();
  }
}
