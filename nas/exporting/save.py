"""Save and load a trained network."""

from __future__ import annotations

import runpy
import tempfile
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from nas.compile.module import to_module
from nas.data.description import Description
from nas.errors import CheckpointError, ExportError, GraphError
from nas.exporting.card import card, plain_section
from nas.exporting.comparison import TOLERANCE, difference, first_line, outputs_of
from nas.exporting.exportable import Exportable
from nas.exporting.files import Files, write_plain
from nas.exporting.random_inputs import random_inputs
from nas.files import read_tensors, scratch_folder, write_text
from nas.modules.loading import load_state

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import nn

    from nas.data.dataset import Dataset
    from nas.graph.graph import Graph
    from nas.modules.own_module import OwnModule

_ON_A_GPU = 1e-2
"""Largest relative difference from outputs of a GPU, whose convolutions round more."""
_REPORT = "Please report this with the file architecture.json."


def save(
    graph: Graph,
    module: nn.Module,
    directory: Path,
    *,
    own: OwnModule | None = None,
    data: Dataset | None = None,
    figures: Mapping[str, Any] | None = None,
) -> Files:
    """Write a trained network so that it can be used without this package.

    The written code is tested on random inputs before any file in ``directory`` is replaced. Only
    one process at a time may write to a directory.

    Args:
        graph: The architecture.
        module: The trained module, from :func:`nas.compile.to_module` or the user.
        directory: Where to write; other files in it are not touched.
        own: The user's module, if that was trained. The weights have its names, so that its
            class can also load them.
        data: The data set it was trained on. The code then also prepares images and lists the
            names of the classes.
        figures: Figures for the card by name; accuracies between 0 and 1.

    Raises:
        GraphError: The network cannot be run.
        ExportError: The written code cannot be run, or its output differs from the module's.
    """
    about = None if data is None else Description.of(data)
    network = Exportable.of(graph, module, own=own, about=about, figures=figures)
    with scratch_folder(directory) as scratch:
        files = Files(scratch)
        write_plain(network, files)
        write_text(files.card, card(network, [plain_section(network)]))
        _verify(network, files)
        for file in files:
            file.replace(directory / file.name)
    return Files(directory)


def check_exportable(graph: Graph, data: Dataset | None = None) -> None:
    """Check that a network can be exported: export it with fresh weights, then delete the files.

    Raises:
        GraphError: The network cannot be run.
        ExportError: It cannot be written, or the output of the written code differs.
    """
    with tempfile.TemporaryDirectory() as scratch, torch.random.fork_rng(devices=[]):
        save(graph, to_module(graph), Path(scratch), data=data)


def load_module(graph: Graph, directory: Path, *, own: OwnModule | None = None) -> nn.Module:
    """The module of a graph with the weights that :func:`save` wrote, in evaluation mode.

    Args:
        graph: The architecture.
        directory: Where the weights are.
        own: The user's module; it loads the weights if they have its names.

    Raises:
        CheckpointError: The weights are missing, damaged, or of another graph.
    """
    module: nn.Module = to_module(graph)
    weights = Files(directory).weights
    state, _ = read_tensors(
        weights, lambda why: CheckpointError(f"cannot read the weights {str(weights)!r}: {why}")
    )
    if own is not None and state.keys() != module.state_dict().keys():
        module = own.module
    load_state(module, state, weights)
    return module.eval()


@torch.no_grad()
def _verify(network: Exportable, files: Files) -> None:
    module = network.module.eval()
    device = next(chain(module.parameters(), module.buffers()), torch.empty(0)).device
    inputs = random_inputs(network.graph, torch.Generator().manual_seed(0))
    try:
        expected = outputs_of(module, tuple(x.to(device) for x in inputs))
    except Exception as error:  # torch's functions raise errors of many kinds
        raise GraphError(f"the network cannot be run: {first_line(error)}") from error
    try:
        outputs = outputs_of(runpy.run_path(str(files.source))["load"](files.weights), inputs)
    except Exception as error:
        raise ExportError(
            f"the exported code cannot be run: {first_line(error)}", hint=_REPORT
        ) from error
    tolerance = TOLERANCE if device.type == "cpu" else _ON_A_GPU
    for mine, theirs in zip(outputs, expected, strict=True):
        found = difference(mine, theirs.cpu())
        if not found <= tolerance:
            raise ExportError(
                f"the exported code differs from the trained network by {found:.1e}",
                hint=_REPORT,
            )
