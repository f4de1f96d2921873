"""What should be known of classes that have few images, or many fewer than others."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_FEW = 10
"""Training images; from fewer a network learns little of a class."""
_IMBALANCE = 10
"""How many times the images of the smallest class the largest has, where that is noted."""
_NAMED = 8
"""The most classes that a note names."""


def balance_notes(images: Mapping[str, int]) -> list[str]:
    """Notes on classes with few training images, and on a strong imbalance.

    Args:
        images: Number of training images of each class; at least one class.

    Example:
        >>> balance_notes({"cat": 20, "emu": 9})
        ["Few training images: 'emu' has 9. What is learnt of such a class may be chance."]
    """
    notes = []
    by_size = sorted(images, key=lambda name: images[name])
    few = [name for name in by_size if images[name] < _FEW]
    if few:
        listed = ", ".join(f"{name!r} has {images[name]}" for name in few[:_NAMED])
        more = f" and {len(few) - _NAMED} more classes have few" if len(few) > _NAMED else ""
        notes.append(
            f"Few training images: {listed}{more}. What is learnt of such a class may be chance."
        )
    smallest, largest = by_size[0], by_size[-1]
    if images[largest] >= _IMBALANCE * images[smallest]:
        notes.append(
            f"The classes are out of balance: {largest!r} has {images[largest]:,} training "
            f"images, {smallest!r} {images[smallest]:,}. Accuracy says little of the small ones."
        )
    return notes
