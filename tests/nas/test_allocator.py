"""The allocator holds for a whole process, so its test has processes of its own."""

from __future__ import annotations

import platform
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from nas import allocator

if TYPE_CHECKING:
    from pathlib import Path

_FAULTS = """
import resource
from nas.allocator import keep_freed_memory
{setting}
def allocate():
    for _ in range(20):
        b"x" * 2**26  # 16,384 pages
allocate()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
allocate()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(setting: str) -> int:
    program = [sys.executable, "-c", _FAULTS.format(setting=setting)]
    return int(subprocess.run(program, check=True, capture_output=True, text=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="a setting of glibc")
def test_freed_memory_is_used_again_without_asking_the_system() -> None:
    assert page_faults("keep_freed_memory()") * 20 < page_faults("")


_RESIDENT = """
from nas.allocator import keep_freed_memory, return_freed_memory
keep_freed_memory()
def resident():
    (line,) = [x for x in open("/proc/self/status") if x.startswith("VmRSS")]
    return int(line.split()[1])
blocks = [b"x" * 2**20 for _ in range(300)]
last = blocks[-1]  # what is above freed memory keeps it from shrinking
del blocks
before = resident()
return_freed_memory()
print(before - resident())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="a function of glibc")
def test_freed_memory_is_returned_where_it_is_asked_for() -> None:
    program = [sys.executable, "-c", _RESIDENT]
    freed = int(subprocess.run(program, check=True, capture_output=True, text=True).stdout)
    assert freed > 250 * 1024


def test_a_container_has_less(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(allocator, "_CONTAINER", limit)
    whole = allocator.memory()
    limit.write_text("max\n")
    assert allocator.memory() == whole > 2**20
    limit.write_text("1048576\n")
    assert allocator.memory() == 2**20
