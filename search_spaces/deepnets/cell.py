"""The cells of DeepNets-1M: drawn, and repaired where the generator would reject them."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

from search_spaces.cells.genotype import Block, Edge, Genotype

if TYPE_CHECKING:
    from nas.space.trial import Trial

WEIGHTLESS = ("max_pool_3x3", "avg_pool_3x3", "skip_connect")
OPERATIONS = (
    "none",
    *WEIGHTLESS,
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
    "conv_1x1",
    "conv_7x1_1x7",
    "conv_3x3",
    "conv_5x5",
    "conv_7x7",
    "msa",
    "cse",
)
DENSE = frozenset({"conv_5x5", "conv_7x7"})
"""Dense convolutions of large windows; a cell has at most one."""

_INSTEAD = {"conv_5x5": "sep_conv_5x5", "conv_7x7": "conv_7x1_1x7", "cse": "skip_connect"}
"""Replacements of a second dense convolution, or a second gate, in a cell."""


def suggest_genotype(trial: Trial, steps: int) -> Genotype:
    """Both cells as drawn; half of the reductions have no weights."""
    weightless = trial.suggest_categorical("reduction", ("any", "weightless")) == "weightless"
    concat = _suggest_concat(trial, steps)
    return Genotype(
        normal=_suggest_cell(trial, "normal", steps, weightless=False),
        normal_concat=concat,
        reduce=_suggest_cell(trial, "reduce", steps, weightless=weightless),
        reduce_concat=concat,
    )


def operations(genotype: Genotype) -> set[str]:
    """The operations of a genotype."""
    return {edge.op for block in genotype.normal + genotype.reduce for edge in block}


def repair(genotype: Genotype) -> Genotype:
    """The cells, changed where the published generator would reject them.

    It rejects two dense 5x5 or 7x7 convolutions or two gates in one cell, gates without any
    convolution, networks without weights, and disconnected networks.
    """
    normal, reduce = map(_repair_cell, (genotype.normal, genotype.reduce))
    repaired = replace(genotype, normal=normal, reduce=reduce)
    found = operations(repaired)
    if any("conv" in op for op in found) or found & {"cse", "msa"} == {"msa"}:
        return repaired
    (left, right), *others = normal
    return replace(repaired, normal=((Edge("conv_3x3", left.state), right), *others))


def _suggest_concat(trial: Trial, steps: int) -> tuple[int, ...]:
    """All blocks, or the last and some of the others."""
    last = 1 + steps
    if steps == 1 or trial.suggest_categorical("concat", ("all", "some")) == "all":
        return tuple(range(2, last + 1))
    kept = (
        state
        for state in range(2, last)
        if trial.suggest_categorical(f"concat.{state}", (False, True))
    )
    return (*kept, last)


def _suggest_cell(trial: Trial, kind: str, steps: int, *, weightless: bool) -> tuple[Block, ...]:
    """Blocks; a single block has no operation ``none``."""
    choices = ("none", *WEIGHTLESS) if weightless else OPERATIONS
    label = "weightless" if weightless else "op"
    if steps == 1:
        return (_suggest_block(trial, f"{kind}.only", 0, label, choices[1:]),)
    return tuple(
        _suggest_block(trial, f"{kind}.{index}", index, label, choices) for index in range(steps)
    )


def _suggest_block(
    trial: Trial, name: str, index: int, label: str, choices: tuple[str, ...]
) -> Block:
    pairs = tuple(f"{low},{high}" for low, high in combinations(range(index + 2), 2))
    low, high = trial.suggest_categorical(f"{name}.inputs", pairs).split(",")
    return (
        Edge(trial.suggest_categorical(f"{name}.left_{label}", choices), int(low)),
        Edge(trial.suggest_categorical(f"{name}.right_{label}", choices), int(high)),
    )


def _repair_cell(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Keep only the first dense convolution and the first gate, and a live edge in each block."""
    seen: set[str] = set()
    repaired = []
    for left, right in blocks:
        left, right = _once(left, seen), _once(right, seen)
        if left.op == right.op == "none":
            left = Edge("skip_connect", left.state)
        repaired.append((left, right))
    return tuple(repaired)


def _once(edge: Edge, seen: set[str]) -> Edge:
    if edge.op not in _INSTEAD:
        return edge
    kind = "dense" if edge.op in DENSE else edge.op
    if kind in seen:
        return Edge(_INSTEAD[edge.op], edge.state)
    seen.add(kind)
    return edge
