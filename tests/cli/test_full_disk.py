"""Searches on a disk that is full, again and again at another place."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from tests.cli.program import ON_DIGITS, nas

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="mounts a small disk"),
]
SEARCH = (
    *("search", *ON_DIGITS, "--weights", "none", "--n-trials", 12, "--finalists", 2),
    *("--max-epochs", 3, "--images", 32, "--json"),
)


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of 2 MB in memory; skips where none can be mounted."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip("no right to mount a disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def parts(answer):
    return {key: answer.document[key] for key in ("best", "finalists", "trials", "pareto")}


PLACES = (0, 8, 20, 40, 80, 160, 320, 640, 1280, 2040)


@pytest.mark.parametrize(
    ("words", "places"),
    [((), PLACES), (("--workers", 1), PLACES[::3])],
    ids=["alone", "worker"],
)
def test_a_search_continues_whenever_there_is_room_again(words, places, tmp_path):
    alone = nas(*SEARCH, "--out", tmp_path / "alone")
    assert alone.code == 0, alone.err
    messages = set()
    with small_disk(tmp_path / "disk") as disk:
        filler, out = disk / "filler", disk / "run"
        for left in places:
            filler.unlink(missing_ok=True)
            used = sum(-(-file.stat().st_size // 4096) for file in disk.rglob("*.*"))
            with suppress(OSError):  # it is full all the more
                filler.write_bytes(bytes(1024 * max(0, 2048 - 4 * used - left)))
            answer = nas(*SEARCH, "--out", out, *words)
            if answer.code == 0:
                break
            assert answer.code == 1
            last = answer.err.splitlines()[-2:]
            assert "no space left on device" in last[0].lower(), answer.err
            assert last[1].startswith("hint: ")
            messages.add(last[0])
    assert parts(answer) == parts(alone)
    assert len(messages) > 1
