"""torchvision beside a build of torch that its binary operators were not linked against.

The usual index has one torchvision, linked against CUDA; next to torch for the CPU its operators
do not load, and importing it fails on the two whose schemas it takes for granted. Classifiers
need neither.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from types import ModuleType

_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_LIBRARY: list[torch.library.Library] = []
"""Kept alive: operators vanish with the library that declares them."""


def import_torchvision() -> ModuleType:
    """torchvision, the operators it misses declared but not implemented."""
    try:
        return importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::nms does not exist" not in str(error):
            raise
    _LIBRARY.append(torch.library.Library("torchvision", "DEF"))
    for operator in ("nms", "qnms"):
        _LIBRARY[0].define(operator + _SCHEMA)
    return importlib.import_module("torchvision")
