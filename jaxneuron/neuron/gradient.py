"""One loss, several forms of its gradient, and the one place that chooses between them.

Every form is a function `(params, hyperparams, examples, config) -> Evaluation` of all examples. They agree
but for rounding: autodiff, the reference, sums over the examples either in order or at once, and moments do
without a pass.
"""

from collections.abc import Callable, Mapping

from jaxneuron.neuron import autodiff, moments
from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.loss import Evaluation, Examples
from jaxneuron.neuron.params import Params

FORMS: Mapping[str, Callable[[Params, Hyperparams, Examples, Config], Evaluation]] = {
    "moments": moments.evaluate,
    "in_order": autodiff.evaluate_in_order,
    "at_once": autodiff.evaluate_at_once,
}


def evaluate(params: Params, hyperparams: Hyperparams, examples: Examples, config: Config) -> Evaluation:
    """Loss and gradient over all examples, in the config's form; a bias that is not trained has gradient
    0."""
    return FORMS[config.gradient](params, hyperparams, examples, config)


def choose_form(gradient: str, activation: str, num_inputs: int, platform: str) -> str:
    """The form of a requested gradient: "auto", "autodiff" or "moments".

    One input on a CPU is summed in order: 3 to 10 times faster there than reducing an array of examples
    × neurons. Elsewhere, and for several inputs, matrix products are.

    Raises:
        ValueError: moments are requested, and cannot be had.
    """
    objection = moments.why_not(activation, num_inputs)
    if gradient == "moments" and objection:
        raise ValueError(f"moments {objection}; leave it out, or ask for autodiff")
    if gradient != "autodiff" and not objection:
        return "moments"
    return "in_order" if num_inputs == 1 and platform == "cpu" else "at_once"
