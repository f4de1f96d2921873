"""Split and class of an image, from the folders that contain it."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from nas.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path, PurePosixPath

SPLITS = ("train", "val", "test")
LAYOUT = "Lay images out as train/<class>/*.png, or as <class>/*.png to be split by seed."
SPLIT_OF = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
}
"""The split that a name stands for, in small letters."""
_Folders = tuple[str, ...]


def split_and_class(path: Path, names: Sequence[PurePosixPath]) -> list[tuple[str, str]]:
    """``("train", "cat")`` of ``any/train/cat/1.png``; no split, ``""``, of ``cat/1.png``.

    Leading folders that all images share are left out. Below them, the first folder that has the
    name of a split and holds another folder is the split of an image. If no image has a split, all
    images are for training if a leading folder is named so. The class is the first folder below
    the split in which the paths differ.

    Args:
        path: Folder or archive, for messages.
        names: Paths of the images relative to it; at least one.

    Raises:
        DataError: The layout is unknown, or two folders may be the class.
    """
    folders = [name.parts[:-1] for name in names]
    lead = _shared(folders)
    below = [folder[lead:] for folder in folders]
    places = [_split_place(folder) for folder in below]
    if all(place is None for place in places):
        training = any(SPLIT_OF.get(name.lower()) == "train" for name in folders[0][:lead])
        part = "train" if training else ""
        keys = [(part, folder[0] if folder else "") for folder in below]
        _check_classes(path, names, keys)
        if not part:
            _check_depth(path, names, below)
        return keys
    parts, inner = [], []
    for name, folder, place in zip(names, below, places, strict=True):
        if place is None:
            no_class = not folder or _is_split(folder[-1])
            where = "no class folder" if no_class else "none of train/, val/ and test/"
            raise _misplaced(path, name, where)
        parts.append(SPLIT_OF[folder[place].lower()])
        inner.append(folder[place + 1 :])
    first = _shared(inner)
    keys = list(zip(parts, (folder[first] for folder in inner), strict=True))
    _check_classes(path, names, keys)
    return keys


def _shared(folders: Sequence[_Folders]) -> int:
    """Number of leading folders that all images share, with at least one more below them."""
    levels = zip(*folders, strict=False)
    shared = len(list(takewhile(lambda names: len(set(names)) == 1, levels)))
    return max(0, min(shared, min(map(len, folders)) - 1))


def _is_split(folder: str) -> bool:
    return folder.lower() in SPLIT_OF


def _split_place(folders: _Folders) -> int | None:
    """Place of the first folder that has the name of a split and holds another folder."""
    return next((at for at, name in enumerate(folders[:-1]) if _is_split(name)), None)


def _misplaced(path: Path, name: PurePosixPath, where: str) -> DataError:
    return DataError(f"{str(name)!r} in {str(path)!r} is in {where}", hint=LAYOUT)


def _check_classes(
    path: Path, names: Sequence[PurePosixPath], keys: Sequence[tuple[str, str]]
) -> None:
    """Raise unless every image is in a class folder, and there are two or more classes."""
    for name, (_, label) in zip(names, keys, strict=True):
        if not label:
            raise _misplaced(path, name, "no class folder")
    classes = sorted({label for _, label in keys})
    parts = {part for part, _ in keys}
    if len(classes) < 2 or (parts == {""} and all(map(_is_split, classes))):
        raise DataError(
            f"expected images of two or more classes in {str(path)!r}, found {len(names)} "
            f"images of {classes}",
            hint=LAYOUT,
        )


def _check_depth(path: Path, names: Sequence[PurePosixPath], folders: Sequence[_Folders]) -> None:
    """Raise if folders within class folders may be splits, or the classes themselves.

    They may be classes if all images are in them and no two class folders hold the same name:
    ``animals/cat``, ``animals/dog`` and ``vehicles/car`` look like ``cat/2021``, ``cat/2022`` and
    ``dog/2023``.
    """
    for name, folder in zip(names, folders, strict=True):
        if any(map(_is_split, folder[1:])):
            raise _misplaced(path, name, "a split inside a class folder")
    if min(map(len, folders)) < 2:
        return
    pairs = {folder[:2] for folder in folders}
    outer, inner = ({pair[at] for pair in pairs} for at in (0, 1))
    if len(outer) < len(inner) == len(pairs):
        pair = min(pairs)
        raise DataError(
            f"the images in {str(path)!r} have {len(outer)} classes such as {pair[0]!r} or "
            f"{len(inner)} such as {pair[1]!r}",
            hint="Move the images of a class into one folder without subfolders. " + LAYOUT,
        )
