"""The plan of a network of DeepNets-1M, drawn choice by choice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from search_spaces.deepnets.cell import DENSE, operations, repair, suggest_genotype

if TYPE_CHECKING:
    from nas.space.trial import Trial
    from search_spaces.cells.genotype import Genotype
    from search_spaces.deepnets.split import Split

_ROOM = ((8, 20, 6), (10, 40, 2), (12, 80, 1))
"""Largest number of cells and load for each increase of the width, in halves of the least width.

The generator requires fewer than 0.2, 0.4 and 0.8 million parameters at a width of 32; half of the
networks satisfy this at loads of 20, 40 and 80, and loads are known before a network is built.
"""
_WIDENING = 5
"""Factor of the number of parameters where reductions double the width."""


@dataclass(frozen=True, kw_only=True)
class Stem:
    """The layers before the cells.

    Attributes:
        kind: ``"plain"``, one convolution; ``"imagenet"``, three that halve the resolution; or
            ``"patch"``, one that reads patches of the image, for networks with attention.
        kernel: Window of the first convolution, unless it reads patches.
        pool: Whether a plain stem ends with a pooling.
    """

    kind: str
    kernel: int = 3
    pool: bool = False


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All choices of one network.

    Attributes:
        cells: Number of cells.
        genotype: The cells.
        stem: The layers before them.
        multiplier: Factor of the width at a reduction.
        project: Whether 1x1 convolutions bring the inputs of a cell to its width. It may be left
            out where cells have one block and the width is constant.
        norm: Whether there is batch norm.
        pooled: Whether the head averages over all positions.
        width: Width in halves of that of the space.
        hidden: Width of a fully connected layer before the classifier in doubles of that of the
            space; 0 if there is none.
    """

    cells: int
    genotype: Genotype
    stem: Stem
    multiplier: int = 1
    project: bool = True
    norm: bool = True
    pooled: bool = True
    width: int = 2
    hidden: int = 0


def suggest_plan(trial: Trial, split: Split) -> Plan:
    """Draws all choices in turn, without those that earlier ones rule out."""
    cells, steps = suggest_size(trial, split)
    genotype = repair(suggest_genotype(trial, steps))
    stem = _suggest_stem(trial, genotype)
    pooled = _suggest_pooled(trial, split, cells, stem)
    multiplier = trial.suggest_categorical("multiplier", (1, 2))
    width = _suggest_width(trial, split, cells, genotype, multiplier, pooled=pooled)
    return Plan(
        cells=cells,
        genotype=genotype,
        stem=stem,
        multiplier=multiplier,
        project=steps > 1 or multiplier > 1 or _suggest_project(trial, split, stem),
        norm=_suggest_norm(trial, split, cells, steps),
        pooled=pooled,
        width=width,
        hidden=_suggest_hidden(trial, split, width),
    )


def suggest_size(trial: Trial, split: Split) -> tuple[int, int]:
    """Numbers of cells and of blocks in each."""
    cells = trial.suggest_int("cells", *split.cells)
    fewest, most = split.steps
    most = most if cells <= split.shallow else split.deep_steps
    return cells, trial.suggest_int("steps", fewest, most)


def _suggest_stem(trial: Trial, genotype: Genotype) -> Stem:
    if "msa" in operations(genotype):
        return Stem(kind="patch")
    kind = trial.suggest_categorical("stem", ("plain", "imagenet"))
    kernel = trial.suggest_categorical("stem_kernel", (3, 5, 7))
    pool = kind == "plain" and trial.suggest_categorical("stem_pool", (False, True))
    return Stem(kind=kind, kernel=kernel, pool=pool)


def _suggest_pooled(trial: Trial, split: Split, cells: int, stem: Stem) -> bool:
    """Global pooling: in all deep networks and those with attention, in nine of ten others."""
    if stem.kind == "patch" or cells > split.shallow:
        return True
    return trial.suggest_int("head", 1, 10) > 1


def _suggest_project(trial: Trial, split: Split, stem: Stem) -> bool:
    """One in five with attention; all others, or in one split four in five."""
    if stem.kind == "patch":
        return trial.suggest_int("project", 1, 5) == 1
    return split.always_project or trial.suggest_int("project", 1, 5) > 1


def _suggest_norm(trial: Trial, split: Split, cells: int, steps: int) -> bool:
    """Either in the smallest networks, where the split leaves it open."""
    smallest = cells <= split.cells[0] + 1 and steps <= split.deep_steps
    if split.norm == "either" and smallest:
        return bool(trial.suggest_categorical("norm", ("batch", "none")) == "batch")
    return split.norm != "none"


def _suggest_width(
    trial: Trial, split: Split, cells: int, genotype: Genotype, multiplier: int, *, pooled: bool
) -> int:
    """Width: light and shallow networks may be wider."""
    low, high = split.widths
    load = cells * len(genotype.normal) * (_WIDENING if multiplier > 1 else 1)
    if low == high or not pooled or operations(genotype) & DENSE:
        return low
    for most_cells, most_load, room in _ROOM:
        if cells <= most_cells and load <= most_load:
            return trial.suggest_int("width", low, min(low + room, high))
    return low


def _suggest_hidden(trial: Trial, split: Split, width: int) -> int:
    """None in half of the networks; narrower in wide ones where widths vary."""
    if trial.suggest_categorical("fc_layers", (1, 2)) == 1:
        return 0
    if split.widths[0] == split.widths[1]:
        return 4
    return trial.suggest_int("hidden", 1, 8 if width <= 4 else 4)
