"""One loss, several ways to its gradient, and the one place that chooses between them."""

from jaxneuron.neuron import moments
from jaxneuron.neuron.autodiff import evaluate_at_once, evaluate_in_order
from jaxneuron.neuron.hyperparams import Scalar
from jaxneuron.neuron.loss import Evaluation, Examples
from jaxneuron.neuron.params import Params

# What a user may ask for, and what it comes to.
GRADIENTS = ("auto", "autodiff", "moments")
FORMS = ("moments", "in_order", "at_once")


def choose_form(gradient: str, activation: str, num_inputs: int, platform: str) -> str:
    """The form of the gradient that was asked for; ValueError says why moments cannot be had.

    One input on a CPU is summed in order: 3 to 10 times faster there than reducing an array of examples
    × neurons. Elsewhere, and for several inputs, matrix products are.
    """
    objection = moments.why_not(activation, num_inputs)
    if gradient == "moments" and objection:
        raise ValueError(f"moments {objection}; leave it out, or ask for autodiff")
    if gradient != "autodiff" and not objection:
        return "moments"
    return "in_order" if num_inputs == 1 and platform == "cpu" else "at_once"


def evaluate(
    form: str,
    params: Params,
    examples: Examples,
    activation: str = "relu",
    negative_slope: Scalar = 0.01,
    train_bias: bool = True,
    target_scale: Scalar | None = None,
) -> Evaluation:
    """Loss and gradient over all examples, in one of FORMS; moments need the examples' half-lines."""
    rest = (activation, negative_slope, train_bias, target_scale)
    if form == "moments":
        assert examples.half_lines is not None, "moments need half-lines"
        return moments.evaluate(params, moments.find_piece(params, examples.half_lines), *rest)
    return {"in_order": evaluate_in_order, "at_once": evaluate_at_once}[form](params, examples, *rest)
