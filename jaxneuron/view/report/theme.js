// The colours of the page, as its style sheet says: for figures, which cannot read them by themselves.

const FATES = ["diverged", "born_dead", "died", "converged", "unsettled"];

function theme() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    text: colour("text"), muted: colour("muted"), line: colour("line"), surface: colour("surface"),
    accent: colour("accent"),
    fates: Object.fromEntries(FATES.map((fate) => [fate, colour(`fate-${fate.replace("_", "-")}`)])),
  };
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  document.dispatchEvent(new Event("themechange"));
});

/** A name from the data, so that Plotly shows it letter by letter: it reads tags and entities. */
function asText(name) {
  return name.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
