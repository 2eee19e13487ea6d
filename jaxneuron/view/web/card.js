// The card of one cell: its place, its neurons by fate with intervals, its losses and steps.

class CellCard {
  constructor(axes, quantities) {
    this.axes = Object.fromEntries(axes.map((axis) => [axis.name, axis]));
    this.quantities = quantities.filter(({ scale }) => scale === "loss" || scale === "steps");
  }

  /** The cell's place in words: "learning rate 0.1, initial bias 2". */
  where(slab, cell) {
    const held = Object.keys(slab.held);
    const words = slab.place(cell).map(([name, value]) => `${this.axes[name].label} ${onAxis(this.axes[name], value)}${held.includes(name) ? " (held)" : ""}`);
    return words.join(", ") || "all neurons";
  }

  render(slab, cell) {
    const fates = slab.frame.fates(cell);
    const total = sum(fates);
    const rows = FATES.map((fate, i) => {
      const [low, high] = slab.frame.interval(fates[i], total);
      return element("tr", {},
        element("td", {}, element("span", { className: `swatch ${fate}` }), FATE_NAMES[fate]),
        element("td", {}, fates[i].toLocaleString("en")),
        element("td", {}, percent(total ? fates[i] / total : NaN)),
        element("td", { className: "ci" }, `${percent(low).replace(" %", "")}–${percent(high)}`));
    });
    const numbers = this.quantities.flatMap(({ name, label }) => {
      const [value, low, high] = slab.frame.estimate(name, cell);
      const interval = Number.isNaN(low) ? "" : ` (${inWords(low, 3)}–${inWords(high, 3)})`;
      return [element("dt", {}, label), element("dd", {}, inWords(value), element("span", { className: "ci" }, interval))];
    });
    const place = slab.place(cell).flatMap(([name, value]) => [
      element("dt", {}, this.axes[name].label), element("dd", {}, onAxis(this.axes[name], value, 5)),
    ]);
    return element("div", { className: "card" },
      element("dl", { className: "facts" }, ...place, element("dt", {}, "neurons"), element("dd", {}, total.toLocaleString("en"))),
      fateBar(fates),
      element("table", {}, element("tbody", {}, ...rows)),
      element("dl", { className: "facts" }, ...numbers));
  }
}
