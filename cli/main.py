"""Entry point: the group of commands, and how failures are shown."""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from cli import options
from cli.interruption import interruptible
from cli.standard_streams import (
    CLOSED_PIPE,
    ReaderGoneError,
    open_missing,
    read_to_the_end,
    reader_has_gone,
)
from hypernets.launch import launch
from nas.allocator import keep_freed_memory
from nas.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "search": "find an architecture and train it",
    "rank": "score a list of architectures with predicted weights",
    "similar": "the architectures nearest to one",
    "predict": "predict the weights of one network",
    "train": "train one architecture",
    "export": "write a trained network for other programs",
    "latency": "measure networks on a device",
    "train-hypernet": "train a hypernetwork",
    "best": "the best architecture of a run",
    "trials": "all candidates of a run",
    "report": "a report on a run as one HTML file",
    "dashboard": "the study of a run in the browser",
    "spaces": "the search spaces",
    "hypernets": "the hypernetworks",
    "datasets": "the data sets",
    "doctor": "versions, devices, one real step",
    "completion": "a script that completes these commands in your shell",
}
RESUMABLE = ("search", "train", "train-hypernet", "latency")
SHARED = "train-hypernet"
"""The command that several processes of torchrun share."""
ASKED_TO_COMPLETE = "_NAS_COMPLETE"
"""The variable by which a shell asks for completions."""
USAGE = 2
INTERRUPTED = 130
_PATIENCE = 5.0
"""Seconds that threads may run on after a command."""


class LazyGroup(click.Group):
    """Imports a command when it is called, so that help appears at once."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        with read_to_the_end():  # help is shown here
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        with read_to_the_end():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"cli.commands.{cmd_name.replace('-', '_')}")
        command = module.command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"no such command {args[0]!r}. {nearest(args[0], COMMANDS)}".rstrip())
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=options.examples(
        "nas search                                 a first search, about three minutes",
        "nas search --dataset path/to/images        the same on your own images",
        "nas export runs/RUN --format onnx          its model for other programs",
    ),
)
@click.version_option(package_name="ghn-nas", prog_name="nas")
@click.pass_context
def group(ctx: click.Context) -> None:
    """Neural architecture search with graph hypernetworks.

    Candidates are ranked with predicted weights, the few best are trained, and the best of these
    is exported as plain PyTorch.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(USAGE)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the program and exit with its code."""
    open_missing()
    if ASKED_TO_COMPLETE in os.environ:
        group.main(prog_name="nas")  # answers the shell and exits
    keep_freed_memory()
    try:
        code = run(argv)
    except BrokenPipeError:  # while showing why a command failed
        code = CLOSED_PIPE
    code = CLOSED_PIPE if reader_has_gone() else code
    threading.Thread(target=_end, args=(code,), daemon=True).start()
    sys.exit(code)


def _end(code: int) -> None:
    """End the process although a thread of the user's code runs on, for which Python waits."""
    time.sleep(_PATIENCE)
    main_thread, this = threading.main_thread(), threading.current_thread()
    if any(not one.daemon and one not in (main_thread, this) for one in threading.enumerate()):
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)


def run(argv: Sequence[str] | None = None) -> int:
    """Run one command line; returns the exit code.

    0 done, 1 error, 2 usage, 3 nothing feasible, 130 interrupted with the state saved, 141 if the
    reader of the output is gone.
    """
    words = sys.argv[1:] if argv is None else list(argv)
    command = words[0] if words and words[0] in COMMANDS else ""
    try:
        if launch().size > 1 and command != SHARED:
            raise click.UsageError(
                f"torchrun starts `nas {SHARED}` only, for others see --workers"
            )
        with interruptible() as interruption:
            code = group.main(args=words, prog_name="nas", standalone_mode=False, obj=interruption)
    except (KeyboardInterrupt, click.exceptions.Abort):
        rest = "; repeat the command to go on from here" if command in RESUMABLE else ""
        if launch().rank == 0:
            click.echo(f"interrupted{rest}", err=True)
        return INTERRUPTED
    except ReaderGoneError:
        return CLOSED_PIPE
    except (Exception, SystemExit) as error:  # a user's code may call sys.exit()
        from cli.failure import show

        return show(error, command)
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    main()
