// What is done to the map by mouse, pen and fingers: places are shares of its width and height, from the left and bottom.

const STILL = 4; // pixels within which a press is a click

class Gestures {
  /** `acts` has zoomTo([left, right, bottom, top]), zoomAbout(x, y, factor), pan(x, y), click(x, y), hover(x, y, event)
   * and leave(). */
  constructor(acts) {
    this.acts = acts;
    this.fingers = new Map();
    this.box = element("div", { className: "box", hidden: true });
    this.node = element("div", { className: "gestures" }, this.box);
    const on = (type, act, options) => this.node.addEventListener(type, act, options);
    on("wheel", (event) => this.wheel(event), { passive: false });
    on("pointerdown", (event) => this.press(event));
    on("pointermove", (event) => this.move(event));
    on("pointerup", (event) => this.release(event));
    on("pointercancel", (event) => this.cancel(event));
    on("pointerleave", () => acts.leave());
    // One finger scrolls the page; two are the map's.
    for (const type of ["touchstart", "touchmove"]) {
      on(type, (event) => { if (event.touches.length > 1) event.preventDefault(); }, { passive: false });
    }
  }

  /** The place of an event. */
  at({ clientX, clientY }) {
    const { left, bottom, width, height } = this.node.getBoundingClientRect();
    return [(clientX - left) / width, (bottom - clientY) / height];
  }

  wheel(event) {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    // A pinch on a touchpad comes as a wheel with Ctrl, in small steps.
    const turned = event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.002);
    this.acts.zoomAbout(...this.at(event), Math.exp(Math.max(-1, Math.min(1, turned))));
  }

  press(event) {
    if (event.target !== this.node || event.button !== 0) return;
    this.node.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, event);
    if (this.fingers.size > 1) this.start = null;
    else this.start = { event, pans: event.shiftKey, isMoved: false };
  }

  move(event) {
    const before = this.fingers.get(event.pointerId);
    if (!before) {
      if (event.target === this.node && event.pointerType !== "touch") this.acts.hover(...this.at(event), event);
      return;
    }
    if (this.fingers.size === 2) {
      this.pinch(event, before);
    } else if (this.start) {
      const { event: first, pans } = this.start;
      this.start.isMoved ||= Math.hypot(event.clientX - first.clientX, event.clientY - first.clientY) > STILL;
      if (this.start.isMoved && pans) this.acts.pan(...difference(this.at(before), this.at(event)));
      else if (this.start.isMoved && event.pointerType !== "touch") this.drawBox(this.at(first), this.at(event));
    }
    this.fingers.set(event.pointerId, event);
  }

  /** One of two fingers moves: what lies between them goes with their middle, and grows as they part. */
  pinch(event, before) {
    const other = Array.from(this.fingers.values()).find(({ pointerId }) => pointerId !== event.pointerId);
    const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) || 1;
    const [was, is, still] = [before, event, other].map((one) => this.at(one));
    this.acts.pan((was[0] - is[0]) / 2, (was[1] - is[1]) / 2);
    this.acts.zoomAbout((is[0] + still[0]) / 2, (is[1] + still[1]) / 2, apart(before) / apart(event));
  }

  release(event) {
    const isLast = this.fingers.delete(event.pointerId) && this.start;
    this.box.hidden = true;
    if (!isLast) return;
    const { event: first, pans, isMoved } = this.start;
    this.start = null;
    const [from, to] = [this.at(first), this.at(event)];
    if (!isMoved) this.acts.click(...to);
    else if (!pans && event.pointerType !== "touch") this.acts.zoomTo(this.corners(from, to));
  }

  cancel({ pointerId }) {
    this.fingers.delete(pointerId);
    this.drop();
  }

  /** Give up what was begun. */
  drop() {
    this.start = null;
    this.box.hidden = true;
  }

  /** [left, right, bottom, top] of the box between two places; one that is hardly wide or tall takes in all of that side. */
  corners(...places) {
    const within = (share) => Math.max(0, Math.min(1, share));
    const side = (d, pixels) => {
      const [low, high] = places.map((place) => within(place[d])).sort((a, b) => a - b);
      return (high - low) * pixels > STILL * 2 ? [low, high] : [0, 1];
    };
    return [...side(0, this.node.clientWidth), ...side(1, this.node.clientHeight)];
  }

  drawBox(from, to) {
    const [left, right, bottom, top] = this.corners(from, to).map((share) => 100 * share);
    this.box.hidden = false;
    Object.assign(this.box.style, { left: `${left}%`, width: `${right - left}%`, bottom: `${bottom}%`, height: `${top - bottom}%` });
  }
}

const difference = ([x, y], [u, v]) => [x - u, y - v];
