"""The commands as one program, and what it ends with."""

import contextlib
import pkgutil
import sys
from typing import NoReturn

import click

from jaxneuron.cli import command as folder
from jaxneuron.cli.ascii_forms import Context, show_all_characters
from jaxneuron.cli.compiled_programs import keep_compiled_programs
from jaxneuron.cli.process import (
    BAD_INPUT,
    DONE,
    INCOMPLETE,
    discard_stdout,
    end_interrupted,
    handle_signals,
    has_stopped,
    open_closed_streams,
)
from jaxneuron.study.bad_input import BadInput, visible


@click.group(
    invoke_without_command=True,
    subcommand_metavar="COMMAND [ARGS]...",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100, "show_default": True},
)
@click.version_option(package_name="jaxneuron", message="%(prog)s %(version)s")
@click.pass_context
def commands(context: click.Context) -> None:
    """Train one ReLU neuron, or millions at once: hyperparameter sweeps and the study of dead neurons."""
    if context.invoked_subcommand is None:  # as with other programs made with click, it is not taken for done
        click.echo(context.get_help(), err=True)
        context.exit(BAD_INPUT)


for _, name, _ in pkgutil.iter_modules(folder.__path__, f"{folder.__name__}."):
    commands.add_command(pkgutil.resolve_name(f"{name}:{name.rpartition('.')[2]}"))
for command in (commands, *commands.commands.values()):
    command.context_class = Context


def main() -> NoReturn:
    """Run the command line: exit code 0 done, 1 incomplete, 2 bad input, 130 interrupted."""
    open_closed_streams()
    show_all_characters()
    keep_compiled_programs()
    handle_signals()
    try:
        code = commands.main(prog_name="jaxneuron", standalone_mode=False) or DONE
        sys.stdout.flush()
        sys.exit(code)
    except click.ClickException as error:
        where = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "jaxneuron"
        _fail(f"{where}: {error.format_message()} (see {where} --help)")
    except (click.Abort, KeyboardInterrupt) as error:
        has_stopped.set()
        end_interrupted(str(error) or "nothing was kept; the same line starts again")
    except BadInput as error:
        _fail(f"jaxneuron: {error}")
    except RuntimeError as error:
        from jaxneuron.runner.work import Stopped

        if not isinstance(error, Stopped):
            raise
        _fail(f"jaxneuron: {error}", INCOMPLETE)
    except OSError as error:  # of the disk, or of what is printed to
        discard_stdout()
        if isinstance(error, BrokenPipeError):  # whoever reads has enough
            sys.exit(INCOMPLETE)
        wrong = f"{error.filename}: cannot be read or" if error.filename else "what is printed cannot be"
        _fail(f"jaxneuron: {wrong} written ({error.strerror or error})")


def _fail(message: str, code: int = BAD_INPUT) -> NoReturn:
    with contextlib.suppress(OSError):  # where nothing can be said, the exit code says it
        print(visible(" ".join(message.split())), file=sys.stderr)
    sys.exit(code)
