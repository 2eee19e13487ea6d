// The data: what the neurons learn, from a file of one's own, or drawn by hand.

const MOST_BYTES = 64 * 2 ** 20;
const MOST_NAMES = 1000; // of columns in a list
const ANEW = { x: [-1, 0, 1], y: [0, 0.5, 1], scale: "none" };

class OwnData {
  constructor(container, view) {
    Object.assign(this, { view, container });
    this.what = element("p", { className: "what" });
    this.refused = element("p", { className: "refused", role: "alert" });
    this.file = element("input", { type: "file", id: "data-file", accept: ".csv,.tsv,.txt,.parquet,.npz,.gz,.bz2,.xz,.zst,.zip" });
    this.file.addEventListener("change", () => this.take(this.file.files[0]));
    this.columns = element("div", { className: "controls columns", role: "group", ariaLabel: "Columns", hidden: true });
    this.draws = button("Draw on these", () => this.draw());
    this.anew = button("Draw anew", () => this.use(ANEW));
    container.append(this.what,
      element("div", { className: "controls" },
        element("label", { htmlFor: "data-file" }, "A file of your own: choose it, or drop it on the page", this.file), this.draws, this.anew),
      element("p", { className: "note" }, "CSV, TSV, Parquet or NPZ, text also compressed, up to 64 MB. "
        + "It stays on this machine: it goes to the jaxneuron that serves this page, which keeps it in memory, and nowhere else."),
      this.refused, this.columns);
    this.drawing = new Drawing(container, (x, y, isDone) => this.use({ ...this.data, x, y }, isDone));
    this.receive(document.documentElement);
    view.addEventListener("change", ({ detail }) => { if (detail.includes("study")) this.follow(); });
    this.follow();
  }

  get data() {
    return this.view.value.study.data;
  }

  /** Whether the examples are written out, and have one input: then they can be changed by hand. */
  get isDrawn() {
    const { x, scale = "none" } = this.data;
    return Array.isArray(x) && !x.some(Array.isArray) && x.length <= MOST_DRAWN && scale === "none";
  }

  use(data, isStep = true) {
    this.view.change({ study: { ...this.view.value.study, data } }, { isStep });
  }

  /** Show the data of the view. */
  async follow() {
    const { data } = this;
    const key = JSON.stringify(data);
    if (key === this.key) return;
    this.key = key;
    const { x, y, inputs = ["x"], target = "y" } = data;
    if (this.isDrawn) {
      this.show({ x, y, inputs, target, total: x.length, isScaled: false });
      return;
    }
    try {
      const found = await (await ask("examples", { data })).json();
      if (this.key === key) this.show(found);
    } catch (error) {
      this.say(error.message);
    }
  }

  show(found) {
    this.found = found;
    this.say("");
    const { x, y, inputs, target, total, isScaled } = found;
    const several = inputs.length > 1 ? `; of ${inputs.length} inputs the first is drawn` : "";
    const some = x.length < total ? `; ${x.length} of them are drawn` : "";
    this.what.textContent = `The neurons learn ${target} from ${inputs.slice(0, 5).join(", ")}${inputs.length > 5 ? ", …" : ""}: `
      + `${total.toLocaleString("en")} ${total === 1 ? "example" : "examples"}${isScaled ? ", standardised for training" : ""}${some}${several}.`;
    this.draws.hidden = this.isDrawn || inputs.length > 1;
    this.draws.replaceChildren(total > MOST_DRAWN ? `Draw on ${MOST_DRAWN} of these` : "Draw on these");
    this.drawing.show({ x, y, inputs, target }, this.isDrawn);
  }

  say(line) {
    this.refused.textContent = line;
  }

  /** Take the examples that are shown as drawn ones, in the units in which they are trained. */
  draw() {
    const { x, y, isScaled, inputs, target } = this.found;
    const order = Array.from(x.keys()).sort((a, b) => x[a] - x[b]);
    const number = Math.min(x.length, MOST_DRAWN);
    const some = Array.from({ length: number }, (_, i) => order[Math.round((i * (x.length - 1)) / Math.max(1, number - 1))]);
    const mean = sum(x) / x.length;
    const spread = (values) => {
      const middle = sum(values) / values.length;
      return Math.sqrt(sum(values.map((value) => (value - middle) ** 2)) / values.length);
    };
    const [xScale, yScale] = isScaled ? [spread(x), spread(y)] : [1, 1];
    const digits = (value) => Number(value.toPrecision(4));
    this.use({
      x: some.map((i) => digits((x[i] - (isScaled ? mean : 0)) / xScale)), y: some.map((i) => digits(y[i] / yScale)), inputs, target, scale: "none",
    });
  }

  // A file.

  /** Take files that are dropped on a node. */
  receive(node) {
    const hasFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files");
    const isOver = (is) => this.container.classList.toggle("receives", is);
    node.addEventListener("dragover", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      isOver(true);
    });
    node.addEventListener("dragleave", ({ relatedTarget }) => { if (!relatedTarget) isOver(false); });
    node.addEventListener("drop", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      isOver(false);
      this.container.scrollIntoView({ block: "nearest" });
      this.take(event.dataTransfer.files[0]);
    });
  }

  async take(file) {
    if (!file) return;
    this.columns.hidden = true;
    try {
      if (file.size > MOST_BYTES) throw new Error(`${file.name}: is ${inWords(file.size / 2 ** 20, 3)} MB; a page may be given 64 MB.`);
      this.say("");
      this.choose(await (await ask(`data?name=${encodeURIComponent(file.name)}`, file)).json());
    } catch (error) {
      this.say(error.message);
    }
    this.file.value = "";
  }

  /** Have its inputs and its target chosen. */
  choose({ file, name, columns }) {
    const named = columns.slice(0, MOST_NAMES).map((column) => ({ name: column, label: column }));
    const scales = [{ name: "standard", label: "standardised" }, { name: "none", label: "as it is" }];
    const inputs = choice("data-inputs", "Inputs, one or more", named, () => {});
    Object.assign(inputs, { multiple: true, size: Math.min(6, named.length) });
    const target = choice("data-target", "Target", named, () => {});
    const scale = choice("data-scale", "Scale", scales, () => {});
    inputs.selectedIndex = 0;
    target.selectedIndex = named.length - 1;
    const use = button("Use these columns", () => this.tryOut({
      held: file, inputs: Array.from(inputs.selectedOptions, (option) => option.value), target: target.value, scale: scale.value,
    }));
    const left = columns.length > MOST_NAMES ? ` The first ${MOST_NAMES} of ${columns.length.toLocaleString("en")} columns are listed.` : "";
    this.columns.replaceChildren(element("p", {}, `${name} is here. What do the neurons learn from it?${left}`),
      ...[inputs, target, scale].map((box) => box.parentNode), use);
    this.columns.hidden = false;
    inputs.focus();
  }

  /** Use data if it can be read. */
  async tryOut(data) {
    try {
      await ask("examples", { data });
      this.columns.hidden = true;
      this.use(data);
    } catch (error) {
      this.say(error.message);
    }
  }
}
