"""Code that may be anybody's: it ends, and does not end the program."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from nas.errors import BuildError, SlowBuildError
from nas.raised import described
from nas.space.time_limit import Alarm, TimeIsOver, time_limit

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def contained(what: str, seconds: float | None = None) -> Iterator[None]:
    """Run code of a space, whose exceptions pass.

    Args:
        what: Is run, for the message.
        seconds: How long that may take, see :func:`nas.space.time_limit.time_limit`; None sets
            no limit.

    Raises:
        SlowBuildError: It took longer.
        BuildError: It raised what no program handles, such as SystemExit.
    """
    try:
        with time_limit(seconds):
            yield
    except TimeIsOver as over:
        raise SlowBuildError(
            f"{what} took longer than {over.seconds:.3g} s",
            hint="See that build() and forward() end, or raise build_seconds of the space.",
        ) from None
    except (Exception, Alarm, KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # SystemExit would end the program as if all were well
        raise BuildError(
            f"{what} raised {described(error)}",
            hint="Raise an exception such as ValueError for what cannot be built.",
        ) from error
