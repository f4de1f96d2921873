from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

from nas.data.images.folder import folder_members
from tests.nas.data.pictures import paint, paint_classes

if TYPE_CHECKING:
    from pathlib import Path


def found(folder: Path) -> tuple[list[str], dict[str, int]]:
    skipped: Counter[str] = Counter()
    return sorted(str(member.name) for member in folder_members(folder, skipped)), dict(skipped)


def test_other_files_are_counted_and_hidden_ones_are_not(tmp_path: Path) -> None:
    folder = paint_classes(tmp_path, 1)
    for name in ("cat/labels.txt", "cat/._000.png", "__MACOSX/cat/1.png", ".git/cat/1.png"):
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text("none")
    (folder / "cat" / "odd.png").mkdir()
    paint(folder / "dog" / "UPPER.PNG")
    assert found(folder) == (["cat/000.png", "dog/000.png", "dog/UPPER.PNG"], {".txt": 1})


def test_links_to_files_and_folders_are_followed(tmp_path: Path) -> None:
    folder = paint_classes(tmp_path / "pets", 1)
    paint(tmp_path / "elsewhere" / "emu" / "1.png")
    (folder / "emu").symlink_to(tmp_path / "elsewhere" / "emu")
    (folder / "cat" / "2.png").symlink_to(tmp_path / "elsewhere" / "emu" / "1.png")
    (folder / "owl").symlink_to("emu", target_is_directory=True)
    names = ["cat/000.png", "cat/2.png", "dog/000.png", "emu/1.png", "owl/1.png"]
    assert found(folder) == (names, {})


def test_a_link_that_leads_back_is_followed_no_further(tmp_path: Path) -> None:
    folder = paint_classes(tmp_path / "pets", 1)
    (folder / "cat" / "all").symlink_to(folder)
    (folder / "cat" / "self").symlink_to(folder / "cat" / "self")
    assert found(folder) == (["cat/000.png", "dog/000.png"], {"circular link": 2})


def test_what_cannot_be_read_is_counted(tmp_path: Path) -> None:
    folder = paint_classes(tmp_path, 1)
    (folder / "cat" / "2.png").symlink_to("nowhere.png")
    os.mkfifo(folder / "cat" / "3.png")
    assert found(folder)[1] == {"broken link": 1, "special file": 1}
