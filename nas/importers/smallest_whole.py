"""Graphs in which modules that cannot be recorded run unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from nas.importers.assembly import Assembly, assemble
from nas.importers.constants import check_fixed, nearby
from nas.importers.trace import TRACE_MODES, Located, trace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor, nn

    from nas.importers.imported import Imported
    from nas.importers.trace import Trace


def with_wholes(
    model: nn.Module, inputs: tuple[Tensor, ...], leaf_modules: set[nn.Module]
) -> Imported:
    """The graph in which the smallest modules that cannot be recorded run unchanged.

    Raises:
        Located: The model does not run.
    """
    whole: set[nn.Module] = set()
    while True:
        taken = {part for part in leaf_modules if not _is_inside(part, whole)} | whole
        try:
            imported, unsure = _located(model, inputs, taken)
        except Located as error:
            place = error.place or model
            if model in whole:
                raise
        else:
            left = {place for place in unsure if _holds(model, place, imported.coverage.excluded)}
            if not left or model in whole:
                return imported
            place = [part for part in model.modules() if part in left][-1]
        whole = {part for part in whole if not _is_inside(part, {place})} | {place}


def _located(
    model: nn.Module, inputs: tuple[Tensor, ...], taken: set[nn.Module]
) -> tuple[Imported, set[nn.Module]]:
    """The graph of a run on the example, and the modules whose shapes depend on tensor values.

    Raises:
        Located: A module cannot be recorded.
    """
    way = TRACE_MODES[-1]
    first, second = (trace(model, xs, way, taken, locate=True) for xs in (inputs, nearby(inputs)))
    assembly = Assembly(first, model)
    try:
        imported = assembly.imported()
        check_fixed(imported, assemble(second, model))
    except Located:
        raise
    except Exception as error:  # such as a parameter that a leaf module shares
        raise Located(_changing(first, second), error) from error
    return imported, {model if place is None else place for place in assembly.unsure}


def _changing(first: Trace, second: Trace) -> nn.Module | None:
    """The module in which a constant differs between two runs."""
    for (own, place), (other, _) in zip(first.fixed, second.fixed, strict=False):
        if not torch.equal(own, other):
            return place
    return None


def _is_inside(part: nn.Module, wholes: set[nn.Module]) -> bool:
    return any(part is inner for whole in wholes for inner in whole.modules())


def _holds(model: nn.Module, place: nn.Module, names: Iterable[str]) -> bool:
    """Whether a module has one of these parameters."""
    own = {id(parameter) for parameter in place.parameters()}
    return any(id(model.get_parameter(name)) in own for name in names)
