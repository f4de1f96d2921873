"""Everything that can go wrong, as one tree.

::

    NasError                     exit code 1
    ├── GraphError               an architecture is malformed
    │   └── ShapeError           an operation cannot take its inputs
    ├── BuildError               a space's own code gave up
    │   └── SlowBuildError       a space's own code took too long
    ├── EncodingError            an architecture's text cannot be read
    ├── CheckpointError          saved weights cannot be loaded
    │   └── VocabularyError      a hypernetwork speaks of other operations
    ├── TrainingError            a training diverged
    ├── ExportError              written code differs from its network
    ├── ImportingError           a module cannot be read as a graph
    ├── DataError                a data set cannot be read
    │   └── BrokenImageError     an image cannot be decoded
    ├── DeviceError              a device is not there
    ├── MeasurementError         a network cannot be measured on a device
    ├── StudyError               a run folder or storage cannot be used
    │   └── UnfitWorkerError     the machine of a worker lacks something
    ├── WorkerError              a worker died or hung in the middle of a task
    ├── InfeasibleError          exit code 3: nothing satisfies the constraints
    ├── ConfigError              exit code 2: an option is unknown or out of range
    └── UnknownNameError         exit code 2: a name is not registered
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str:
    """``Did you mean 'relu'?`` about a name that is not known; empty if none resembles it.

    Example:
        >>> nearest("rellu", ["relu", "tanh"])
        "Did you mean 'relu'?"
        >>> nearest("conv", ["relu", "tanh"])
        ''
    """
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), 2)
    return f"Did you mean {' or '.join(map(repr, near))}?" if near else ""


def counted(number: int, noun: str) -> str:
    """How many there are, in words of a message.

    Example:
        >>> counted(1, "duplicate"), counted(3349342, "parameter"), counted(10, "class")
        ('1 duplicate', '3,349,342 parameters', '10 classes')
    """
    ending = "" if number == 1 else "es" if noun.endswith(("s", "x", "sh")) else "s"
    return f"{number:,} {noun}{ending}"


def described(thing: object, longest: int = 60) -> str:
    """A value of the wrong kind, in words of a message.

    Example:
        >>> described(3), described("a"), described(int), described(None)
        ('int 3', "str 'a'", 'class int', 'None')
    """
    if thing is None:
        return "None"
    if isinstance(thing, type):
        return f"class {thing.__name__}"
    kind = type(thing).__name__
    shape = getattr(thing, "shape", None)
    if shape is not None:
        return f"{kind} of shape {tuple(shape)}"
    name = getattr(thing, "__name__", None)
    shown = name if isinstance(name, str) else " ".join(repr(thing).split())
    if len(shown) > longest:
        shown = f"{shown[: longest - 1]}…"
    return shown if shown.startswith(kind) else f"{kind} {shown}"


class NasError(Exception):
    """A failure a user can act on.

    Attributes:
        message: What was expected, what came, and where.
        hint: What to do next; may be empty.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        if not (self.message and self.hint):
            return self.message or self.hint
        return f"{self.message}{'' if self.message[-1] in '.!?' else '.'} {self.hint}"


class GraphError(NasError):
    """An architecture is malformed."""


class ShapeError(GraphError):
    """An operation cannot take its inputs."""


class BuildError(NasError):
    """The code of a space ended the program, or did not end."""


class SlowBuildError(BuildError):
    """The code of a space did not end in the time it has."""


class EncodingError(NasError):
    """The text of an architecture cannot be read."""


class CheckpointError(NasError):
    """Saved weights cannot be loaded."""


class VocabularyError(CheckpointError):
    """A hypernetwork was trained on another vocabulary of operations."""


class TrainingError(NasError):
    """A training diverged."""


class ExportError(NasError):
    """Written code gives another output than the network it was written from."""


class ImportingError(NasError):
    """A module cannot be read as a graph."""


class DataError(NasError):
    """A data set cannot be read."""


class BrokenImageError(DataError):
    """An image cannot be decoded.

    Attributes:
        name: Of the image, relative to its folder or archive.
        reason: Why.
    """

    def __init__(self, name: str, folder: str, reason: str) -> None:
        super().__init__(
            f"cannot read the image {name!r} in {folder!r}: {reason}", hint="Remove or replace it."
        )
        self.name = name
        self.reason = reason


class DeviceError(NasError):
    """A device is not there."""


class MeasurementError(NasError):
    """A network cannot be measured on a device."""


class StudyError(NasError):
    """A run folder or a study's storage cannot be used."""


class UnfitWorkerError(StudyError):
    """The machine of a worker lacks something: a package, a file, memory, or room on its disk."""


class WorkerError(NasError):
    """A worker ended in the middle of a task.

    Attributes:
        seconds: How long the task had run.
        status: Exit status of its process; negative if a signal ended it.
    """

    def __init__(
        self, message: str, *, hint: str = "", seconds: float = 0.0, status: int = 0
    ) -> None:
        super().__init__(message, hint=hint)
        self.seconds = seconds
        self.status = status


class InfeasibleError(NasError):
    """Nothing satisfies the constraints."""

    exit_code = 3


class ConfigError(NasError):
    """An option is unknown or out of range."""

    exit_code = 2


class UnknownNameError(NasError):
    """A name is not registered."""

    exit_code = 2
