"""The allocator holds for a whole process, so each test has one of its own."""

import platform
import subprocess
import sys

import pytest

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
