// The choices above the explorer's map: the quantity, the axes, zoom, and the way back.

class LiveControls {
  /** `chosen()` gives the shares of the way along the axes at which the chosen cell lies. */
  constructor(view, zoom, chosen) {
    Object.assign(this, { view, chosen });
    this.boxes = {
      quantity: choice("map-quantity", "Quantity", [], (quantity) => view.change({ quantity })),
      x: choice("map-x", "Across", [], (name) => this.choose("x", name)),
      y: choice("map-y", "Up", [], (name) => this.choose("y", name)),
    };
    this.back = button("←", () => view.go(-1), "Back");
    this.forward = button("→", () => view.go(1), "Forward");
    this.node = element("div", { className: "controls" }, ...Object.values(this.boxes).map((box) => box.parentNode),
      zoomButtons(zoom), element("div", { role: "group", ariaLabel: "Views" }, this.back, " ", this.forward));
  }

  /** Offer these quantities, and the axes that the study takes. */
  show(quantities) {
    const { value, begin } = this.view;
    offer(this.boxes.quantity, quantities, value.quantity);
    const axes = begin.axes.filter((axis) => isTaken(axis, value.study, begin));
    for (const key of ["x", "y"]) offer(this.boxes[key], axes, value[key].name);
    this.back.disabled = !this.view.canGoBack;
    this.forward.disabled = !this.view.canGoForward;
  }

  /** Another quantity along an axis. The one that leaves the map becomes a number; one that is on both changes places. */
  choose(key, name) {
    const { value } = this.view;
    const other = value[key === "x" ? "y" : "x"];
    if (name === other.name) {
      this.view.change({ x: value.y, y: value.x });
    } else {
      const number = Number(valueAt(value[key], this.chosen()[key === "x" ? 0 : 1]).toPrecision(4));
      this.view.change({ study: withQuantity(value.study, value[key].name, number), [key]: this.view.whole(name) });
    }
  }
}

/** Give a list its choices, if they are others, and choose one. */
function offer(box, choices, chosen) {
  const names = choices.map(({ name }) => name);
  if (names.join() !== Array.from(box.options, ({ value }) => value).join()) {
    box.replaceChildren(...choices.map(({ name, label }) => element("option", { value: name }, label)));
  }
  box.value = chosen;
}
