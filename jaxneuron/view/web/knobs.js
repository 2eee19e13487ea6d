// The knobs: how the neurons of the map are trained. Turning one has the map trained again.

const STEPS = 1000; // by default
// What is shown of a quantity that is left out, where it is not the value that the server proposes.
const LEFT_OUT = { weight_decay: "none", clip_norm: "none", final_rate: 0 };
// What cannot do without a quantity that others do without.
const REQUIRED = { adamw: "weight_decay", exponential: "final_rate", step: "final_rate" };

class Knobs {
  constructor(container, view) {
    this.view = view;
    const { begin } = view;
    const named = (names) => names.map((name) => ({ name, label: name.replaceAll("_", " ") }));
    const training = (key) => (value) => this.set("training", key, value);
    this.boxes = {
      activation: choice("knob-activation", "Activation", named(begin.activations), (value) => this.set("neuron", "activation", value)),
      optimizer: choice("knob-optimizer", "Optimizer", named(Object.keys(begin.optimizers)), training("optimizer")),
      schedule: choice("knob-schedule", "Schedule", named(Object.keys(begin.schedules)), training("schedule")),
      method: choice("knob-method", "Method", [
        { name: "steps", label: "step by step" }, { name: "jumps", label: "jumps" }, { name: "limit", label: "jumps, to the limit" },
      ], (value) => this.setMethod(value)),
      steps: this.number("knob-steps", "Steps", (value) => this.set("training", "num_steps", value), { min: 0, step: 1 }),
      precision: choice("knob-precision", "Precision", [{ name: "", label: "by itself" }, ...["float32", "float64"].map((name) => ({ name, label: name }))],
        (value) => this.set("training", "precision", value || undefined)),
      replicates: this.number("knob-replicates", "Neurons a cell", (value) => this.set("sweep", "replicates", value), { min: 1, max: 64, step: 1 }),
      seed: this.number("knob-seed", "Seed", (value) => this.set("sweep", "seed", value), { min: 0, step: 1 }),
      trainBias: this.check("knob-train-bias", "Train the bias", (value) => this.set("neuron", "train_bias", value)),
      drawn: this.check("knob-drawn", "Draw the weight", (value) => this.set("neuron", "init_weight", value ? { normal: [0, 1] } : begin.axes.find(({ name }) => name === "init_weight").value)),
    };
    // A number for each quantity that is no axis.
    this.numbers = begin.axes.map((axis) => [axis, this.number(`knob-${axis.name}`, capitalised(axis.label),
      (value) => this.view.change({ study: withQuantity(this.study, axis.name, value) }), { step: "any", title: axis.definition, placeholder: LEFT_OUT[axis.name] ?? axis.value })]);
    this.notice = element("p", { className: "refused", role: "alert" });
    this.refused = element("p", { className: "refused", role: "alert" });
    container.append(element("div", { className: "controls knobs" }, ...Object.values(this.boxes).map((box) => box.parentNode),
      ...this.numbers.map(([, box]) => box.parentNode)), this.notice, this.refused);
    view.addEventListener("change", () => this.show());
    this.show();
  }

  number(id, label, act, look) {
    const box = element("input", { type: "number", id, ...look });
    box.addEventListener("change", () => act(box.value === "" ? undefined : box.valueAsNumber));
    element("label", { htmlFor: id }, label, box);
    return box;
  }

  check(id, label, act) {
    const box = element("input", { type: "checkbox", id });
    box.addEventListener("change", () => act(box.checked));
    element("label", { htmlFor: id, className: "check" }, box, label);
    return box;
  }

  get study() {
    return this.view.value.study;
  }

  /** Give a key a value, and take out what the study takes no longer. */
  set(table, key, value) {
    this.change(withKey(this.study, table, key, value));
  }

  setMethod(value) {
    const jumps = value === "steps" ? { method: undefined, precision: undefined } : { method: "jumps", precision: "float64" };
    const { num_steps: before } = this.study.training ?? {};
    const steps = value === "limit" ? "inf" : before === "inf" ? STEPS : before;
    const keys = Object.entries({ ...jumps, num_steps: steps });
    this.change(keys.reduce((study, [key, set]) => withKey(study, "training", key, set), this.study));
  }

  change(study) {
    const { begin, value } = this.view;
    const untaken = begin.axes.filter((axis) => !isTaken(axis, study, begin));
    let kept = untaken.reduce((left, { name }) => withQuantity(left, name, undefined), study);
    for (const chosen of [study.training?.optimizer, study.training?.schedule]) {
      const axis = begin.axes.find(({ name }) => name === REQUIRED[chosen]);
      if (axis) kept = withQuantity(kept, axis.name, kept.sweep?.[axis.name] ?? axis.value);
    }
    // An axis that the study takes no longer leaves the map to one of those that it began with, or to another.
    const patch = { study: kept };
    const isUntaken = (name) => untaken.some((axis) => axis.name === name);
    const names = [begin.x, begin.y, ...begin.axes].map(({ name }) => name);
    for (const key of ["x", "y"]) {
      if (!isUntaken(value[key].name)) continue;
      const shown = ["x", "y"].map((each) => (patch[each] ?? value[each]).name);
      patch[key] = this.view.whole(names.find((name) => !isUntaken(name) && !shown.includes(name)));
    }
    this.view.change(patch);
  }

  /** Show the study's settings. */
  show() {
    this.notice.textContent = this.view.notice;
    const { view: { value, begin }, boxes, study: { neuron = {}, training = {}, sweep = {} } } = this;
    boxes.activation.value = neuron.activation ?? "relu";
    boxes.optimizer.value = training.optimizer ?? "sgd";
    boxes.schedule.value = training.schedule ?? "constant";
    boxes.method.value = training.method !== "jumps" ? "steps" : training.num_steps === "inf" ? "limit" : "jumps";
    boxes.steps.value = training.num_steps === "inf" ? "" : training.num_steps ?? STEPS;
    boxes.steps.parentNode.hidden = training.num_steps === "inf";
    boxes.precision.value = training.precision ?? "";
    boxes.replicates.value = sweep.replicates ?? 1;
    boxes.seed.value = sweep.seed ?? 0;
    boxes.trainBias.checked = neuron.train_bias ?? true;
    const isAxis = (name) => name === value.x.name || name === value.y.name;
    const weight = neuron.init_weight ?? { normal: [0, 1] };
    boxes.drawn.checked = typeof weight === "object";
    boxes.drawn.parentNode.hidden = isAxis("init_weight");
    for (const [axis, box] of this.numbers) {
      const number = this.study[tableOf(axis.name)]?.[axis.name];
      box.value = typeof number === "number" ? number : "";
      box.parentNode.hidden = isAxis(axis.name) || !isTaken(axis, this.study, begin)
        || (axis.name === "init_weight" && typeof weight === "object");
    }
  }

  /** Say why there is no picture of what is set. */
  refuse(line) {
    this.refused.textContent = line;
  }
}
