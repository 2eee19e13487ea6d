"""The table [sweep] refine: new cells where neighbouring cells of a grid differ."""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from jaxneuron.study.section import Section

MOST_DEPTH = 24
OF_DEATHS = ("death_step", "half_life")


class Refine(Section):
    """How far a grid is refined, and where: where a quantity of neighbouring cells differs."""

    place: ClassVar[str] = "[sweep] refine"

    depth: int = Field(default=6, ge=1, le=MOST_DEPTH)
    """How often the steps of the axes are halved, at most 24."""
    quantity: Literal[
        "fate",
        "diverged",
        "born_dead",
        "died",
        "converged",
        "unsettled",
        "dead",
        "final_loss",
        "death_step",
        "half_life",
    ] = "fate"
    """ "fate" is the most frequent one; "diverged", "born_dead", "died", "converged", "unsettled" and
    "dead" are shares; "final_loss", "death_step" and "half_life" are compared by decades."""
    by: float | None = Field(default=None, ge=0.0)
    """The largest difference at which cells count as alike: of shares, or of decades. Fates have none;
    all others need it."""
    most_cells: int = Field(default=2**22, ge=1)
    """The most cells that are added to the grid, in all."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.quantity == "fate" and self.by:
            raise ValueError(f"by: is {self.by!r}; fates are the same or differ, so leave it out")
        if self.quantity != "fate" and self.by is None:
            raise ValueError(f"by: is missing; {self.quantity} needs the difference that counts, such as 0.1")
        return self
