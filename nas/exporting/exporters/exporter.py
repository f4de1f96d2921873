"""The contract of an export format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nas.exporting.comparison import outputs_of
from nas.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from torch import Tensor

    from nas.exporting.exportable import Exportable


@dataclass(frozen=True, kw_only=True)
class ExportOptions:
    """Options of the formats that hold a program.

    Attributes:
        with_preprocessing: Whether the program takes images in bytes and normalises them.
        opset: Version of ONNX's operators; the exporter's usual one if None.
    """

    with_preprocessing: bool = False
    opset: int | None = None


@dataclass(frozen=True, kw_only=True)
class Written:
    """What was written.

    Attributes:
        file: The file that is read.
        any_batch: Whether it takes any number of samples, nodes or edges.
        any_size: Whether it takes images of other sizes than the network's.
    """

    file: Path
    any_batch: bool = True
    any_size: bool = False


def answers(network: Exportable, inputs: tuple[Tensor, ...]) -> Sequence[Tensor]:
    """The outputs of the network in evaluation mode."""
    return outputs_of(network.module, inputs)


@dataclass(frozen=True, kw_only=True)
class Exporter:
    """A file format for trained networks.

    Attributes:
        options: Fields of :class:`ExportOptions` that the format has.
        write: Writes the files of a network into a folder.
        reader: Python that defines ``load(folder)``, which returns a function of numpy arrays. It
            is run in a process without this package, to check the files.
        usage: Markdown for the card on how to use the file of a network.
        rows: Numbers of samples, or of nodes, with which the file is checked.
        answers: What the loaded function must return for inputs.
    """

    options: frozenset[str] = frozenset()
    write: Callable[[Exportable, Path, ExportOptions], Written]
    reader: str
    usage: Callable[[Exportable], str]
    rows: tuple[int, ...] = (1, 3, 64)
    answers: Callable[[Exportable, tuple[Tensor, ...]], Sequence[Tensor]] = answers


OF_TORCH = """
def of_torch(network):
    import torch

    def run(*inputs):
        with torch.no_grad():
            outputs = network(*map(torch.from_numpy, inputs))
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        return [output.numpy() for output in outputs]

    return run
"""
"""Part of a reader: a module of torch as a function of arrays."""

EXPORTERS: Registry[Exporter] = Registry("export format", Exporter)
