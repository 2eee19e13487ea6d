"""The situations that the explorer offers: each a study, a view of it, and a sentence of what it shows."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from jaxneuron.study.window import Span


class Situation(NamedTuple):
    """A view, a sentence that is true of it, and whether the setting is a good one.

    `study` are the tables of a study.toml; the life of the neuron at `place`, (x, y), shows what is meant.
    """

    title: str
    sentence: str
    is_good: bool
    study: Mapping[str, Mapping[str, Any]]
    x: Span
    y: Span
    place: tuple[float, float]
    quantity: str = "fate"

    def as_data(self) -> dict[str, Any]:
        """The situation as the page has it."""
        return {
            "title": self.title,
            "sentence": self.sentence,
            "isGood": self.is_good,
            "study": {table: dict(keys) for table, keys in self.study.items()},
            **{axis: span_as_data(getattr(self, axis)) for axis in ("x", "y")},
            "quantity": self.quantity,
            "place": list(self.place),
        }


def span_as_data(span: Span) -> dict[str, Any]:
    """A span as the page has it."""
    return {"name": span.name, "low": span.low, "high": span.high, "isLog": span.is_log}


ENGEL = {"shipped": "engel"}
ONE_EXAMPLE = {"x": [1.0], "y": [1.0]}
POSITIVE = {"x": [0.5, 1.0, 1.5, 2.0], "y": [1.0, 2.0, 3.0, 4.0]}
LINE = {"x": [0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0], "y": [1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0]}
TO_THE_LIMIT = {"method": "jumps", "num_steps": "inf", "precision": "float64"}

SITUATIONS = (
    Situation(
        title="The good settings",
        sentence="On standardised data, with a bias that starts above 0 and a learning rate of a twentieth "
        "to three quarters of the stability limit, every neuron converges, whatever weight it starts with: "
        "at the start it is active on enough examples to be pulled to the others.",
        is_good=True,
        study={"data": ENGEL, "training": {"num_steps": 1000}},
        x=Span("learning_rate", 1e-3, 10.0, True),
        y=Span("init_bias", -4.0, 4.0, False),
        place=(0.3, 1.0),
    ),
    Situation(
        title="Born dead on one side",
        sentence="All inputs are positive, so that a neuron with a negative weight and no bias has z ≤ 0 on "
        "every example: no gradient passes, and it stays as it is for ever. A bias that starts at 1.5 would "
        "have saved every one with a weight above −3.",
        is_good=False,
        study={"data": POSITIVE, "training": {"num_steps": 1000}, "sweep": {"learning_rate": 0.1}},
        x=Span("init_weight", -3.0, 3.0, False),
        y=Span("init_bias", -3.0, 3.0, False),
        place=(-1.0, 0.0),
    ),
    Situation(
        title="The stability limit",
        sentence="The loss of a neuron without a kink is one parabola, here with the greatest curvature "
        "λ_max = 1. Beyond the learning rate 2/λ_max = 2 each step goes farther past the minimum than it "
        "came, and every neuron diverges; below it every neuron converges.",
        is_good=False,
        study={
            "data": {"x": [-1.0, 0.0, 1.0], "y": [-1.0, 0.0, 1.0]},
            "neuron": {"activation": "identity"},
            "training": {"num_steps": 1000},
            "sweep": {"init_bias": 0.5},
        },
        x=Span("learning_rate", 0.5, 3.5, False),
        y=Span("init_weight", -3.0, 3.0, False),
        place=(2.1, 0.5),
    ),
    Situation(
        title="Death instead of divergence",
        sentence="With one example a relu neuron cannot diverge. Beyond the stability limit, a learning rate "
        "of 1 here, the growing swings about the minimum carry z below 0, and there it stays: every neuron "
        "that starts alive dies.",
        is_good=False,
        study={"data": ONE_EXAMPLE, "neuron": {"init_weight": 0.0}, "training": {"num_steps": 1000}},
        x=Span("learning_rate", 0.05, 5.0, True),
        y=Span("init_bias", -1.0, 4.0, False),
        place=(1.1, 0.5),
    ),
    Situation(
        title="A leaky slope never dies",
        sentence="The data and starts that leave a relu neuron born dead: with a slope of 0.01 below 0 a "
        "little gradient always passes, and every neuron comes back and converges, though it takes "
        "thousands of steps.",
        is_good=True,
        study={
            "data": POSITIVE,
            "neuron": {"activation": "leaky_relu"},
            "training": {"num_steps": 10_000},
            "sweep": {"learning_rate": 0.1},
        },
        x=Span("init_weight", -3.0, 3.0, False),
        y=Span("init_bias", -3.0, 3.0, False),
        place=(-1.0, 0.0),
    ),
    Situation(
        title="Period doubling",
        sentence="Beyond the stability limit, a learning rate of 1, a leaky neuron is thrown back and forth "
        "across its kink. Followed by jumps to the end of time it goes round a cycle of 2 steps, nearer to "
        "the limit of 4, 8 and more; and where no period is found, with small slopes, it is chaotic.",
        is_good=False,
        study={
            "data": ONE_EXAMPLE,
            "neuron": {"activation": "leaky_relu", "init_weight": 0.0},
            "training": TO_THE_LIMIT,
            "sweep": {"init_bias": 0.5},
        },
        x=Span("learning_rate", 0.9, 2.2, False),
        y=Span("negative_slope", 0.5, 1.0, False),
        place=(1.38, 0.7),
        quantity="period",
    ),
    Situation(
        title="Chaos at 2.3 limits",
        sentence="At a learning rate of 2.3 times the stability limit a leaky neuron neither converges nor "
        "diverges, nor does it go round: two that start a billionth apart are far from each other within 60 "
        "steps.",
        is_good=False,
        study={
            "data": ONE_EXAMPLE,
            "neuron": {"activation": "leaky_relu", "init_weight": 0.0},
            "training": {"num_steps": 1000, "precision": "float64"},
            "sweep": {"negative_slope": 0.3},
        },
        x=Span("learning_rate", 0.5, 5.0, True),
        y=Span("init_bias", -1.0, 3.0, False),
        place=(2.3, 0.5),
    ),
    Situation(
        title="The golden ratio",
        sentence="Without a bias, and with data on both sides of 0, 2/λ_max (a learning rate of 4 here) is "
        "only where convergence ends. Divergence begins at 2φ² = 5.236, φ being the golden ratio; between "
        "the two every neuron jumps from side to side for ever.",
        is_good=False,
        study={
            "data": {"x": [-1.0, 1.0], "y": [0.0, 1.0]},
            "neuron": {"train_bias": False},
            "training": {"num_steps": 2000},
        },
        x=Span("learning_rate", 2.5, 6.0, False),
        y=Span("init_weight", -1.5, 2.5, False),
        place=(4.6, 0.5),
    ),
    Situation(
        title="Momentum that kills",
        sentence="Momentum runs on past the minimum. Where the targets are small, a target scale of 0.05, "
        "the neuron that starts at z = 0.5 converges without momentum, and with 0.9 it is carried below 0 "
        "and dies there.",
        is_good=False,
        study={
            "data": ONE_EXAMPLE,
            "neuron": {"init_weight": 0.5},
            "training": {"optimizer": "momentum", "num_steps": 2000},
            "sweep": {"learning_rate": 0.05},
        },
        x=Span("momentum", 0.0, 0.99, False),
        y=Span("target_scale", 0.01, 1.0, True),
        place=(0.9, 0.05),
    ),
    Situation(
        title="A kink that holds a neuron",
        sentence="One example has a negative target, which relu cannot reach. It pushes the neuron down as "
        "soon as it is active, and the other two pull it up again: no neuron converges, and those that live "
        "are held at this kink of the loss, unsettled for ever.",
        is_good=False,
        study={
            "data": {"x": [0.0, 1.0, 2.0], "y": [-2.0, 1.5, 2.0]},
            "training": {"num_steps": 1000},
            "sweep": {"learning_rate": 0.1},
        },
        x=Span("init_weight", -2.0, 2.0, False),
        y=Span("init_bias", -2.0, 2.0, False),
        place=(0.5, 1.0),
    ),
    Situation(
        title="Weight decay that wakes",
        sentence="The bias stays at 0.5, and a weight far below 0 makes a neuron silent on every example. "
        "Decay shrinks the weight until the bias is the stronger, and the neuron wakes; without it the "
        "neuron is born dead. It comes to rest short of the minimum, where its own gradient is not 0: "
        "hence unsettled. Decay above 17.5 is too much, and diverges.",
        is_good=True,
        study={
            "data": {"x": [1.0, 2.0], "y": [1.0, 2.0]},
            "neuron": {"train_bias": False},
            "training": {"num_steps": 1000},
            "sweep": {"learning_rate": 0.1, "init_bias": 0.5},
        },
        x=Span("weight_decay", 1e-4, 100.0, True),
        y=Span("init_weight", -4.0, 4.0, False),
        place=(0.1, -2.0),
    ),
    Situation(
        title="A saturated start",
        sentence="tanh is flat far from 0. A neuron whose weight starts at −10 or below and whose bias is "
        "small answers wrongly on every example, with hardly a gradient to tell it so: after 1000 steps its "
        "loss is as high as it was, and much of what counts as converged here has only stopped.",
        is_good=False,
        study={
            "data": {"x": [-2.0, -1.0, 0.0, 1.0, 2.0], "y": [-0.8, -0.5, 0.0, 0.5, 0.8]},
            "neuron": {"activation": "tanh"},
            "training": {"num_steps": 1000},
            "sweep": {"learning_rate": 0.1},
        },
        x=Span("init_weight", -15.0, 15.0, False),
        y=Span("init_bias", -15.0, 15.0, False),
        place=(-12.0, 0.0),
        quantity="final_loss",
    ),
    Situation(
        title="Adam where gradient descent dies",
        sentence="Inputs of 10 to 40 put the stability limit of gradient descent at 0.0027, and at ten times "
        "that it dies. Adam's steps do not grow with the gradient: from 0.03 to 0.3 it converges, or all "
        "but does, and never dies.",
        is_good=True,
        study={
            "data": {"x": [10.0, 20.0, 30.0, 40.0], "y": [5.0, 10.0, 15.0, 20.0]},
            "neuron": {"init_weight": 1.0},
            "training": {"optimizer": "adam", "num_steps": 3000},
        },
        x=Span("learning_rate", 1e-3, 1.0, True),
        y=Span("init_bias", -4.0, 4.0, False),
        place=(0.1, 0.0),
    ),
    Situation(
        title="An outlier that kills",
        sentence="Seven examples lie on a line, and one, at x = 12, far from it. It alone lowers the "
        "stability limit from 0.74 to 0.1: at a learning rate of 0.3 every neuron that starts with a weight "
        "above 1 dies, and without it (remove it below) every one lives.",
        is_good=False,
        study={
            "data": {"x": [*LINE["x"], 12.0], "y": [*LINE["y"], 1.0]},
            "training": {"num_steps": 1000},
            "sweep": {"init_bias": 0.1},
        },
        x=Span("learning_rate", 0.01, 2.0, True),
        y=Span("init_weight", 0.0, 3.0, False),
        place=(0.3, 1.5),
    ),
)
