// Points on the map, one for each life that is shown: they can be dragged, and moved by the arrow keys.

class MapPoints {
  /** `moved(number, x, y, isDragging)` is called with shares of the map's width and height. */
  constructor(node, moved) {
    Object.assign(this, { node, moved, handles: new Map() });
  }

  /** Show points, each {x, y, number, words} with shares of the map; a point beyond its edges is hidden. */
  show(points) {
    for (const [number, handle] of this.handles) {
      if (points.some((point) => point.number === number)) continue;
      handle.remove();
      this.handles.delete(number);
    }
    for (const { x, y, number, words } of points) {
      const handle = this.handles.get(number) ?? this.handle(number);
      const isWithin = x >= 0 && x <= 1 && y >= 0 && y <= 1;
      handle.hidden = !isWithin;
      if (isWithin) Object.assign(handle.style, { left: `${100 * x}%`, bottom: `${100 * y}%` });
      handle.at = [x, y];
      handle.ariaLabel = handle.title = `Life ${number}: ${words}; drag it, or move it by the arrow keys`;
    }
  }

  handle(number) {
    const handle = element("button", { type: "button", className: "point" }, String(number));
    const within = (share) => Math.max(0, Math.min(1 - 1e-9, share));
    const at = ({ clientX, clientY }) => {
      const { left, bottom, width, height } = this.node.getBoundingClientRect();
      return [within((clientX - left) / width), within((bottom - clientY) / height)];
    };
    let isHeld = false;
    handle.addEventListener("pointerdown", ({ pointerId }) => { handle.setPointerCapture(pointerId); isHeld = true; });
    handle.addEventListener("pointermove", (event) => { if (isHeld) this.moved(number, ...at(event), true); });
    handle.addEventListener("pointerup", (event) => { if (isHeld) this.moved(number, ...at(event), false); isHeld = false; });
    handle.addEventListener("pointercancel", () => { isHeld = false; });
    handle.addEventListener("keydown", (event) => {
      const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
      if (!(event.key in moves) || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      const pixels = event.shiftKey ? 16 : 2;
      const [right, up] = moves[event.key];
      const { clientWidth, clientHeight } = this.node;
      this.moved(number, within(handle.at[0] + (pixels * right) / clientWidth), within(handle.at[1] + (pixels * up) / clientHeight), false);
    });
    this.handles.set(number, handle);
    this.node.append(handle);
    return handle;
  }
}
