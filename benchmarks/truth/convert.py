"""Published tables, rewritten in the notation of the spaces.

    python -m benchmarks.truth.convert --from DIR

DIR holds extracts of the public files named in each table's ``source``.
"""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

import nas
import search_spaces
from benchmarks.nas_bench_graph.table import draw, published
from benchmarks.ranking.table import PUBLISHED, notation
from benchmarks.truth.condensed import build as condensed
from benchmarks.truth.table import TruthTable, write
from nas.task.nodes import NODE_CLASSIFICATION
from nas.task.task import Task
from search_spaces.cells.darts import CONCAT as DARTS_CONCAT
from search_spaces.cells.darts import OPERATIONS as DARTS_OPERATIONS
from search_spaces.cells.nb101 import params_of_numbers
from search_spaces.stages.mnasnet import from_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_GRAPHS = 2500
"""Architectures of NAS-Bench-Graph."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Write all tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--from", dest="folder", type=Path, required=True)
    options = parser.parse_args(arguments)
    for convert in CONVERSIONS:
        table = convert(options.folder)
        write(table)
        print(f"{table.name}: {len(table.rows)} architectures")


def nb201(folder: Path) -> TruthTable:
    """NAS-Bench-201 on CIFAR-10, test accuracy after 200 epochs, %."""
    document = json.loads(gzip.decompress(PUBLISHED.read_bytes()))
    column = document["columns"].index("c10_test200")
    rows = {
        notation([document["ops"][int(op)] for op in row[0]]): (row[column],)
        for row in document["rows"]
    }
    return TruthTable(
        name="nb201",
        family="nb201",
        space="nb201",
        measures=("cifar10",),
        rows=rows,
        source=document["source"],
    )


def transnas(folder: Path) -> TruthTable:
    """TransNAS-Bench-101 on seven tasks of Taskonomy.

    Its micro cells are those of NAS-Bench-201 without average pooling.
    """
    document = _read(folder, "transnas101_micro")
    operations = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3")
    tasks = document["tasks"]
    (table,) = document["tables"].values()
    rows = {
        notation([operations[op] for op in cell]): tuple(values[: len(tasks)])
        for cell, *values in table
    }
    return TruthTable(
        name="transnas",
        family="nb201",
        space="nb201",
        measures=tuple(tasks),
        rows=rows,
        source=_source(document),
    )


def nb301(folder: Path) -> TruthTable:
    """DARTS cells on CIFAR-10, accuracy by the surrogate NAS-Bench-301, %."""
    document = _read(folder, "nb301_part_cifar10")
    space = search_spaces.get("darts", Task(classes=10, channels=3, resolution=32))

    def genotype(cells: Sequence[Sequence[tuple[int, int]]]) -> str:
        normal, reduce = (
            [
                [[DARTS_OPERATIONS[op], state] for state, op in pair]
                for pair in zip(cell[::2], cell[1::2], strict=True)
            ]
            for cell in cells
        )
        concat = list(DARTS_CONCAT)
        document = {
            "normal": normal,
            "normal_concat": concat,
            "reduce": reduce,
            "reduce_concat": concat,
        }
        return space.encode(space.decode(json.dumps(document)))

    return TruthTable(
        name="nb301",
        family="darts",
        space="darts:channels=32,cells=8",
        measures=("cifar10",),
        rows={genotype(row[0]): (row[1],) for row in document["rows"]},
        source=_source(document),
    )


def nb101(folder: Path) -> TruthTable:
    """NAS-Bench-101 on CIFAR-10, validation accuracy after 108 epochs, %.

    Different rows that describe one cell hold different trainings; their mean counts.
    """
    document = _read(folder, "nb101_sample_cifar10")
    space = search_spaces.get("nb101", Task(classes=10, channels=3, resolution=32))
    trained: dict[str, list[float]] = {}
    for numbers, accuracy, *_ in document["rows"]:
        trained.setdefault(space.encode(params_of_numbers(numbers)), []).append(accuracy)
    return TruthTable(
        name="nb101",
        family="nb101",
        space="nb101",
        measures=("cifar10",),
        rows={notation: (fmean(found),) for notation, found in trained.items()},
        single={notation: tuple(found) for notation, found in trained.items() if len(found) > 1},
        source=_source(document),
    )


def mnasnet(folder: Path) -> TruthTable:
    """Accel-NASBench, networks like MnasNet's on ImageNet, validation accuracy, %."""
    document = _read(folder, "accel_nasbench_part")
    space = search_spaces.get("mnasnet", Task(classes=1000, channels=3, resolution=224))
    return TruthTable(
        name="mnasnet",
        family="mnasnet",
        space="mnasnet",
        measures=("imagenet",),
        rows={space.encode(from_numbers(row[0])): (row[1],) for row in document["rows"]},
        source=_source(document),
    )


def nas_bench_graph(folder: Path) -> TruthTable:
    """NAS-Bench-Graph on Cora, test accuracy, the mean of three seeds, of random architectures."""
    table = published()
    return TruthTable(
        name="nas-bench-graph",
        family="nasbench-graph",
        space="nasbench-graph",
        dataset="cora",
        measures=("cora, test",),
        rows={key: (table[key].test,) for key in draw(_GRAPHS, seed=0)},
        source="light tables of the package nas-bench-graph 1.4.0; Apache-2.0",
    )


def graphgym(folder: Path) -> TruthTable:
    """The condensed space of GraphGym, validation accuracy, the mean of three seeds.

    Widths are the authors', with which all designs have about as many parameters on one feature.
    """
    document = _read(folder, "graphgym_part")
    (table,) = document["tables"].values()
    rows = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
    space = nas.own_space(condensed, Task(kind=NODE_CLASSIFICATION, features=1433, classes=7))
    trained: dict[str, dict[str, tuple[float, float]]] = {}
    for row in sorted(rows, key=lambda row: row["dataset"] != "Cora"):  # Cora is the first one
        design = space.encode(
            {
                "layers_pre_mp": int(row["l_pre"]),
                "layers_mp": int(row["l_mp"]),
                "layers_post_mp": int(row["l_post"]),
                "stage_type": row["stage"],
                "agg": row["agg"],
            }
        )
        made = f" {row['task']}s, {row['label']} from {row['feature']}" if row["label"] else ""
        found = row["accuracy"], row["accuracy_std"]
        trained.setdefault(design, {})[row["dataset"] + made] = found
    measures = tuple(next(iter(trained.values())))
    return TruthTable(
        name="graphgym",
        family="graphgym",
        space="benchmarks.truth.condensed:build",
        dataset="cora",
        measures=measures,
        rows={
            design: tuple(found[measure][0] for measure in measures)
            for design, found in trained.items()
        },
        deviations={
            design: tuple(found[measure][1] for measure in measures)
            for design, found in trained.items()
        },
        source=_source(document),
    )


CONVERSIONS: tuple[Callable[[Path], TruthTable], ...] = (
    nb201,
    transnas,
    nb301,
    nb101,
    mnasnet,
    nas_bench_graph,
    graphgym,
)


def _read(folder: Path, name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        gzip.decompress((folder / f"{name}.json.gz").read_bytes())
    )
    return document


def _source(document: dict[str, Any]) -> str:
    return f"{document['source']}; {document['licence']}"


if __name__ == "__main__":
    main()
