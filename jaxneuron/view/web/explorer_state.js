// What the page shows: one value, which the address holds.

const encodeText = (text) => btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(""))
  .replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

const decodeText = (letters) => new TextDecoder("utf-8", { fatal: true })
  .decode(Uint8Array.from(atob(letters.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0)));

class View extends EventTarget {
  /** `value` is {study, x, y, quantity}. It tells of a "change" with the keys that differ; `isStep` is whether it is one
   * to come back to, and not one of many while something is dragged. */
  constructor(begin) {
    super();
    this.begin = begin;
    this.isStep = true;
    this.value = this.read();
    this.number = this.last = history.state?.number ?? 0;
    history.replaceState({ number: this.number }, "");
    addEventListener("popstate", () => this.returned());
  }

  get start() {
    const { study, x, y, quantity } = this.begin;
    return { study, x, y, quantity };
  }

  /** The value that the address holds; of none, or of one that cannot be read, the start. */
  read() {
    this.notice = "";
    if (location.hash.length < 2) return this.start;
    try {
      const value = JSON.parse(decodeText(location.hash.slice(1)));
      if (this.isValue(value)) return value;
    } catch {
      // Said below.
    }
    this.notice = "The address holds no view that can be read, so this is the start.";
    return this.start;
  }

  isValue({ study, x, y, quantity }) {
    const isSpan = ({ name, low, high }) => this.begin.axes.some((axis) => axis.name === name) && low < high && Number.isFinite(high - low);
    const isTable = (name) => study[name] === undefined || (typeof study[name] === "object" && study[name] !== null);
    return ["data", "neuron", "training", "sweep"].every(isTable) && study.data && isSpan(x) && isSpan(y) && x.name !== y.name && typeof quantity === "string";
  }

  /** `continues` where it goes on with the last step, as the turns of a wheel do. */
  change(patch, { isStep = true, continues = false } = {}) {
    this.value = { ...this.value, ...patch };
    // While something is dragged there is one entry of the history, written when the pointer rests.
    const isNew = this.isStep && !continues;
    this.isStep = isStep;
    if (isNew) this.write(true);
    clearTimeout(this.writing);
    if (isStep && !isNew) this.write(false);
    if (!isStep) this.writing = setTimeout(() => this.write(false), 250);
    this.tell(Object.keys(patch));
  }

  write(isNew) {
    const address = `#${encodeText(JSON.stringify(this.value))}`;
    if (isNew) {
      this.last = this.number += 1;
      history.pushState({ number: this.number }, "", address);
    } else {
      history.replaceState({ number: this.number }, "", address);
    }
  }

  /** The browser went back or forward, or the address was changed by hand. */
  returned() {
    clearTimeout(this.writing);
    this.isStep = true;
    this.value = this.read();
    this.number = history.state?.number ?? this.last + 1;
    this.last = Math.max(this.last, this.number);
    history.replaceState({ number: this.number }, "");
    this.tell(Object.keys(this.value));
  }

  tell(keys) {
    this.dispatchEvent(new CustomEvent("change", { detail: keys }));
  }

  /** The span that is shown first of an axis. */
  whole(name) {
    const { x, y, axes } = this.begin;
    const { usual } = axes.find((axis) => axis.name === name);
    return [x, y].find((span) => span.name === name) ?? { name, ...usual };
  }

  /** Go to a view before or after this one, if there is one. */
  go(steps) {
    if (steps < 0 ? this.canGoBack : this.canGoForward) history.go(steps);
  }

  get canGoBack() {
    return this.number > 0;
  }

  get canGoForward() {
    return this.number < this.last;
  }
}

/** The table in which a study has a quantity. */
const tableOf = (name) => (name === "init_weight" ? "neuron" : "sweep");

/** A study in which a quantity has a value; undefined takes it out. */
function withQuantity(study, name, value) {
  return withKey(study, tableOf(name), name, value);
}

function withKey(study, table, key, value) {
  const { [key]: _, ...others } = study[table] ?? {};
  return { ...study, [table]: value === undefined ? others : { ...others, [key]: value } };
}

/** Whether a study takes the quantity of an axis: what only some optimizers, schedules or activations take, it takes by its own. */
function isTaken({ name }, { neuron, training }, { optimizers, schedules }) {
  if (name === "negative_slope") return neuron?.activation === "leaky_relu";
  const choices = [[optimizers, training?.optimizer ?? "sgd"], [schedules, training?.schedule ?? "constant"]];
  const ofSome = choices.filter(([table]) => Object.values(table).flat().includes(name));
  return ofSome.length === 0 || ofSome.some(([table, chosen]) => table[chosen]?.includes(name));
}
