// The activations of neuron/params.py: [ŷ, dŷ/dz] of z.

/** The error function, to 1.2e-7 (Abramowitz and Stegun 1964, 7.1.26 in the form of Numerical Recipes). */
function erf(x) {
  const t = 1 / (1 + 0.5 * Math.abs(x));
  const series = [-1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
    -0.82215223, 0.17087277].reduceRight((total, coefficient) => coefficient + t * total, 0);
  const size = 1 - t * Math.exp(-x * x + series);
  return x >= 0 ? size : -size;
}

const sigmoid = (z) => 1 / (1 + Math.exp(-z));

const ACTIVATIONS = {
  identity: (z) => [z, 1],
  relu: (z) => (z > 0 ? [z, 1] : [0, 0]),
  leaky_relu: (z, slope) => (z > 0 ? [z, 1] : [slope * z, slope]),
  elu: (z) => (z > 0 ? [z, 1] : [Math.expm1(z), Math.exp(z)]),
  tanh: (z) => [Math.tanh(z), 1 - Math.tanh(z) ** 2],
  sigmoid: (z) => [sigmoid(z), sigmoid(z) * (1 - sigmoid(z))],
  softplus: (z) => [Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))), sigmoid(z)],
  gelu: (z) => {
    const below = 0.5 * (1 + erf(z / Math.SQRT2));
    return [z * below, below + (z * Math.exp(-0.5 * z * z)) / Math.sqrt(2 * Math.PI)];
  },
};
