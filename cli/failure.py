"""Failures as the user sees them: a line with the error and a line with a hint."""

from __future__ import annotations

import errno
import os
import traceback
from pathlib import Path

import click

from cli.output import printable
from cli.user_code.optional_packages import torchvision_problem
from hypernets.launch import launch
from nas.errors import NasError
from nas.raised import error_text, place_of

_ERROR = 1
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""A disk without room, a user's quota, and a limit of the process."""


def show(error: Exception | SystemExit, command: str = "") -> int:
    """Describe a failure on stderr; ``NAS_DEBUG=1`` adds the traceback.

    Args:
        error: The exception.
        command: The command that raised it; its help is the hint if there is no better one.

    Returns:
        The exit code.
    """
    if os.environ.get("NAS_DEBUG"):
        traceback.print_exception(error)
    help_of = " ".join(["nas", *([command] if command else []), "--help"])
    hint = f"`{help_of}` lists the arguments and options."
    problem = None if isinstance(error, NasError) else torchvision_problem(error)
    if problem is not None:
        return _lines(problem.message, problem.hint, _ERROR)
    match error:
        case NasError():
            return _lines(error.message, error.hint or hint, error.exit_code)
        case click.ClickException():
            if isinstance(error, click.UsageError) and error.ctx and not launch().rank:
                click.echo(error.ctx.get_usage(), err=True)
            return _lines(_lower(error.format_message()), hint, error.exit_code)
        case OSError(filename=str() | bytes() | Path() as path, strerror=str() as reason):
            hint = "Check that the path exists, is of the right kind, and can be written."
            if error.errno in _FULL:
                hint = "Make room there and repeat the command; search and trainings continue."
            return _lines(f"cannot use {os.fsdecode(path)!r}: {_lower(reason)}", hint, _ERROR)
        case OSError(strerror=str() as reason):
            return _lines(_lower(reason), "Repeat the command when this is solved.", _ERROR)
        case SystemExit():
            hint = "Let your code raise an exception instead; NAS_DEBUG=1 shows where it happened."
            return _lines(f"your code raised {error_text(error)}", hint, _ERROR)
        case _ if place_of(error):
            hint = "Correct it there; NAS_DEBUG=1 shows the traceback."
            return _lines(f"your code raised {error_text(error)}", hint, _ERROR)
        case _:
            hint = "This is a fault of the program; NAS_DEBUG=1 shows where it happened."
            return _lines(f"unexpected {type(error).__name__}: {error}", hint, _ERROR)


def _lines(message: str, hint: str, code: int) -> int:
    text = f"error: {printable(' '.join(message.split()))}"
    rank = launch().rank
    if rank:  # rank 0 mostly says the same, and always what to do
        click.echo(f"rank {rank}: {text}", err=True)
        return code
    click.echo(text, err=True)
    click.echo(f"hint: {printable(hint)}", err=True)
    return code


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
