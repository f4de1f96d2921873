"""The choices of a parameter: as a space offers them, and as a study stores them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from optuna.distributions import CategoricalDistribution

from nas.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

_STORED_UNCHANGED = frozenset({str, int, bool, type(None)})


@dataclass(frozen=True, eq=False)
class Choices:
    """The choices of one parameter.

    Studies, notations and JSON hold only scalars, so they store a tuple as its text.

    Attributes:
        offered: The space's own choices, with NumPy's numbers as Python's.
        kept: The distribution of the stored scalars, in the same order.
    """

    offered: tuple[Any, ...]
    kept: CategoricalDistribution

    @staticmethod
    def of(name: str, choices: Iterable[Any]) -> Choices:
        """The choices that a space gives for a parameter.

        Raises:
            ConfigError: There are none, one cannot be stored, or two have the same stored scalar.
        """
        given = tuple(choices)
        if not given:
            raise ConfigError(
                f"parameter {name!r} has nothing to choose from",
                hint="Give suggest_categorical at least one choice.",
            )
        if _STORED_UNCHANGED.issuperset(map(type, given)):
            return _scalars(*given)
        offered = tuple(map(plain, given))
        _check(name, offered)
        return Choices(offered, CategoricalDistribution(tuple(map(_kept, offered))))

    def kept_for(self, value: Any) -> Any:
        """The stored scalar of a given value: a choice, or its form in JSON."""
        value = plain(_tuple(value))
        if isinstance(value, tuple):
            places = [place for place, choice in enumerate(self.offered) if choice == value]
            return self.kept.choices[places[0]] if places else repr(value)
        return value

    def meant_by(self, kept: Any) -> Any:
        """The choice that a stored scalar stands for; the first of equal ones."""
        place = self.kept.choices.index(kept)
        if self.offered is self.kept.choices:
            return self.offered[place]
        return self.offered[self.offered.index(self.offered[place])]


def plain(value: Any) -> Any:
    """A value with NumPy's numbers as Python's."""
    if isinstance(value, np.generic):
        return value.item()
    return tuple(map(plain, value)) if type(value) is tuple else value


def _tuple(value: Any) -> Any:
    """A value with tuples in place of lists, as JSON turns tuples into lists."""
    return tuple(map(_tuple, value)) if isinstance(value, list | tuple) else value


def _check(name: str, offered: tuple[Any, ...]) -> None:
    for choice in offered:
        flaw = _flaw(choice)
        if flaw:
            raise ConfigError(
                f"parameter {name!r} cannot be chosen from {flaw}",
                hint="Choose among numbers, texts, booleans, None or tuples of these, such as a "
                "name that build() looks up.",
            )
    texts = {repr(choice) for choice in offered if isinstance(choice, tuple)}
    for choice in offered:
        if isinstance(choice, str) and choice in texts:
            raise ConfigError(
                f"parameter {name!r} has the choice {choice} twice, as a tuple and as its text",
                hint="Leave one of them out.",
            )


def _flaw(choice: Any) -> str:
    """The part of a choice that cannot be stored, in words; empty if there is none."""
    if type(choice) is tuple:
        return next(filter(None, map(_flaw, choice)), "")
    if isinstance(choice, float) and choice != choice:
        return "nan, which equals nothing"
    if choice is None or isinstance(choice, str | int | float):
        return ""
    return f"{choice!r}, which is of type {type(choice).__name__}"


def _kept(choice: Any) -> Any:
    """A choice as a scalar of Python's own types."""
    if isinstance(choice, tuple):
        return repr(choice)
    if isinstance(choice, str):
        return str.__str__(choice)
    if isinstance(choice, bool) or choice is None:
        return choice
    return int(choice) if isinstance(choice, int) else float(choice)


@lru_cache(maxsize=4096, typed=True)
def _scalars(*given: Any) -> Choices:
    """Choices that are stored unchanged; cached, so equal ones are the same object."""
    kept = CategoricalDistribution(given)
    return Choices(kept.choices, kept)
