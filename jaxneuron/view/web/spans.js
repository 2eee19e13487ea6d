// Spans of axes: what lies where between two edges, on the axis's own scale, to the last digit of float64.

/** How wide a span is on its own scale; of decades the logarithm of the ratio, exact for edges that are close. */
const breadth = ({ low, high, isLog }) => (isLog ? Math.log1p((high - low) / low) : high - low);

/** The value at a share of the way from edge to edge. */
const valueAt = (span, share) => (span.isLog ? span.low * Math.exp(share * breadth(span)) : span.low + share * (span.high - span.low));

/** The share of the way at which a value lies. */
const shareAt = (span, value) => (span.isLog ? Math.log1p((value - span.low) / span.low) : value - span.low) / breadth(span);

/** The part of a span between two shares of the way, no farther than the axis goes. */
function part(span, from, to, { low, high }) {
  const least = Math.max(low ?? -1e300, span.isLog ? 1e-300 : -1e300);
  const most = Math.min(high ?? 1e300, 1e300);
  const within = (value) => Math.min(most, Math.max(least, value));
  return { ...span, low: within(valueAt(span, from)), high: within(valueAt(span, to)) };
}

/** A span moved by a share of its width, no farther than the axis goes. */
function moved(span, by, limits) {
  const found = part(span, by, 1 + by, limits);
  const full = breadth(span) * (1 - 1e-9);
  return breadth(found) < full ? span : found;
}

/** The middles of so many cells. */
const middles = (span, number) => Float64Array.from({ length: number }, (_, i) => valueAt(span, (i + 0.5) / number));

/** Digits enough to tell the edges apart. */
function digitsOf({ low, high }) {
  const size = Math.max(Math.abs(low), Math.abs(high));
  return Math.min(17, Math.max(3, Math.ceil(Math.log10(size / (high - low))) + 2));
}

/** 3.1e7 as 3.1·10⁷, and 1e7 as 10⁷. */
function inPowers(value, digits) {
  const raised = (power) => power.replace(/./g, (sign) => "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"["0123456789−".indexOf(sign)]);
  return inWords(value, digits).replace(/(^|−)1e/, "$1e").replace(/(\d?)e(.+)/, (_, digit, power) => `${digit}${digit && "·"}10${raised(power)}`);
}

/** The smallest of 1, 2 and 5 times a power of ten that is at least a number. */
function roundStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * [1, 2, 5, 10].find((times) => times * power >= least * (1 - 1e-9));
}

/** Plotly's ticks of an axis that runs from 0 to 1 along a span; what the edges have in common is taken off first where
 * it would fill the ticks. */
function ticksOf(span, label, most) {
  const { low, high, isLog } = span;
  if (isLog && high / low > 15) return decadesOf(span, label, most);
  const step = roundStep((high - low) / most);
  const first = Math.ceil(low / step);
  const number = Math.max(0, Math.min(12, Math.floor((high - first * step) / step + 1e-6) + 1));
  const values = Array.from({ length: number }, (_, i) => (first + i) * step);
  const digits = Math.ceil(Math.log10(Math.max(Math.abs(low), Math.abs(high)) / step)) + 1;
  const base = digits > 6 ? values[0] : 0;
  const unit = 10 ** Math.floor(Math.log10(step) + 1e-9);
  const text = (value, i) => (base ? inWords((i * step) / unit, 3) : inPowers(value, Math.max(1, digits)));
  const taken = base ? ` ${base < 0 ? "+" : "−"} ${inPowers(Math.abs(base), Math.min(17, digits))} (in ${inPowers(unit, 1)})` : "";
  return { tickvals: values.map((value) => shareAt(span, value)), ticktext: values.map(text), title: { text: asText(label + taken), standoff: 6 } };
}

/** Ticks of a span of decades: at each, or of many at some, and of few at 2 and 5 times them too. */
function decadesOf(span, label, most) {
  const [from, to] = [Math.ceil(Math.log10(span.low) - 1e-9), Math.floor(Math.log10(span.high) + 1e-9)];
  const every = Math.max(1, Math.ceil((to - from + 1) / most));
  const times = 3 * (to - from + 1) <= most ? [1, 2, 5] : [1];
  const powers = Array.from({ length: to - from + 2 }, (_, i) => from - 1 + i).filter((power) => power % every === 0);
  const values = powers.flatMap((power) => times.map((time) => time * 10 ** power));
  const shown = values.filter((value) => value >= span.low * (1 - 1e-9) && value <= span.high * (1 + 1e-9));
  return { tickvals: shown.map((value) => shareAt(span, value)), ticktext: shown.map((value) => inPowers(value, 3)), title: { text: asText(label), standoff: 6 } };
}
