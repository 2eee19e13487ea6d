// The explorer's view in words: where it lies, and how its neurons are trained.

const sentence = (words) => (words ? `${capitalised(words)}. ` : "");

/** How far it is zoomed in, and the ends of its axes, with digits enough to tell them apart. `labels` are of the axes. */
function placeInWords(view, spans, labels) {
  const times = spans.map((span) => breadth({ ...view.whole(span.name), isLog: span.isLog }) / breadth(span));
  const [across, up] = times.map((number) => inPowers(number, 2));
  const far = times.every((number) => Math.abs(number - 1) < 0.01) ? "The whole view"
    // Another view than the usual one may lie beyond it, or be on another scale.
    : !times.every((number) => number > 0.99) ? "The view"
    : across === up ? `Zoomed in ${across} times` : `Zoomed in ${across} times across and ${up} times up`;
  const ends = spans.map((span, i) => `${labels[i]} from ${inPowers(span.low, digitsOf(span))} to ${inPowers(span.high, digitsOf(span))}`);
  return `${far}: ${ends.join(", ")}.`;
}

/** The data and the settings of a study, but for its axes. */
function studyInWords({ data, neuron = {}, training = {}, sweep = {} }, spans, { axes }) {
  const source = data.shipped ? `${capitalised(data.shipped)}'s data`
    : data.x ? `${data.x.length.toLocaleString("en")} examples written out` : data.teacher ? "a teacher's data" : "data of a file";
  const isAxis = (name) => spans.some((span) => span.name === name);
  const numbers = axes.filter(({ name }) => !isAxis(name)).flatMap(({ name, label }) => {
    const value = (name === "init_weight" ? neuron : sweep)[name];
    return typeof value === "number" ? [`${label} ${inWords(value)}`] : [];
  });
  const drawn = isAxis("init_weight") || typeof neuron.init_weight === "number" ? [] : ["initial weight drawn"];
  const steps = training.num_steps === "inf" ? "by jumps to the limit"
    : `${(training.num_steps ?? STEPS).toLocaleString("en")} steps${training.method === "jumps" ? " by jumps" : ""}`;
  const schedule = (training.schedule ?? "constant") === "constant" ? [] : [`schedule ${training.schedule}`];
  const bias = neuron.train_bias === false ? ["bias not trained"] : [];
  const replicates = sweep.replicates ?? 1;
  const many = replicates === 1 ? "one neuron a cell" : `${replicates} neurons a cell`;
  return `On ${source}: ${[neuron.activation ?? "relu", training.optimizer ?? "sgd", ...schedule, steps, ...numbers, ...drawn, ...bias, many, `seed ${sweep.seed ?? 0}`].join(", ")}.`;
}
