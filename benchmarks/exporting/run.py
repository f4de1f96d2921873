"""Does every network leave this package: as plain torch, as ONNX, as a program of torch.export?

    python -m benchmarks.exporting.run            # goes on where it was interrupted
    python -m benchmarks.exporting.run --print    # the table of the stored results

Random architectures of every space at the sizes of its proxy, and the reference networks, on
images of 32 pixels or graphs. Each file is loaded in a new process and run on 1, 3 and 64 samples.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import torch

import search_spaces
from cli.space import task_for
from nas.compile.module import to_module
from nas.data.description import Description
from nas.errors import NasError
from nas.exporting.export import export
from nas.exporting.exportable import Exportable
from nas.exporting.random_inputs import random_inputs
from nas.files import write_json
from nas.seeding import rng
from nas.space.candidate import sample
from nas.task.task import Task
from search_spaces.reference.registry import REFERENCES, reference
from search_spaces.registry import SPACES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nas.graph.graph import Graph

FORMATS = ("python", "onnx", "torch-export")
IMAGES = Task(classes=10, channels=3, resolution=32)
NODES = Task(kind="node-classification", classes=7, features=64)
_REFERENCE = "reference networks"
_RESULTS = Path(__file__).parent / "results" / "exporting.json"


def main(arguments: Sequence[str] | None = None) -> None:
    """Export what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--count", type=int, default=20, help="architectures of each space")
    add("--spaces", nargs="+", choices=[*SPACES, _REFERENCE], default=[*SPACES, _REFERENCE])
    add("--out", type=Path, default=_RESULTS, help="file of the results")
    add("--print", action="store_true", help="print the table of the file only")
    options = parser.parse_args(arguments)
    document = json.loads(options.out.read_text()) if options.out.exists() else {}
    if not options.print:
        torch.set_num_threads(1)
        for space in options.spaces:
            found = document.setdefault(space, {})
            for name, graph in networks(space, options.count):
                if name not in found:
                    found[name] = exported(graph)
                    write_json(options.out, document)
    print("\n".join(table(document)))


def networks(space: str, count: int) -> Iterator[tuple[str, Graph]]:
    """Random architectures of a space, or the reference networks, by name."""
    if space == _REFERENCE:
        yield from ((name, reference(name, IMAGES)) for name in REFERENCES)
        return
    task = NODES if task_for(space).traits.on_graph else IMAGES
    made = search_spaces.get(space, task)
    made, draws = made.at(**made.proxy_sizes()), rng(0, "exporting")
    yield from ((str(number), sample(made, draws).network) for number in range(count))


def exported(graph: Graph) -> dict[str, Any]:
    """For each format the largest difference of the outputs, the time, or why it failed."""
    torch.manual_seed(0)
    module = to_module(graph)
    module(*random_inputs(graph, torch.Generator().manual_seed(1), rows=32))  # batch statistics
    task = NODES if any(spec.is_edge_index for spec in graph.inputs) else IMAGES
    network = Exportable.of(graph, module, about=Description(dataset="none", task=task))
    return {name: _exported(network, name) for name in FORMATS}


def _exported(network: Exportable, name: str) -> dict[str, Any]:
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        try:
            (file,) = export(network, Path(folder), [name])
        except NasError as error:
            return {"failed": error.message}
    return {
        "difference": file.difference,
        "any_batch": file.any_batch,
        "any_size": file.any_size,
        "seconds": time.process_time() - began,
    }


def table(document: Mapping[str, Any]) -> list[str]:
    """One row for each space and format."""
    lines = [
        "| networks | format | exported | any batch | any image size | largest difference | "
        "seconds (median) |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for space, found in document.items():
        for name in FORMATS:
            rows = [one[name] for one in found.values()]
            good = [row for row in rows if "failed" not in row]
            lines.append(
                f"| {space} | {name} | {len(good)} of {len(rows)} "
                f"| {sum(row['any_batch'] for row in good)} "
                f"| {sum(row['any_size'] for row in good)} "
                f"| {max((row['difference'] for row in good), default=float('nan')):.0e} "
                f"| {median([row['seconds'] for row in good] or [float('nan')]):.1f} |"
            )
    return lines


if __name__ == "__main__":
    main()
