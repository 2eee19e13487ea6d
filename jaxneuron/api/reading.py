"""What reads the runs that there are, and draws them."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from jaxneuron.analysis import deaths as run_deaths
from jaxneuron.analysis import run as analysis
from jaxneuron.store.status import Status, status

if TYPE_CHECKING:  # what draws, or takes SciPy, is imported when it is asked for
    from jaxneuron.view.plots.run_plots import RunPlots


class Run(analysis.Run):
    __doc__ = analysis.Run.__doc__

    def deaths(self, along: str | None = None, phase: tuple[int, int] | None = None) -> "Deaths":
        """How many neurons died, along an axis, by which step, and what makes the difference.

        Args:
            along: the axis, by default the learning rate.
            phase: the first and the last step of the half-lives, by default of all but the first tenth.

        Raises:
            BadInput: there is no such axis, or the phase is too short.
        """
        return Deaths(*run_deaths.deaths(self, along, phase))

    def export(
        self, path: str | Path, *, rows: Literal["cells", "neurons"] = "cells", overwrite: bool = False
    ) -> int:
        """Write the run as one table to a .csv or .parquet file; returns the number of rows.

        Args:
            path: of the file.
            rows: a row for each of the cells, or of the neurons.
            overwrite: replaces a file that is there.

        Raises:
            BadInput: the file cannot be made, is there, or the run keeps no records of neurons.
        """
        from jaxneuron.analysis.export import export

        return export(self, path, rows=rows, overwrite=overwrite)

    def report(self, path: str | Path) -> Path:
        """Write what was asked and found as one HTML file, with maps and lives; returns its path.

        The log warns where there are no lives, such as where the data is gone. BadInput where the file cannot
        be made.
        """
        from jaxneuron.view.web.page import check_page
        from jaxneuron.view.web.report import report

        check_page(Path(path))
        report(self, Path(path))
        return Path(path)

    def status(self, *, verify: bool = False) -> Status:
        """How far it is on the disk, what is missing, how fast it goes; with `verify` all of it is read and
        compared with its checksums."""
        return status(self.location.name, verify=verify)

    @property
    def plot(self) -> "RunPlots":
        """Its figures: `run.plot()` is the phase diagram, `run.plot.map("died")` a map; help(run.plot)."""
        from jaxneuron.view.plots.run_plots import RunPlots

        return RunPlots(self)

    def _repr_html_(self) -> str:
        from jaxneuron.view.notebook.show import run_html

        return run_html(self)


class Deaths(run_deaths.Deaths):
    __doc__ = run_deaths.Deaths.__doc__
    __slots__ = ()

    def __repr__(self) -> str:
        from jaxneuron.view.terminal.death_tables import deaths_tables
        from jaxneuron.view.terminal.plain import as_text

        return as_text(deaths_tables(self))

    def _repr_html_(self) -> str:
        from jaxneuron.view.notebook.show import deaths_html

        return deaths_html(self)


def open_run(path: str | Path, *, partial: bool = False) -> Run:
    """The run at the path; nothing is read until it is asked for.

    Args:
        path: of the run: a folder, or `s3://bucket/name`.
        partial: opens also a run that is not whole, with what is done: `run.neurons_done` of its neurons.

    Raises:
        BadInput: there is no run, it is damaged, or it is not whole and no part is asked for.
    """
    return Run(path, partial=partial)
