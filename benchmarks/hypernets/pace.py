"""What a training costs, in seconds of the processor."""

from __future__ import annotations

from time import process_time
from typing import TYPE_CHECKING

from nas.events import Advanced, StageFinished, StageStarted

if TYPE_CHECKING:
    from nas.events import Event

STAGE = "train-hypernet"


class Known(Exception):
    """The pace of a training is known, and it can stop."""


class Pace:
    """A listener that stops a training once it knows how long its steps take.

    What comes before its first report is warming up.

    Args:
        seconds: To be watched for at the least.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._start: tuple[int, float] | None = None
        self._end = (0, 0.0)

    def __call__(self, event: Event) -> None:
        if not isinstance(event, Advanced) or event.stage != STAGE:
            return
        self._end = (event.done, process_time())
        if self._start is None:
            self._start = self._end
        elif self._end[1] - self._start[1] >= self._seconds:
            raise Known

    @property
    def step(self) -> float:
        """Seconds of one step.

        Raises:
            ValueError: The training ended before it was known.
        """
        if self._start is None or self._end == self._start:
            raise ValueError("the training must report at least twice before its pace is known")
        return (self._end[1] - self._start[1]) / (self._end[0] - self._start[0])


class Stopwatch:
    """A listener that takes the time of a training, and of nothing after it.

    Attributes:
        seconds: What it took.
    """

    def __init__(self) -> None:
        self._start = 0.0
        self.seconds = 0.0

    def __call__(self, event: Event) -> None:
        match event:
            case StageStarted(stage=stage) if stage == STAGE:
                self._start = process_time()
            case StageFinished(stage=stage) if stage == STAGE:
                self.seconds = process_time() - self._start
