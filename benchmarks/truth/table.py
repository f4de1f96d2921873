"""Architectures whose accuracy is known from trainings, in one form for all spaces."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nas
import search_spaces
from nas.seeding import rng
from nas.space.candidate import candidate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace
    from nas.task.task import Task

_PARTS = ("rows", "curves", "repeats", "single", "deviations")
"""Attributes of a table that hold numbers by notation."""

FOLDER = Path(__file__).parent / "tables"


@dataclass(frozen=True, kw_only=True)
class TruthTable:
    """Accuracies of trained architectures of one space.

    Attributes:
        name: Name of the table.
        family: Tables of equal or similar spaces; whatever is fitted for one of them is fitted on
            other families.
        space: The space, with its sizes at the training after a colon, or the module and the
            function of a space in ordinary torch.
        measures: Names of the accuracies, such as the data sets; higher is better.
        rows: The accuracies by notation of the architecture in the space.
        source: Where the numbers are from, and their licence.
        dataset: The data set whose images figures are measured on.
        curves: Accuracy on the ranking split after each epoch, by notation, where it is known.
        repeats: The accuracies of a second training of some architectures.
        single: The accuracies of the single trainings of some architectures, where the rows hold
            their mean.
        deviations: The standard deviation of the trainings behind each accuracy, where the rows
            hold their mean.
    """

    name: str
    family: str
    space: str
    measures: tuple[str, ...]
    rows: Mapping[str, tuple[float, ...]]
    source: str
    dataset: str = "cifar10"
    curves: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    repeats: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    single: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    deviations: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    def search_space(self, task: Task) -> SearchSpace:
        """The space of the architectures for a task."""
        module, _, function = self.space.partition(":")
        if "." in module:
            return nas.own_space(getattr(import_module(module), function), task)
        return search_spaces.get(self.space, task)

    def draw(self, space: SearchSpace, count: int, seed: int) -> list[Known]:
        """Different architectures drawn at random; all of them if there are fewer."""
        notations = list(self.rows)
        order = rng(seed, "truth", self.name).permutation(len(notations))
        found: dict[str, Known] = {}
        for index in order:
            if len(found) == count:
                break
            notation = notations[index]
            one = candidate(space, notation)
            found.setdefault(one.hash, Known(one, self.rows[notation]))
        return list(found.values())


@dataclass(frozen=True)
class Known:
    """An architecture, and its accuracy in each measure of the table."""

    candidate: Candidate
    accuracies: tuple[float, ...]


def names() -> list[str]:
    """Names of all tables."""
    return sorted(file.name.removesuffix(".json.gz") for file in FOLDER.glob("*.json.gz"))


def file_of(name: str, folder: Path | None = None) -> Path:
    """The file of the table with this name; among the finished ones unless a folder is given."""
    return (folder or FOLDER) / f"{name}.json.gz"


@cache
def read(name: str, folder: Path | None = None) -> TruthTable:
    """The table with this name.

    Raises:
        FileNotFoundError: There is none.
    """
    document: dict[str, Any] = json.loads(gzip.decompress(file_of(name, folder).read_bytes()))
    for part in _PARTS:
        document[part] = {notation: tuple(values) for notation, *values in document.get(part, ())}
    return TruthTable(**{**document, "measures": tuple(document["measures"])})


def write(table: TruthTable, folder: Path | None = None) -> None:
    """Write a table, the same bytes for the same rows."""
    document: dict[str, Any] = {
        "name": table.name,
        "family": table.family,
        "space": table.space,
        "source": table.source,
        "dataset": table.dataset,
        "measures": table.measures,
    }
    for part in _PARTS:
        known = getattr(table, part)
        if not known:
            continue
        document[part] = [[notation, *values] for notation, values in known.items()]
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    file = file_of(table.name, folder)
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(gzip.compress(text.encode(), mtime=0))
