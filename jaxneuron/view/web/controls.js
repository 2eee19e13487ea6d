// The choices above the map: the quantity, the axes, the treatment of all other axes, and zoom.

class MapControls {
  /** `state` is {quantity, x, y, held}; `changed(isNewPlace)` is called after it has been changed by hand. */
  constructor(data, state, changed, zoom) {
    Object.assign(this, { data, state, changed });
    const { axes, quantities, cells } = data;
    this.boxes = { quantity: this.select("Quantity", "quantity", quantities) };
    if (axes.length > 1) {
      this.boxes.x = this.select("Across", "x", axes);
      this.boxes.y = this.select("Up", "y", axes, "nothing (curves)");
    }
    if (cells) this.boxes.others = this.others();
    this.holders = element("div", { className: "controls" });
    this.node = element("div", {},
      element("div", { className: "controls" }, ...Object.values(this.boxes).map((box) => box.parentNode), axes.length ? zoomButtons(zoom) : null),
      this.holders);
  }

  select(label, key, choices, none) {
    const box = choice(`map-${key}`, label, choices, (name) => this.choose(key, name || null));
    if (none) box.append(element("option", { value: "" }, none));
    box.value = this.state[key] ?? "";
    return box;
  }

  others() {
    const box = element("select", { id: "map-others" },
      element("option", { value: "pooled" }, "pooled"), element("option", { value: "held" }, "held at a value"));
    box.addEventListener("change", () => {
      this.state.held = box.value === "held" ? {} : null;
      this.changed(true);
    });
    element("label", { htmlFor: box.id }, "Other axes", box);
    return box;
  }

  choose(key, value) {
    const before = { ...this.state };
    this.state[key] = value;
    if (key !== "quantity") {
      // An axis that is chosen twice changes places with the other.
      if (this.state.x === this.state.y) this.state[key === "x" ? "y" : "x"] = before[key];
      for (const axis of ["x", "y"]) this.boxes[axis].value = this.state[axis] ?? "";
    }
    this.changed(key !== "quantity");
  }

  /** A slider for each axis of a frame that is held, at first in its middle. */
  hold(frame) {
    this.holders.replaceChildren();
    const { state } = this;
    if (!state.held) return;
    const others = frame.axes.filter((name) => name !== state.x && name !== state.y);
    const values = Object.fromEntries(others.map((name) => [name, frame.values[frame.axes.indexOf(name)]]));
    const within = (name) => Math.min(state.held[name] ?? Math.floor(values[name].length / 2), values[name].length - 1);
    state.held = Object.fromEntries(others.map((name) => [name, within(name)]));
    this.holders.append(...others.map((name) => this.slider(name, values[name])));
  }

  slider(name, values) {
    const axis = this.data.axes.find((axis) => axis.name === name);
    const shown = element("output", {});
    const slider = element("input", { type: "range", min: 0, max: values.length - 1, id: `map-held-${name}` });
    slider.value = this.state.held[name];
    const describe = () => {
      shown.textContent = onAxis(axis, values[slider.value]);
      slider.setAttribute("aria-valuetext", shown.textContent);
    };
    slider.addEventListener("input", () => {
      this.state.held[name] = Number(slider.value);
      describe();
      this.changed(false);
    });
    describe();
    return element("label", { htmlFor: slider.id }, element("span", {}, `${axis.label}: `, shown), slider);
  }
}

/** A list of [{name, label}] to choose from, within its label. */
function choice(id, label, choices, choose) {
  const box = element("select", { id }, ...choices.map(({ name, label: words }) => element("option", { value: name }, words)));
  box.addEventListener("change", () => choose(box.value));
  element("label", { htmlFor: id }, label, box);
  return box;
}

function zoomButtons(zoom) {
  const by = (label, name, factor) => button(label, () => zoom(factor), name);
  return element("div", { role: "group", ariaLabel: "Zoom" },
    by("+", "Zoom in", 0.5), " ", by("−", "Zoom out", 2), " ", by("Reset", "Show everything", null));
}
