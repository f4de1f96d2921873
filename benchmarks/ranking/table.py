"""What trained architectures reached: the published table, and files that ``truth.py`` made."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

PUBLISHED = Path(__file__).with_name("nb201_cifar10.json.gz")

Table = dict[str, float]
"""Accuracy, 0 to 1, by notation of the architecture."""


def published(name: str = "c10_test200") -> Table:
    """NAS-Bench-201: a column of all 15,625 cells on CIFAR-10.

    Args:
        name: ``c10_test200``, ``c10_val200``, ``c10_val12`` or ``c10_test12``: accuracy on a
            split after 200 or 12 epochs of training.
    """
    table = json.loads(gzip.decompress(PUBLISHED.read_bytes()))
    column = table["columns"].index(name)
    return {
        notation([table["ops"][int(op)] for op in row[0]]): row[column] / 100
        for row in table["rows"]
    }


def notation(ops: list[str]) -> str:
    """``|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`` of operations 0->1, 0->2, 1->2, 0->3, 1->3, 2->3."""
    groups = (ops[:1], ops[1:3], ops[3:])
    return "+".join(f"|{'|'.join(f'{op}~{i}' for i, op in enumerate(group))}|" for group in groups)


def trained(files: list[Path]) -> tuple[Table, dict[str, Any]]:
    """What files of ``truth.py`` hold, and what the first of them says of itself.

    A network whose training failed reached 0. Files of different trainings are refused.
    """
    documents = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    first, *others = [{k: v for k, v in one.items() if k != "rows"} for one in documents]
    for file, about in zip(files[1:], others, strict=True):
        if about != first:
            raise SystemExit(f"{file} holds other trainings than {files[0]}")
    table = {
        row["architecture"]: row["test_accuracy"] or 0.0
        for document in documents
        for row in document["rows"]
    }
    return table, documents[0]
