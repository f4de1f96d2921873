"""Run user code so that it ends in time and does not end the program."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from nas.errors import BuildError, SlowBuildError
from nas.raised import error_text
from nas.space.time_limit import Alarm, TimeIsOver, time_limit

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def contained(work: str, seconds: float | None = None) -> Iterator[None]:
    """Run code of a space; exceptions that programs handle are passed on.

    Args:
        work: Name of the code, for the message.
        seconds: How long the code may run, see :func:`nas.space.time_limit.time_limit`; None
            sets no limit.

    Raises:
        SlowBuildError: The code took longer.
        BuildError: The code raised an exception that no program handles, such as SystemExit.
    """
    try:
        with time_limit(seconds):
            yield
    except TimeIsOver as over:
        raise SlowBuildError(
            f"{work} took longer than {over.seconds:.3g} s",
            hint="See that build() and forward() end, or raise build_seconds of the space.",
        ) from None
    except (Exception, Alarm, KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # SystemExit would end the program as if all were well
        raise BuildError(
            f"{work} raised {error_text(error)}",
            hint="Raise an exception such as ValueError if a network cannot be built.",
        ) from error
