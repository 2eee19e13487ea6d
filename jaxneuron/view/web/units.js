// The units of a life's numbers: as it was trained, on scaled inputs and targets, or those of its data.

const UNITS = { "trained": "as trained", "data": "in the data's units" };

/** What turns a life's frames and examples into others, by the formulas of jaxneuron/analysis/units.py. `factor` and
 * `offset` are what the activation's output is multiplied by and what is added to it. */
function converted(name, frames, examples, numWeights) {
  const { scaling } = examples;
  if (name === "trained" || !scaling) return { frames, examples, factor: 1, offset: 0 };
  const { xOffset, xScale, yOffset, yScale, fold } = scaling;
  const factor = yScale / fold;
  const of = (values, convert) => values && Float64Array.from(values, convert);
  const perWeight = (values, convert) => of(values, (value, k) => convert(value, Math.floor(k / numWeights), k % numWeights));
  // What the inputs' means add to the bias: of several inputs it is written out, as not all weights are.
  const added = (weight, written, i) => (written ? written[i] : (weight[i] * xOffset[0]) / xScale[0]);
  const grad = (yScale * yScale) / fold;
  return {
    factor,
    offset: yOffset,
    examples: {
      ...examples, isScaled: false, x: of(examples.x, (x) => x * xScale[0] + xOffset[0]), y: of(examples.y, (y) => y * yScale + yOffset),
    },
    frames: {
      ...frames,
      loss: of(frames.loss, (loss) => loss * yScale * yScale),
      z: of(frames.z, (z) => fold * z),
      weight: perWeight(frames.weight, (w, _, k) => (fold * w) / xScale[k]),
      update_weight: perWeight(frames.update_weight, (w, _, k) => (fold * w) / xScale[k]),
      bias: of(frames.bias, (b, i) => fold * (b - added(frames.weight, frames.shift, i))),
      update_bias: of(frames.update_bias, (b, i) => fold * (b - added(frames.update_weight, frames.update_shift, i))),
      grad_weight: perWeight(frames.grad_weight, (w, i, k) => grad * (w * xScale[k] + frames.grad_bias[i] * xOffset[k])),
      grad_bias: of(frames.grad_bias, (b) => grad * b),
    },
  };
}
