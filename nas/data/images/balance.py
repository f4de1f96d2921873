"""Notes on classes with few images, or far fewer than others."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_FEW = 10
"""Training images; with fewer, a network learns little about a class."""
_IMBALANCE = 10
"""Ratio of the largest to the smallest class from which a note mentions it."""
_NAMED = 8
"""Largest number of classes that a note names."""


def balance_notes(images: Mapping[str, int]) -> list[str]:
    """Notes on classes with few training images, and on a strong imbalance.

    Args:
        images: Number of training images of each class; at least one class.

    Example:
        >>> balance_notes({"cat": 20, "emu": 9})
        ["Few training images: 'emu' has 9. Predictions of such classes are unreliable."]
    """
    notes = []
    by_size = sorted(images, key=lambda name: images[name])
    few = [name for name in by_size if images[name] < _FEW]
    if few:
        listed = ", ".join(f"{name!r} has {images[name]}" for name in few[:_NAMED])
        more = f" and {len(few) - _NAMED} more classes have few" if len(few) > _NAMED else ""
        notes.append(
            f"Few training images: {listed}{more}. Predictions of such classes are unreliable."
        )
    smallest, largest = by_size[0], by_size[-1]
    if images[largest] >= _IMBALANCE * images[smallest]:
        notes.append(
            f"The classes are out of balance: {largest!r} has {images[largest]:,} training "
            f"images, {smallest!r} {images[smallest]:,}. Accuracy hardly reflects small classes."
        )
    return notes
