"""One colour, one name and one line for each fate, the same in every figure and table; the colours are from
Okabe and Ito's colour-blind safe palette."""

from jaxneuron.neuron.fate import Fate

FATE_COLOURS = {
    Fate.diverged: "#D55E00",
    Fate.born_dead: "#404040",
    Fate.died: "#9A4F80",
    Fate.converged: "#0072B2",
    Fate.unsettled: "#C98400",
}
FATE_LABELS = {fate: fate.name.replace("_", " ") for fate in Fate}
FATE_RULES = {
    Fate.diverged: "params or loss not finite, or loss far above its start",
    Fate.born_dead: "silent on every example from step 0 on",
    Fate.died: "active once, then silent to the end",
    Fate.converged: "gradient at most the tolerance",
    Fate.unsettled: "still moving, or oscillating",
}
