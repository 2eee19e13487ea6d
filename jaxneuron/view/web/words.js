// Numbers in words, and small pieces of the page.

const FATE_NAMES = Object.fromEntries(FATES.map((fate) => [fate, fate.replace("_", " ")]));

/** A number as people read it: four digits, ∞, or a dash where nothing is known. */
function inWords(value, digits = 4) {
  if (Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  const text = size !== 0 && (size < 1e-3 || size >= 1e6)
    ? value.toExponential(digits - 1).replace(/\.?0+e/, "e").replace("e+", "e")
    : String(Number(value.toPrecision(digits)));
  return text.replaceAll("-", "−");
}

/** A value on an axis, of which a narrow one needs more digits; of a category, such as the activation, its name. */
const onAxis = (axis, value, digits = 4) => (axis.names.length ? axis.names[value] : inWords(value, Math.max(digits, axis.digits ?? 0)));

function percent(share, decimals = 1) {
  return Number.isNaN(share) ? "–" : `${(100 * share).toFixed(decimals)} %`;
}

/** An element with properties and children; text stays text. */
function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

/** A button that acts; where its label is a sign it has a name too. */
function button(label, act, name) {
  const node = element("button", { type: "button", ...(name && { ariaLabel: name, title: name }) }, ...[label].flat());
  node.addEventListener("click", act);
  return node;
}

/** A bar of the shares of each fate. */
function fateBar(counts) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const parts = FATES.map((fate, i) => {
    const part = element("span", { className: fate });
    part.style.width = `${(100 * counts[i]) / (total || 1)}%`;
    return part;
  });
  return element("div", { className: "fates", ariaHidden: "true" }, ...parts);
}
