"""Modules written in one line, and their imports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from nas.compile.apply import apply
from nas.importers.from_module import from_module

if TYPE_CHECKING:
    from collections.abc import Callable

    from nas.graph.op import Op
    from nas.importers.imported import Imported


class Written(nn.Module):
    """A function of itself and its inputs as a module.

    Args:
        function: What ``forward`` does.
        tensors: Parameters, layers and buffers by name.
    """

    def __init__(self, function: Callable[..., object], **tensors: Tensor | nn.Module) -> None:
        super().__init__()
        self._function = function
        for name, tensor in tensors.items():
            if isinstance(tensor, nn.Parameter | nn.Module):
                setattr(self, name, tensor)
            else:
                self.register_buffer(name, tensor)

    def forward(self, *inputs: Tensor) -> object:
        return self._function(self, *inputs)


def checked(model: nn.Module, *inputs: Tensor) -> Imported:
    """Import a model, and check its graph on a batch with each sample three times."""
    imported = from_module(model, inputs)
    if imported.batch is None:
        inputs = tuple(torch.cat([x, x, x]) for x in inputs)
    with torch.no_grad():
        expected = model.eval()(*inputs)
        torch.testing.assert_close(apply(imported.graph, imported.state, *inputs), expected)
    return imported


def ops(model: nn.Module, *inputs: Tensor) -> list[Op]:
    """The operations of its import."""
    return [node.op for node in checked(model, *inputs).graph.nodes]


def expressions(function: Callable[..., object], *inputs: Tensor) -> list[str]:
    """The calls in the import of a function."""
    return [getattr(op, "expression", op.kind) for op in ops(Written(function), *inputs)]


def own_names(imported: Imported) -> dict[str, str]:
    """Names in the graph by the module's own, parameters only."""
    parameters = imported.graph.parameters()
    return {own: name for name, own in imported.names.items() if name in parameters}
