"""Waiting until a page has drawn what it was told to."""

# Counts the figures that are being drawn. What is told by an event is drawn a frame later.
SCRIPT = """
let plotly, drawing = 0;
Object.defineProperty(window, "Plotly", {
  get: () => plotly,
  set(value) {
    for (const name of ["react", "relayout"]) {
      const draw = value[name];
      value[name] = (...these) => {
        drawing += 1;
        return draw(...these).finally(() => { drawing -= 1; });
      };
    }
    plotly = value;
  },
});
const frame = () => new Promise(requestAnimationFrame);
window.settled = async () => {
  do { await frame(); await frame(); } while (drawing);
};
"""


def settle(page):
    """Wait until the page stands still."""
    page.evaluate("settled()")
