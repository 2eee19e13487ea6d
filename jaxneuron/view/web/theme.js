// The colours of the page, as its style sheet says: for figures, which cannot read them by themselves.

const FATES = ["diverged", "born_dead", "died", "converged", "unsettled"];

function theme() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    text: colour("text"), muted: colour("muted"), line: colour("line"), surface: colour("surface"),
    accent: colour("accent"), unknown: colour("unknown"),
    fates: Object.fromEntries(FATES.map((fate) => [fate, colour(`fate-${fate.replace("_", "-")}`)])),
  };
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  document.dispatchEvent(new Event("themechange"));
});

/** Have a figure drawn again when the scheme or the width of what it stands in changes. */
function keepDrawn(node, draw) {
  let width = node.clientWidth;
  document.addEventListener("themechange", draw);
  new ResizeObserver(() => {
    if (Math.abs(node.clientWidth - width) <= 1) return;
    width = node.clientWidth;
    draw();
  }).observe(node);
}

/** A name from the data, so that Plotly shows it letter by letter: it reads tags and entities. */
function asText(name) {
  return name.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
