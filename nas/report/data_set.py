"""What is shown of a data set: its classes, splits, balance, and sizes of images or graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nas.data.node_split import NodeSplit
from nas.errors import counted

if TYPE_CHECKING:
    from nas.data.dataset import Dataset
    from nas.data.found import Found

SPLITS = ("train", "val", "test")
_SIZES = 3
"""The most sizes of images that are listed."""


def facts(data: Dataset) -> dict[str, Any]:
    """The sizes of a data set, and its fingerprint."""
    task = data.task
    sizes = {name: getattr(task, name) for name in ("channels", "resolution", "features")}
    return {
        "name": data.name,
        **_outputs(data),
        **{name: size for name, size in sizes.items() if size},
        **_graph(data),
        **{name: len(getattr(data, name)) for name in SPLITS},
        "fingerprint": data.fingerprint,
    }


def found_facts(data: Dataset) -> dict[str, str]:
    """Lines on the balance of the classes and, of the user's own data, on sizes and splits."""
    lines = {}
    rows = by_class(data)
    if rows:
        lines["balance"] = _balance(rows)
    if data.found is not None:
        if data.found.sizes:
            lines["sizes"] = _sizes(data.found)
        if data.found.equal:
            lines["duplicates"] = str(sum(len(group) - 1 for group in data.found.equal))
        lines["splits"] = _splits(data.found)
    return lines


def by_class(data: Dataset) -> list[dict[str, Any]]:
    """How many samples each class has in each split; empty for a regression."""
    if data.targets is not None:
        return []
    names = data.class_names or tuple(map(str, range(data.task.classes)))
    splits = dict(zip(SPLITS, (data.train, data.val, data.test), strict=True))
    counts = {
        split: samples.labels[samples.labels >= 0].bincount(minlength=len(names)).tolist()
        for split, samples in splits.items()
    }
    return [
        {"name": name, **{split: counts[split][label] for split in SPLITS}}
        for label, name in enumerate(names)
    ]


def balance(data: Dataset) -> float | None:
    """Training samples of the smallest class over those of the largest; None for a regression."""
    counts = [row["train"] for row in by_class(data)]
    return min(counts) / max(counts) if counts else None


def found_sentences(data: Dataset, found: Found) -> str:
    """What was found in the user's own data, in a few sentences."""
    noun = data.task.traits.sample
    total = counted(sum(len(getattr(data, split)) for split in SPLITS), noun)
    parts = ", ".join(f"{len(getattr(data, split)):,} {split}" for split in SPLITS)
    rows = by_class(data)
    kinds = (
        f"of {counted(len(rows), 'class')}"
        if rows
        else f"with {counted(data.task.classes, 'target')}"
    )
    side = data.task.resolution
    sentences = [f"{data.name}: {total} {kinds} ({parts}; {_splits(found)})."]
    if found.sizes:
        sentences.append(f"Images of {_sizes(found)}, read at {side}x{side}.")
    if rows:
        sentences.append(f"Training {noun}s of a class: {_balance(rows)}.")
    return " ".join(sentences)


def _balance(rows: list[dict[str, Any]]) -> str:
    """``15 (emu) to 30 (cat)``."""
    smallest, *_, largest = sorted(rows, key=lambda row: row["train"])
    return (
        f"{smallest['train']:,} ({smallest['name']}) to {largest['train']:,} ({largest['name']})"
    )


def _sizes(found: Found) -> str:
    """``500x375 (120), 375x500 (40) and 3 other sizes``."""
    listed = ", ".join(f"{size} ({count:,})" for size, count in list(found.sizes.items())[:_SIZES])
    more = len(found.sizes) - _SIZES
    return f"{listed} and {counted(more, 'other size')}" if more > 0 else listed


def _splits(found: Found) -> str:
    drawn = found.split_off
    if not drawn:
        return "all as given"
    return f"{'all' if len(drawn) == len(SPLITS) else ' and '.join(drawn)} drawn by seed"


def _graph(data: Dataset) -> dict[str, Any]:
    """The size of the graph, if the data set is one."""
    if not isinstance(data.train, NodeSplit):
        return {}
    return {"nodes": data.train.rows, "edges": data.train.edge_index.shape[1]}


def _outputs(data: Dataset) -> dict[str, Any]:
    """The number of classes, or the names of the targets of a regression."""
    if data.targets is None:
        return {"classes": data.task.classes}
    return {"targets": ", ".join(data.targets.names)}
