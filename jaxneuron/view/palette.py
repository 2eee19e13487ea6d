"""One colour for each fate, the same in every figure and table: from the palette of Okabe and Ito."""

from jaxneuron.neuron.fate import Fate

FATE_COLOURS = {
    Fate.diverged: "#D55E00",
    Fate.born_dead: "#404040",
    Fate.died: "#9A4F80",
    Fate.converged: "#0072B2",
    Fate.unsettled: "#C98400",
}
# Seen on black and on white, which #404040 is not.
SCREEN_COLOURS = FATE_COLOURS | {Fate.born_dead: "#767676"}
# Lighter, for a page that is dark.
DARK_COLOURS = {
    Fate.diverged: "#F0813A",
    Fate.born_dead: "#B9BEC5",
    Fate.died: "#C97FB0",
    Fate.converged: "#4AA8E0",
    Fate.unsettled: "#E3A63A",
}
