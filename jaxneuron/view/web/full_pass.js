// One full pass in words and numbers: forward, the chain rule backward, the update; and one example of it.

const line = (...parts) => element("p", {}, ...parts.map((part) => (Array.isArray(part) ? element("b", {}, part[0]) : part)));

/** A number that stands after an operator: one below 0 in brackets. */
const operand = (value, digits = 4) => (value < 0 ? `(${inWords(value, digits)})` : inWords(value, digits));

/** The pass at a frame of a life, as a piece of the page. `at` holds the frame's numbers. */
function fullPass(life, at, examples, example) {
  const weights = at.weight.map((_, i) => (examples.inputs.length > 1 ? `W${subscript(i + 1)}` : "W"));
  const block = (title, ...lines) => element("div", {}, element("h4", {}, title), ...lines);
  return element("div", { className: "pass" },
    block("Forward", ...forwardLines(life, at, examples, weights)),
    block("Backward, by the chain rule", ...backwardLines(life, at, weights)),
    block(at.step === life.numSteps ? "The update that would come next" : "Update",
      ...weights.map((name, i) => updateLine(life, name, at.weight[i], at.gradWeight[i], at.updateWeight[i])),
      life.trainBias ? updateLine(life, "b", at.bias, at.gradBias, at.updateBias) : line("b is not trained.")),
    block("Of these, one example", ...exampleLines(life, at, example, examples)));
}

function forwardLines(life, at, { inputs, total }, weights) {
  const more = inputs.length > weights.length ? ` and ${(inputs.length - weights.length).toLocaleString("en")} more weights` : "";
  const passing = `${at.numActive.toLocaleString("en")} of ${total.toLocaleString("en")}`;
  const dies = life.canDie;
  return [
    line("z = W·x + b, with ", weights.map((name, i) => `${name} = ${inWords(at.weight[i])}`).join(", "), more, `, b = ${inWords(at.bias)}`),
    inputs.length === 1 && dies && at.weight[0] !== 0 ? line(`z = 0 at the kink, x = −b/W = ${inWords(-at.bias / at.weight[0])}`) : null,
    line("z > 0 on ", [passing], ` ${total === 1 ? "example" : "examples"}`, dies ? ": no other passes a gradient" : ""),
    line(`ŷ = ${life.factor === 1 ? "" : `${inWords(life.factor)}·`}${life.activation}(z), L = mean of ½(ŷ − y)² = `, [Number.isFinite(at.loss) ? inWords(at.loss, 5) : "not finite"]),
  ];
}

function backwardLines(life, at, weights) {
  const over = life.batchSize ? `the ${life.batchSize.toLocaleString("en")} examples that the step has drawn` : "all examples";
  return [
    line(`dL/dW = dL/dŷ · dŷ/dz · dz/dW, the mean over ${over}:`),
    ...weights.map((name, i) => line(`dL/d${name} = mean of (ŷ − y)·dŷ/dz·x${name.slice(1)} = `, [inWords(at.gradWeight[i])])),
    life.trainBias ? line("dL/db = mean of (ŷ − y)·dŷ/dz·1 = ", [inWords(at.gradBias)]) : null,
  ];
}

function updateLine(life, name, before, gradient, update) {
  const after = inWords(before + update, 5);
  // In the data's units the step is not η times the gradient there.
  const isPlain = life.optimizer === "sgd" && !("weight decay" in life.hyperparams) && !life.isConverted;
  return isPlain
    ? line(`${name} ← ${name} − η·dL/d${name} = ${inWords(before)} − ${inWords(life.hyperparams["learning rate"])}·${operand(gradient)} = `, [after])
    : line(`${name} ← ${name} + ${life.optimizer}'s step = ${inWords(before)} + ${operand(update)} = `, [after]);
}

/** The factors of the chain rule of one example; of several inputs, for the first weight. */
function exampleLines(life, at, { x, y, z, output, slope }, { inputs, target }) {
  const [error, w] = [output - y, inputs.length > 1 ? "W₁" : "W"];
  const forward = inputs.length > 1 ? "z = W·x + b = " : `z = ${inWords(at.weight[0])}·${operand(x)} + ${operand(at.bias)} = `;
  return [
    line(`x${w.slice(1)} = ${inWords(x)}${called(inputs[0], "x")}, y = ${inWords(y)}${called(target, "y")}`),
    line(forward, [inWords(z)], `, ŷ = ${inWords(output)}`),
    line(`dL/dŷ = ŷ − y = ${inWords(error)}, dŷ/dz = ${inWords(slope)}, dz/d${w} = x${w.slice(1)} = ${inWords(x)}`),
    line(slope === 0 ? `No gradient passes: its own dL/d${w} is ` : `Its own dL/d${w} = ${inWords(error)}·${operand(slope)}·${operand(x)} = `,
      [slope === 0 ? "0" : inWords(error * slope * x)]),
  ];
}

/** The name that the data gives a letter, in brackets. */
const called = (name, letter) => (name === letter ? "" : ` (${name})`);

const subscript = (number) => String(number).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]);
