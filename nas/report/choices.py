"""The choices of a search space."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optuna.distributions import (
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from nas.space.contained import contained
from nas.space.trial import ReplayTrial

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    from optuna.distributions import BaseDistribution

    from nas.space.search_space import SearchSpace

_NUMBER = re.compile(r"\d+")
_PIECES = re.compile(r"(\{[^}]*\}|[._])")
_SHOWN = 24


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Parameters with equal choices.

    Attributes:
        pattern: Their names as one: ``normal.{0..4}.left_op``.
        names: Their names.
        distributions: Their distributions, equal ones once.
        conditional: Whether some architectures lack some of them.
    """

    pattern: str
    names: tuple[str, ...]
    distributions: tuple[BaseDistribution, ...]
    conditional: bool = False

    @property
    def options(self) -> str:
        """``one of 'a', 'b'`` or ``1 to 8``; the range over all where they differ."""
        kinds = {type(distribution) for distribution in self.distributions}
        if kinds == {CategoricalDistribution}:
            return _categories(self.distributions)  # type: ignore[arg-type]
        if kinds <= {IntDistribution, FloatDistribution}:
            return _range(self.distributions)  # type: ignore[arg-type]
        return " or ".join(
            Choice(pattern="", names=(), distributions=(d,)).options for d in self.distributions
        )

    def to_json(self) -> dict[str, Any]:
        """For JSON; a distribution has ``options``, or ``low``, ``high``, ``step`` and ``log``."""
        return {
            "pattern": self.pattern,
            "parameters": list(self.names),
            "conditional": self.conditional,
            "distributions": [_plain(distribution) for distribution in self.distributions],
        }


def choices(space: SearchSpace, rng: np.random.Generator, samples: int = 64) -> list[Choice]:
    """The parameters of a space, in the order in which architectures suggest them.

    A space suggests choices only while it builds, and a choice may depend on others; so these are
    the choices of some random architectures. Parameters whose names differ in a number are one
    entry, and so are those that differ in a word and have the same distribution.

    Args:
        space: The space.
        rng: Draws the architectures.
        samples: Number of architectures.
    """
    found: dict[str, list[BaseDistribution]] = {}
    counts: dict[str, int] = {}
    for _ in range(samples):
        trial = ReplayTrial({}, rng)
        with contained(f"build() of space {space.name!r}", space.build_seconds):
            space.build(trial)
        for name, distribution in trial.distributions.items():
            counts[name] = counts.get(name, 0) + 1
            known = found.setdefault(name, [])
            if distribution not in known:
                known.append(distribution)
    groups = [
        Choice(
            pattern=_joined(names),
            names=tuple(names),
            distributions=_distinct(d for name in names for d in found[name]),
            conditional=any(counts[name] < samples for name in names),
        )
        for names in _by_number(found).values()
    ]
    return _by_word(groups)


def _plain(distribution: BaseDistribution) -> dict[str, Any]:
    if isinstance(distribution, CategoricalDistribution):
        return {"options": list(distribution.choices)}
    assert isinstance(distribution, IntDistribution | FloatDistribution)
    return {
        "type": "int" if isinstance(distribution, IntDistribution) else "float",
        "low": distribution.low,
        "high": distribution.high,
        "step": distribution.step,
        "log": distribution.log,
    }


def _by_number(names: Iterable[str]) -> dict[tuple[str, ...], list[str]]:
    groups: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        groups.setdefault(tuple(_NUMBER.split(name)), []).append(name)
    return groups


def _joined(names: Sequence[str]) -> str:
    """``edge_{0..2}_{1..3}`` for names that differ in numbers."""
    texts = _NUMBER.split(names[0])
    columns = zip(*(map(int, _NUMBER.findall(name)) for name in names), strict=True)
    numbers = [_span(sorted(set(column))) for column in columns]
    return "".join(text + number for text, number in zip(texts, [*numbers, ""], strict=True))


def _span(numbers: list[int]) -> str:
    if len(numbers) == 1:
        return str(numbers[0])
    whole = numbers == list(range(numbers[0], numbers[-1] + 1))
    return f"{{{numbers[0]}..{numbers[-1]}}}" if whole else f"{{{','.join(map(str, numbers))}}}"


def _by_word(groups: Sequence[Choice]) -> list[Choice]:
    """Groups joined whose patterns differ in one word and whose distributions are the same."""
    joined: list[Choice] = []
    for group in groups:
        for index, other in enumerate(joined):
            pattern = _with_both(other.pattern, group.pattern)
            if pattern and other.distributions == group.distributions:
                joined[index] = Choice(
                    pattern=pattern,
                    names=other.names + group.names,
                    distributions=other.distributions,
                    conditional=other.conditional or group.conditional,
                )
                break
        else:
            joined.append(group)
    return joined if len(joined) == len(groups) else _by_word(joined)


def _with_both(first: str, second: str) -> str:
    """``{normal,reduce}.op`` for ``normal.op`` and ``reduce.op``; empty if more differs."""
    pieces = [_PIECES.split(text) for text in (first, second)]
    if len(pieces[0]) != len(pieces[1]):
        return ""
    differing = [index for index, pair in enumerate(zip(*pieces, strict=True)) if len({*pair}) > 1]
    if len(differing) != 1:
        return ""
    (place,) = differing
    words = [_words(piece[place]) for piece in pieces]
    if not all(words):
        return ""
    both = f"{{{','.join(dict.fromkeys([*words[0], *words[1]]))}}}"
    return "".join([*pieces[0][:place], both, *pieces[0][place + 1 :]])


def _words(piece: str) -> list[str]:
    """The alternatives of a piece of a pattern, none if it is a range of numbers."""
    inner = piece[1:-1] if piece.startswith("{") else piece
    words = inner.split(",")
    return words if all(word.isidentifier() for word in words) else []


def _distinct(distributions: Iterable[BaseDistribution]) -> tuple[BaseDistribution, ...]:
    found: list[BaseDistribution] = []
    for distribution in distributions:
        if distribution not in found:
            found.append(distribution)
    return tuple(found)


def _categories(distributions: Sequence[CategoricalDistribution]) -> str:
    largest = max(distributions, key=lambda d: len(d.choices)).choices
    every = list(dict.fromkeys(c for d in distributions for c in d.choices))
    counts = sorted({len(d.choices) for d in distributions})
    shown = ", ".join(map(_word, every[:_SHOWN])) + (", …" if len(every) > _SHOWN else "")
    if len(distributions) == 1:
        return f"{len(every)} of: {shown}" if len(every) > _SHOWN else shown
    nested = all(d.choices == largest[: len(d.choices)] for d in distributions)
    number = f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else str(counts[0])
    return f"the first {number} of {shown}" if nested else f"{number} of {shown}"


def _word(choice: object) -> str:
    text = str(choice)
    return repr(choice) if "," in text or not text.strip() else text


def _range(distributions: Sequence[IntDistribution | FloatDistribution]) -> str:
    low = min(d.low for d in distributions)
    high = max(d.high for d in distributions)
    lows, highs = ({getattr(d, end) for d in distributions} for end in ("low", "high"))
    text = f"{low:g} to {high:g}" if len(lows | highs) == 2 or low == high else ""
    text = text or f"{_ends(lows)} to {_ends(highs)}"
    steps = {d.step for d in distributions} - {1, None}
    text += f" in steps of {_ends(steps)}" if steps else ""  # type: ignore[arg-type]
    return f"{text}, logarithmic" if all(d.log for d in distributions) else text


def _ends(numbers: set[int | float]) -> str:
    low, high = min(numbers), max(numbers)
    return f"{low:g}" if low == high else f"{low:g}–{high:g}"
