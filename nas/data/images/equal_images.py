"""Images that are there more than once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING

from nas.data.images.layout import SPLITS
from nas.errors import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from nas.data.images.stored_images import Images

_NAMED = 3
"""Most groups of equal images that a note lists."""
_LISTED = 3
"""Most images of a group that a note lists."""

_Kinds = Sequence[str] | Mapping[int, str]
"""The class or the split of each image."""
Groups = tuple[tuple[int, ...], ...]
"""Indices of equal images, one group after another."""


def equal_images(images: Images) -> Groups:
    """Groups of images with equal pixels, as networks see them.

    Copies are found under any name, and in any format that keeps the pixels. Most images differ in
    their middle row already, so the others are not compared completely.

    Args:
        images: (n, C, H, W) bytes.

    Example:
        >>> import torch
        >>> equal_images(torch.tensor([7, 8, 7, 9, 9, 7]).byte().view(6, 1, 1, 1))
        ((0, 2, 5), (3, 4))
    """
    middle = images.shape[2] // 2
    similar = _groups(range(len(images)), lambda at: images[at][:, middle].numpy().tobytes())
    digests = (
        _groups(group, lambda at: blake2b(images[at].numpy().tobytes()).digest())
        for group in similar
    )
    return tuple(sorted(tuple(group) for groups in digests for group in groups))


def _groups(indices: Iterable[int], key: Callable[[int], Hashable]) -> list[list[int]]:
    """Indices that share a key with another one."""
    found = defaultdict(list)
    for at in indices:
        found[key(at)].append(at)
    return [group for group in found.values() if len(group) > 1]


def equal_notes(
    groups: Groups,
    names: Sequence[str],
    parts: Sequence[Iterable[int]],
    classes: Sequence[str] | None = None,
) -> list[str]:
    """Notes on equal images, on those in two splits and on those in two classes.

    Args:
        groups: From :func:`equal_images`.
        names: Name of each image.
        parts: Indices of the images of each split.
        classes: Class of each image; None for a regression.

    Example:
        >>> equal_notes(((0, 1),), ["a", "b"], ([0, 1], [], []))
        ["1 image equals another one: 'a' = 'b'."]
    """
    if not groups:
        return []
    splits = {int(at): name for name, part in zip(SPLITS, parts, strict=True) for at in part}
    copies = sum(len(group) - 1 for group in groups)
    verb = "equals" if copies == 1 else "equal"
    notes = [f"{counted(copies, 'image')} {verb} another one: {_listed(groups, names)}."]
    leaks = [group for group in groups if len({splits[at] for at in group}) > 1]
    if leaks:
        notes.append(
            f"Equal images are in two splits: {_listed(leaks, names, splits)}. Networks are "
            "measured on images that they have learnt, which flatters them; remove the copies."
        )
    if classes is not None:
        torn = [group for group in groups if len({classes[at] for at in group}) > 1]
        if torn:
            notes.append(
                f"Equal images are in two classes: {_listed(torn, names, classes)}. One of the "
                "labels is wrong; correct it, or remove the images."
            )
    return notes


def _listed(
    groups: Sequence[tuple[int, ...]], names: Sequence[str], of: _Kinds | None = None
) -> str:
    """``'a.png' (train) = 'b.png' (test), 'c.png' (train) = 'd.png' (val) and 2 more``."""
    listed = []
    for group in groups[:_NAMED]:
        shown = _spread(group, of)
        words = [repr(names[at]) + (f" ({of[at]})" if of else "") for at in shown]
        more = f" = {len(group) - len(shown)} more" if len(group) > len(shown) else ""
        listed.append(" = ".join(words) + more)
    rest = f" and {counted(len(groups) - _NAMED, 'more group')}" if len(groups) > _NAMED else ""
    return ", ".join(listed) + rest


def _spread(group: tuple[int, ...], of: _Kinds | None) -> list[int]:
    """The images of a group that are listed: first one of each split or class."""
    firsts = list({of[at]: at for at in reversed(group)}.values()) if of else []
    return sorted([*firsts, *(at for at in group if at not in firsts)][:_LISTED])
