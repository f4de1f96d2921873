"""A network as the source code of a plain torch module."""

from __future__ import annotations

import math
import pprint
import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING

from nas.compile.module import to_module
from nas.errors import ExportError
from nas.exporting.forward_source import arguments, reads, rename, shorten, statements
from nas.exporting.module_source import geometric_calls, helpers, import_line, module_lines
from nas.graph.check import check_form
from nas.graph.ops.layer import Layer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nas.data.description import Description
    from nas.graph.graph import Graph
    from nas.graph.tensor_spec import TensorSpec

_TEMPLATE = '''"""A network found by neural architecture search: {params:,} parameters.

{needs}, for the weights. Import it as any
module, with its folder in ``sys.path``; its networks can then be pickled:

{usage}
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
{imports}{constants}
{helpers}
class Network(nn.Module):
    """{reads}, output {output}."""

    def __init__(self) -> None:
        super().__init__()
{modules}

    def forward(self, {arguments}) -> {returned}:
{forward}


WEIGHTS = Path(__file__).with_name("model.safetensors")


def load(path: str | Path = WEIGHTS) -> Network:
    """The network with the weights in a safetensors file, ready for inference."""
    from safetensors.torch import load_file

    network = Network()
    weights = load_file(path)
    network.load_state_dict({weights})
    return network.eval()
{preprocess}

if __name__ == "__main__":
    print(load()({zeros}))
'''


_NEEDS = "Plain PyTorch; needs no other package than safetensors"
_NEEDS_GEOMETRIC = "Plain PyTorch; needs torch-geometric, for layers, and safetensors"

_USAGE = """from model import load

network = load()"""

_CONSTANTS = '''
MEAN = {mean}
STD = {std}
"""Of each channel of the training images, in the unit of their bytes, 0..255."""

SIZE = {size}
"""Height and width of the images it was trained on."""
'''

_CLASSES = '''
CLASSES = {classes}
"""Names in the order of the scores; None where the data set has none."""
'''

_TARGETS = '''
TARGETS = {names}
"""Names in the order of the outputs."""
TARGET_MEAN = {mean}
TARGET_STD = {std}
"""Of each target over the training images: output * std + mean is in the target's unit."""
'''

_NAMES = '''
NAMES = {names}
"""Names of the tensors in the file of weights, which has those of the searched module."""
'''

_RENAMED = "network.state_dict() | {name: weights[own] for name, own in NAMES.items()}"

_PREPROCESS = '''

def preprocess(images: torch.Tensor) -> torch.Tensor:
    """Input of the network: byte images (B, C, H, W) resized and normalised as in training."""
    if images.dtype != torch.uint8:
        raise TypeError(f"expected images in bytes 0..255 (torch.uint8), got {images.dtype}")
    pixels = nn.functional.interpolate(images.float(), SIZE, mode="area").round()
    mean = torch.tensor(MEAN, device=images.device)[:, None, None]
    std = torch.tensor(STD, device=images.device)[:, None, None]
    return (pixels - mean) / std
'''


def python_source(
    graph: Graph, about: Description | None = None, names: Mapping[str, str] | None = None
) -> str:
    """Source of a file with the class ``Network`` and the function ``load``.

    The state of ``Network`` is named like the graph's parameters. Modules that are not torch's
    are written out in the file.

    Args:
        graph: The network.
        about: The data it is for. The file then also holds ``CLASSES`` or, for a regression,
            ``TARGETS``, ``TARGET_MEAN`` and ``TARGET_STD``; for images also ``MEAN``, ``STD``,
            ``SIZE`` and the function ``preprocess``, which takes images in bytes.
        names: Names of the tensors in the file of weights by their names in the network, if they
            differ; the file then also holds ``NAMES``.

    Raises:
        GraphError: The graph is malformed.
        ExportError: The network holds a layer without known source code.
    """
    for node in graph.nodes:
        if isinstance(node.op, Layer):
            raise ExportError(
                f"{node.name!r} is a {type(node.op.layer).__name__} that runs unchanged and has "
                "no source code",
                hint="Save the model that was imported, with its predicted parameters.",
            )
    check_form(graph)
    module = to_module(graph)
    rename(module.graph)
    shorten(module.graph)
    shape = graph.inputs[0].shape
    calls = geometric_calls(graph)
    tables, sources = helpers(module, calls)
    renamed, weights = _renaming(names)
    source = _TEMPLATE.format(
        params=sum(math.prod(spec.shape) for spec in graph.parameters().values()),
        needs=_NEEDS_GEOMETRIC if calls else _NEEDS,
        imports=import_line(calls),
        reads=_reads(graph),
        zeros=", ".join(map(_zeros, graph.inputs)),
        usage=textwrap.indent(usage(about), " " * 4),
        constants=tables + _normalisation(about, shape[-2:]) + _output_names(about) + renamed,
        preprocess=_PREPROCESS if about is not None and about.mean is not None else "",
        output=" and ".join(str(graph.shapes[name]) for name in graph.outputs),
        returned="torch.Tensor" if len(graph.outputs) == 1 else "tuple[torch.Tensor, ...]",
        weights=weights,
        helpers="".join(f"\n{source}\n" for source in sources),
        modules=_indent(module_lines(module, calls)),
        arguments=arguments(module.graph),
        forward=_indent(statements(module.graph)),
    )
    if not reads(source, "F"):
        source = source.replace("import torch.nn.functional as F\n", "")
    return source


def _zeros(spec: TensorSpec) -> str:
    dtype = "" if spec.dtype == "float32" else f", dtype=torch.{spec.dtype}"
    return f"torch.zeros({spec.shape}{dtype})"


def _normalisation(about: Description | None, size: tuple[int, ...]) -> str:
    """The constants that normalise images."""
    if about is None or about.mean is None:
        return ""
    return _CONSTANTS.format(mean=about.mean, std=about.std, size=size)


def usage(about: Description | None) -> str:
    """Python that calls the written network on samples of its data."""
    if about is None:
        return _USAGE
    return about.task.traits.usage.format(**asdict(about.task))


def _output_names(about: Description | None) -> str:
    """The names of the classes or targets."""
    if about is None:
        return ""
    if about.targets is not None:
        return _TARGETS.format(
            names=pprint.pformat(tuple(map(str, about.targets.names)), width=99, compact=True),
            mean=about.targets.mean,
            std=about.targets.std,
        )
    return _CLASSES.format(classes=pprint.pformat(about.class_names, width=99, compact=True))


def _renaming(names: Mapping[str, str] | None) -> tuple[str, str]:
    """The table of the names in the file of weights, and the expression for its weights."""
    if names is None:
        return "", "weights"
    return _NAMES.format(names=pprint.pformat(names, width=99, sort_dicts=False)), _RENAMED


def _indent(lines: Iterable[str]) -> str:
    return textwrap.indent("\n".join(lines), " " * 8)


def _reads(graph: Graph) -> str:
    """The inputs of the network, in words."""
    if any(spec.is_edge_index for spec in graph.inputs):
        _, features = graph.inputs[0].shape
        return (
            f"Features (N, {features}) of nodes and edges (2, E) from row 0 to row 1 between them"
        )
    return f"Input {graph.inputs[0].shape} with any batch size"
