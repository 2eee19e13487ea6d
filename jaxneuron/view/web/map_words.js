// A map in words: for those who do not see it, and beneath it for all.

const capitalised = (words) => words && words[0].toUpperCase() + words.slice(1);

/** A value of a quantity as people read it. */
function inUnits(quantity, value) {
  if (quantity.scale === "kind") return FATE_NAMES[FATES[value]] ?? "–";
  return quantity.scale === "share" ? percent(value) : inWords(value);
}

/** "share died over learning rate and initial bias: from 0.0 % to 100.0 %." */
function summaryOf(quantity, values, over) {
  const known = values.filter((value) => !Number.isNaN(value));
  const missing = values.length - known.length;
  const unknown = missing && known.length
    ? `; nothing is known in ${missing.toLocaleString("en")} of ${values.length.toLocaleString("en")} cells` : "";
  return `${quantity.label}${over ? ` over ${over}` : ""}: ${rangeOf(quantity, known, values.length > 1)}${unknown}.`;
}

function rangeOf(quantity, known, areSeveral) {
  if (known.length === 0) return "nothing is known";
  const [low, high] = extremes(known);
  if (low === high) return `${areSeveral ? "every cell has the same value: " : ""}${inUnits(quantity, low)}`;
  if (quantity.scale !== "kind") return `from ${inUnits(quantity, low)} to ${inUnits(quantity, high)}`;
  const counts = FATES.map(() => 0);
  for (const fate of known) counts[fate] += 1;
  return FATES.flatMap((fate, i) => (counts[i] ? `${FATE_NAMES[fate]} in ${percent(counts[i] / known.length)}` : [])).join(", ");
}

/** The legend of colours that are on no colour bar. */
function mapLegend(quantity, values, { isMap, hasBars, hasLives }) {
  const entry = (className, style, words) => {
    const swatch = element("span", { className: `swatch ${className}` });
    swatch.style.cssText = style;
    return element("li", {}, swatch, words);
  };
  const plain = (colour) => `background: var(--${colour}); border: 1px solid var(--muted)`;
  const entries = quantity.scale === "kind" || hasBars ? FATES.map((fate) => entry(fate, "", FATE_NAMES[fate])) : [];
  if (isMap && values.includes(Infinity)) {
    entries.push(entry("", plain("surface"), quantity.scale === "steps" ? "infinite: none died" : "infinite"));
  }
  if (isMap && values.includes(NaN)) entries.push(entry("", plain("unknown"), "nothing known"));
  if (hasLives) entries.push(element("li", {}, "◦ cells whose lives are below"));
  return entries;
}
