"""The commands as one program, and what it ends with."""

import sys
from typing import NoReturn

import click

from jaxneuron.cli.compiled_programs import keep_compiled_programs
from jaxneuron.cli.doctor import doctor
from jaxneuron.cli.exit_codes import BAD_INPUT, DONE, INCOMPLETE
from jaxneuron.cli.interrupt import end, end_on_signals, heard
from jaxneuron.cli.plan import plan
from jaxneuron.cli.plot import plot
from jaxneuron.cli.report import report
from jaxneuron.cli.runs import best, deaths, export, status
from jaxneuron.cli.streams import give_up_stdout, open_closed_streams
from jaxneuron.cli.sweep import sweep
from jaxneuron.cli.train import train
from jaxneuron.cli.worker import create, worker
from jaxneuron.study.bad_input import visible


@click.group(
    no_args_is_help=False, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="jaxneuron", message="%(prog)s %(version)s")
def commands() -> None:
    """Train one ReLU neuron, or millions at once: hyperparameter sweeps and the study of dead neurons."""


for command in (train, plan, sweep, create, worker, status, best, deaths, plot, report, export, doctor):
    commands.add_command(command)


def main() -> NoReturn:
    """Run the command line: exit code 0 done, 1 incomplete, 2 bad input, 130 interrupted."""
    open_closed_streams()
    keep_compiled_programs()
    end_on_signals()
    try:
        code = commands.main(prog_name="jaxneuron", standalone_mode=False) or DONE
        sys.stdout.flush()
        sys.exit(code)
    except click.ClickException as error:
        where = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "jaxneuron"
        _fail(f"{where}: {error.format_message()} (see {where} --help)")
    except (click.Abort, KeyboardInterrupt) as error:
        heard.set()
        end(str(error) or "nothing was kept; the same line starts again")
    except ValueError as error:
        from jaxneuron.study.bad_input import BadInput

        if not isinstance(error, BadInput):
            raise
        _fail(f"jaxneuron: {error}")
    except RuntimeError as error:
        from jaxneuron.runner.work import Stopped

        if not isinstance(error, Stopped):
            raise
        _fail(f"jaxneuron: {error}", INCOMPLETE)
    except OSError as error:  # of the disk, or of what is printed to
        give_up_stdout()
        if isinstance(error, BrokenPipeError):  # whoever reads has enough
            sys.exit(INCOMPLETE)
        wrong = f"{error.filename}: cannot be read or" if error.filename else "what is printed cannot be"
        _fail(f"jaxneuron: {wrong} written ({error.strerror or error})")


def _fail(message: str, code: int = BAD_INPUT) -> NoReturn:
    print(visible(" ".join(message.split())), file=sys.stderr)
    sys.exit(code)
