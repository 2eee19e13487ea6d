"""One colour for each fate, the same in every figure and table: from the palette of Okabe and Ito."""

from jaxneuron.neuron.fate import Fate

FATE_COLOURS = {
    Fate.diverged: "#D55E00",
    Fate.born_dead: "#404040",
    Fate.died: "#9A4F80",
    Fate.converged: "#0072B2",
    Fate.unsettled: "#C98400",
}
