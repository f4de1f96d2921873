"""The weights of one layer, fitted to its input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from nas.seeding import generator
from nas.training.starts.card import LayerStart
from nas.training.starts.directions import label_directions, orthogonal, whitening
from nas.training.starts.fitted.branches import NORMS
from nas.training.starts.fitted.last_layer import LastLayer
from nas.training.starts.fitted.layer_output import LayerOutput
from nas.training.starts.matrix import Matrices, is_depthwise, read_matrices

if TYPE_CHECKING:
    from nas.training.starts.fitted.branches import BranchEnds
    from nas.training.starts.given import Given

_VECTORS = 512
"""Parts of the input from which the directions of a layer are found."""
_LABEL_SHARE = 0.3
"""Share of the rows that are mixed with label directions."""
_FLAT = 1e-4
"""Channels of less deviation are not scaled: the layer sees nothing."""


class LayerFit:
    """Fits each layer to its input when it runs; a visitor of :func:`nas.training.starts.walk`.

    Args:
        given: Samples and labels.
        branches: Is told which layer each output is from.
    """

    def __init__(self, given: Given, branches: BranchEnds) -> None:
        self.layers: dict[str, LayerStart] = {}
        self.last: LastLayer | None = None
        self._draw = generator(given.seed, "start")
        self._branches = branches
        self._outputs: dict[nn.Module, LayerOutput] = {}
        self._names: dict[nn.Module, str] = {}
        self._written: set[nn.Parameter] = set()
        self._rows = len(given.labels)
        self._targets = torch.full((self._rows, given.targets.shape[1]), torch.nan).to(
            given.targets
        )
        self._targets[given.rows] = given.targets

    def before(self, name: str, layer: nn.Module, x: Tensor) -> None:
        """Set the directions of the layer's rows."""
        if isinstance(layer, NORMS):
            return
        self.last = None
        found = read_matrices(layer, x, _VECTORS, self._draw)
        why = self._why_kept(layer, found)
        if found is None or why:
            self._note(name, layer, why, fitted=False)
            return
        what = self._written_rows(layer, found, x)
        self._note(name, layer, what, fitted=True)
        self._written.add(found.parameter)
        self._names[layer] = name
        self._outputs[layer] = self._output_of(layer, found)
        is_attention = isinstance(layer, nn.MultiheadAttention)
        outputs = found.weight.shape[:2].numel()
        self.last = None if is_attention else LastLayer(name, layer, x, outputs)

    def after(self, layer: nn.Module, output: Tensor) -> Tensor:
        """Give each channel of the output deviation 1, and mean 0 if the layer has a bias."""
        if layer not in self._outputs:
            return output
        output = _scaled(self._outputs[layer], output)
        self._branches.note(self._names[layer], self._outputs[layer], output)
        return output

    def _note(self, name: str, layer: nn.Module, given: str, *, fitted: bool) -> None:
        self.layers[name] = LayerStart(name, type(layer).__name__, given, fitted=fitted)

    def _why_kept(self, layer: nn.Module, found: Matrices | None) -> str:
        """Why a layer keeps its weights; empty if it does not."""
        if found is None:
            return "kept: layers of this kind are not fitted"
        if not found.parameter.requires_grad:
            return "kept: frozen"
        if found.parameter in self._written:
            return "kept: shared with a layer before it"
        if not bool(found.vectors.isfinite().all()):
            return "kept: its input is not finite"
        return ""

    def _written_rows(self, layer: nn.Module, found: Matrices, x: Tensor) -> str:
        """Write the rows of all matrices; in words, what they are."""
        first = not self._written
        if is_depthwise(layer):
            return "its own filters, scaled"
        if first and found.parameter.dim() > 2:
            for matrix, vectors in zip(found.weight, found.vectors, strict=True):
                matrix.copy_(whitening(len(matrix), vectors, self._draw))
            return "whitening filters"
        targets = self._targets_of(found.rows, len(x))
        for matrix, vectors in zip(found.weight, found.vectors, strict=True):
            matrix.copy_(orthogonal(len(matrix), matrix.shape[1], self._draw))
            if targets is not None:
                self._mix(matrix, vectors, targets)
        return "orthogonal rows" + (" and label directions" if targets is not None else "")

    def _mix(self, matrix: Tensor, vectors: Tensor, targets: Tensor) -> None:
        """Turn some rows towards random combinations of the label directions."""
        known = ~targets[:, 0].isnan()
        chosen = torch.randperm(len(matrix), generator=self._draw)
        chosen = chosen[: round(_LABEL_SHARE * len(matrix))]
        directions = label_directions(vectors[known], targets[known])  # (K, d)
        mixture = torch.randn(len(chosen), len(directions), generator=self._draw).to(directions)
        towards = F.normalize(mixture @ directions).to(matrix)
        matrix[chosen] = F.normalize(matrix[chosen] + towards)

    def _targets_of(self, rows: Tensor, length: int) -> Tensor | None:
        """Targets of vectors, by the rows of an input of this length; None if they are unclear.

        Windows of images, for instance, are several rows for each sample.
        """
        each, rest = divmod(length, self._rows)
        if rest or not each:
            return None
        targets = self._targets[rows // each]
        return None if targets.isnan().all() else targets

    def _output_of(self, layer: nn.Module, found: Matrices) -> LayerOutput:
        if isinstance(layer, nn.MultiheadAttention):
            spread = (found.vectors @ found.weight.transpose(1, 2)).std(1).clamp(min=_FLAT)
            found.weight.div_(spread[:, :, None])
            if layer.in_proj_bias is not None:
                layer.in_proj_bias.zero_()
            weight = layer.out_proj.weight.detach()
            weight.copy_(orthogonal(len(weight), weight.shape[1], self._draw))
            return LayerOutput(weight[None], _zeroed(layer.out_proj.bias), axis=-1)
        axis = 1 if isinstance(layer, _ConvNd) else -1
        return LayerOutput(found.weight, _zeroed(layer.bias), axis)


def _zeroed(bias: object) -> Tensor | None:
    return bias.zero_() if isinstance(bias, Tensor) else None


def _scaled(made: LayerOutput, output: Tensor) -> Tensor:
    """Scale weight and bias; the output with them."""
    axis = made.axis % output.dim()
    others = [other for other in range(output.dim()) if other != axis]
    shape = [-1 if other == axis else 1 for other in range(output.dim())]
    deviation, mean = torch.std_mean(output, others)  # of each channel
    deviation = torch.where(deviation > _FLAT, deviation, torch.ones_like(deviation))
    made.weight.div_(deviation.view(*made.weight.shape[:2], 1))
    if made.bias is None:
        return output / deviation.view(shape)
    made.bias.copy_(-mean / deviation)
    return (output - mean.view(shape)) / deviation.view(shape)
