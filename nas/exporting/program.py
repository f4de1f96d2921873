"""A network as a program of torch.export, for any number of samples and, if it can, any size."""

from __future__ import annotations

import logging
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from nas.errors import ExportError
from nas.exporting.comparison import TOLERANCE, difference, first_line, outputs_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

    from nas.exporting.exportable import Exportable

BATCH, NODES, EDGES, HEIGHT, WIDTH = "batch", "nodes", "edges", "height", "width"
"""Names of sizes that the program leaves open."""

OTHER_SIZE = 1.5
"""Of images, relative to the network's, with which open sizes are tried."""
_SAMPLES = 2
"""Of the example: torch.export takes a size of one as fixed."""
_OTHERS = 5
"""Samples or nodes with which an open number is tried."""

_ALWAYS = "Export it as python, which holds every network."


@dataclass(frozen=True, eq=False, kw_only=True)
class Program:
    """An exported program.

    Attributes:
        exported: The program.
        inputs: Names of its inputs.
        outputs: Names of its outputs.
        open: For each input its open sizes: their names by dimension.
    """

    exported: torch.export.ExportedProgram
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    open: tuple[dict[int, str], ...]

    @property
    def any_batch(self) -> bool:
        """Whether the number of samples, or of nodes and edges, is open."""
        return all(dimensions.keys() & {0, 1} for dimensions in self.open)

    @property
    def any_size(self) -> bool:
        """Whether height and width of images are open."""
        return {HEIGHT, WIDTH} <= {*self.open[0].values()}


def program_of(network: Exportable) -> Program:
    """The program of a network in evaluation mode.

    Sizes stay open where the network allows: the number of samples, which is one otherwise,
    height and width of images, the numbers of nodes and edges. torch.export decides by the
    example which sizes it can leave open, and may be wrong; so each program is run on others.

    Args:
        network: On the CPU, in evaluation mode.

    Raises:
        ExportError: torch.export cannot follow the network, or fixes the number of its nodes.
    """
    module, failure = network.traced(), None
    attempts = [(_SAMPLES, True), (_SAMPLES, False), (1, False)]
    for rows, open_size in attempts[:2] if network.on_graph else attempts:
        try:
            program = _program(network, module, rows, open_size=open_size)
        except ExportError as error:
            failure = failure or error
            continue
        if rows == 1 or (program.any_batch and _takes_others(program, network, module)):
            return program
    raise failure or ExportError(
        "torch.export fixes the number of nodes or edges of the network", hint=_ALWAYS
    )


def described_inputs(network: Exportable) -> str:
    """The inputs of a program as a list in Markdown: their types, sizes and preparation."""
    lines = []
    for index, name in enumerate(network.inputs):
        spec = network.graph.inputs[index]
        words = _open_sizes(network, index, open_size=False)
        sizes = ", ".join(words.get(axis, str(size)) for axis, size in enumerate(spec.shape))
        dtype = "uint8" if network.takes_bytes else spec.dtype
        lines.append(f"- `{name}`: {dtype} ({sizes}){_preparation(network)}")
    return "\n".join(lines)


def _preparation(network: Exportable) -> str:
    about = network.about
    if network.takes_bytes:
        return ", images in bytes 0..255"
    if about is None or about.mean is None:
        return ""
    return f", images as `(bytes - mean) / std` with mean {about.mean} and std {about.std}"


def _program(network: Exportable, module: nn.Module, rows: int, *, open_size: bool) -> Program:
    """The program, recorded on an example with a number of samples or nodes."""
    inputs = network.example(rows)
    wanted = [_open_sizes(network, index, open_size=open_size) for index in range(len(inputs))]
    shapes = [dict.fromkeys(sizes, torch.export.Dim.AUTO) for sizes in wanted]
    try:
        with quiet_torch(), torch.no_grad():
            exported = torch.export.export(
                module, inputs, dynamic_shapes=tuple(shapes), strict=False
            )
    except Exception as error:  # torch raises errors of many kinds
        raise ExportError(
            f"torch.export cannot follow the network: {first_line(error)}", hint=_ALWAYS
        ) from error
    return Program(
        exported=exported,
        inputs=network.inputs,
        outputs=_output_names(network),
        open=tuple(
            {axis: name for axis, name in sizes.items() if not isinstance(shape[axis], int)}
            for sizes, shape in zip(wanted, _input_shapes(exported), strict=True)
        ),
    )


def _takes_others(program: Program, network: Exportable, module: nn.Module) -> bool:
    """Whether a program computes the same as the module where the sizes it leaves open differ."""
    given = [network.example(_OTHERS)] if program.any_batch else []
    if program.any_size:
        given.append(network.example(_SAMPLES, OTHER_SIZE))
    try:
        with quiet_torch():
            pairs = [
                (outputs_of(program.exported.module(), x), outputs_of(module, x)) for x in given
            ]
    except Exception:  # a size that torch.export has fixed, or that the network cannot take
        return False
    return all(
        difference(mine, theirs) <= TOLERANCE
        for ours, expected in pairs
        for mine, theirs in zip(ours, expected, strict=True)
    )


@contextmanager
def quiet_torch() -> Iterator[None]:
    """Without the warnings and logs of torch's exporters, which name internals."""
    disabled = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)


def _open_sizes(network: Exportable, index: int, *, open_size: bool) -> dict[int, str]:
    """Names of the sizes of an input that may vary, by dimension."""
    spec = network.graph.inputs[index]
    if spec.is_edge_index:
        return {1: EDGES}
    if network.on_graph:
        return {0: NODES}
    return {0: BATCH, **({2: HEIGHT, 3: WIDTH} if open_size and len(spec.shape) == 4 else {})}


def _input_shapes(exported: torch.export.ExportedProgram) -> list[tuple[Any, ...]]:
    given = {*exported.graph_signature.user_inputs}
    nodes = [node for node in exported.graph.nodes if node.op == "placeholder"]
    return [tuple(node.meta["val"].shape) for node in nodes if node.name in given]


def _output_names(network: Exportable) -> tuple[str, ...]:
    count = len(network.graph.outputs)
    if count > 1:
        return tuple(f"output{index}" for index in range(count))
    regression = network.about is not None and network.about.targets is not None
    return ("values",) if regression else ("scores",)
