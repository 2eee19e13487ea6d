"""Waiting for a page: until it has drawn what it was told to, or until something is so."""

# Counts the figures that are being drawn, and the numbers that are being unpacked for them. What is told by
# an event is drawn a frame later.
SCRIPT = """
let plotly, pending = 0;
const counted = (act) => function (...these) {
  pending += 1;
  return act.apply(this, these).finally(() => { pending -= 1; });
};
Response.prototype.arrayBuffer = counted(Response.prototype.arrayBuffer);
Object.defineProperty(window, "Plotly", {
  get: () => plotly,
  set(value) {
    for (const name of ["react", "relayout"]) value[name] = counted(value[name]);
    plotly = value;
  },
});
const frame = () => new Promise(requestAnimationFrame);
window.settled = async () => {
  do { await frame(); await frame(); } while (pending);
};
"""


def settle(page):
    """Wait until the page stands still."""
    page.evaluate("settled()")


def wait(page, is_so):
    """Wait until it is so; the page's policy forbids a browser to look by itself."""
    for _ in range(2400):
        if is_so():
            return
        page.wait_for_timeout(25)
    raise AssertionError("it does not come")
