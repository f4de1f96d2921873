"""The space whose networks were measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nas.config import check_kinds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nas.space.search_space import SearchSpace


@dataclass(frozen=True, kw_only=True)
class MeasuredSpace:
    """A space as a file of measurements names it; latencies in another one are unlike.

    Attributes:
        name: Its name.
        sizes: Its macro sizes by name.
        task: The fields of its task.

    Example:
        >>> task = {"kind": "image-classification", "classes": 10, "channels": 1, "resolution": 8}
        >>> print(MeasuredSpace(name="nb201", sizes={"channels": 8, "cells": 1}, task=task))
        nb201:channels=8,cells=1 (image-classification: classes=10, channels=1, resolution=8)
    """

    name: str
    sizes: Mapping[str, Any]
    task: Mapping[str, Any]

    def __post_init__(self) -> None:
        check_kinds(self)

    @classmethod
    def of(cls, space: SearchSpace) -> MeasuredSpace:
        """That of a space."""
        return cls.of_record(space.identity())

    @classmethod
    def of_record(cls, recorded: Mapping[str, Any]) -> MeasuredSpace:
        """That of a run, from the entry for the space in the identity of the run."""
        sizes = dict(recorded)
        return cls(name=sizes.pop("name"), task=sizes.pop("task"), sizes=sizes)

    def __str__(self) -> str:
        sizes = ",".join(f"{name}={size}" for name, size in self.sizes.items())
        fields = {**self.task}
        kind = fields.pop("kind", "")
        shape = ", ".join(f"{name}={size}" for name, size in fields.items() if size)
        return f"{self.name}{':' if sizes else ''}{sizes} ({kind}: {shape})"
