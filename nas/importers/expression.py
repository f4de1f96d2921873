"""A recorded call as the expression of a :class:`nas.graph.ops.call.Call`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from nas.errors import ImportingError
from nas.graph.ops.function import FACTORIES, name_of
from nas.importers.step import BATCH, Value, follows_batch
from nas.modules.nested import leaves

if TYPE_CHECKING:
    from nas.importers.trace import Trace

_METHOD = "torch.Tensor."
_CASTS = frozenset({"to", "cpu", "cuda"})
_RESIZING = frozenset({"view", "reshape"})


def expression_of(value: Value, trace: Trace) -> tuple[str, tuple[Value, ...], tuple[str, ...]]:
    """The text of the call that computed a value, the values it reads, and their data types.

    The data types are left out where all are float32.

    Raises:
        ImportingError: The function is not torch's, or an argument cannot be written as text.
    """
    text = _Text(value, trace)
    written = text.call() + "".join(f"[{place}]" for place in value.path)
    dtypes = tuple(str(read.tensor.dtype).removeprefix("torch.") for read in text.reads)
    return written, tuple(text.reads), () if set(dtypes) <= {"float32"} else dtypes


class _Text:
    def __init__(self, value: Value, trace: Trace) -> None:
        assert value.step is not None
        self.reads: list[Value] = []
        self._step = value.step
        self._dtype = value.tensor.dtype
        self._trace = trace

    def call(self) -> str:
        """The expression without the index of a result."""
        step = self._step
        name = name_of(step.function)
        if name is None:
            raise ImportingError(f"{step.function!r} is not a function of torch")
        if not name.startswith(_METHOD):
            return f"{name}({', '.join(self._arguments(step.args, name))})"
        method = name.removeprefix(_METHOD)
        if not isinstance(step.args[0], Value):
            raise ImportingError(f"{name} is not called on a tensor")
        receiver = self._text(step.args[0])
        if method in _CASTS:
            return f"{receiver}.to({self._dtype})"
        rest = self._arguments(step.args[1:], name)
        return f"{receiver}.{method}({', '.join(rest)})"

    def _arguments(self, args: tuple[Any, ...], name: str) -> list[str]:
        step = self._step
        sized = name.rpartition(".")[2] in _RESIZING and sum(map(follows_batch, leaves(args))) == 1
        write = self._open if sized and -1 not in leaves(args) else self._text
        texts = [write(argument) for argument in args]
        for key, argument in step.kwargs.items():
            if key == "device" or (key == "out" and argument is None):
                continue
            texts.append(f"{key}={self._text(argument)}")
        if name in FACTORIES and not step.reads:
            texts.append(f"device={self._batch()}.device")
        return texts

    def _open(self, part: Any) -> str:
        """An argument of a reshape, with -1 for the size that follows the batch."""
        if isinstance(part, tuple | list):
            return f"({', '.join(map(self._open, part))},)"
        return "-1" if self._trace.free and follows_batch(part) else self._text(part)

    def _text(self, part: Any) -> str:
        if isinstance(part, Value):
            return self._read(part)
        if isinstance(part, tuple | list):
            inner = ", ".join(map(self._text, part))
            return f"[{inner}]" if isinstance(part, list) else f"({inner},)" if part else "()"
        if isinstance(part, slice):
            ends = ", ".join(map(self._text, (part.start, part.stop, part.step)))
            return f"slice({ends})"
        if self._trace.free and follows_batch(part):
            times = part // BATCH
            size = f"{self._batch()}.shape[0]"
            return size if times == 1 else f"{size} * {times}"
        if part is Ellipsis:
            return "..."
        if part is None or type(part) in (bool, int, float, str):
            return repr(part)
        if isinstance(part, int | float):  # a subclass, such as an IntEnum
            return repr(int(part) if isinstance(part, int) else float(part))
        if isinstance(part, torch.dtype | torch.memory_format | torch.layout):
            return str(part)
        raise ImportingError(f"{self._step.function!r} takes a {type(part).__name__}")

    def _read(self, value: Value) -> str:
        if value not in self.reads:
            self.reads.append(value)
        return f"x{self.reads.index(value)}"

    def _batch(self) -> str:
        """The first input of the model, which has the batch's size and device."""
        return self._read(self._trace.inputs[0])
