"""A Dask cluster of real processes that tests may kill."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

WITHOUT_PACKAGE = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name == "nas":
            raise ModuleNotFoundError("No module named 'nas'", name="nas")
sys.meta_path.insert(0, Missing())
"""
"""A ``sitecustomize`` of a machine that lacks this package."""

ROOT = str(Path(__file__).parents[3])
"""Where workers find the functions of tests."""


@dataclass
class Cluster:
    """A scheduler and workers of one thread.

    Attributes:
        folder: For their files.
        address: Of the scheduler.
        processes: All of them, the scheduler first.
    """

    folder: Path
    address: str = ""
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def add(self, program: str, *words: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start ``dask PROGRAM``."""
        command = [sys.executable, "-m", "dask", program, "--no-dashboard", *words]
        log = (self.folder / "log").open("ab")
        with log:
            process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self.folder, env={**os.environ, **environment}
            )
        self.processes.append(process)
        return process

    def add_worker(
        self, *, has_package: bool = True, nanny: bool = True
    ) -> subprocess.Popen[bytes]:
        """Start a worker."""
        found = [ROOT]
        if not has_package:
            (self.folder / "sitecustomize.py").write_text(WITHOUT_PACKAGE)
            found.insert(0, str(self.folder))
        words = ("--nthreads", "1", "--local-directory", str(self.folder))
        return self.add(
            "worker",
            self.address,
            *words,
            "--nanny" if nanny else "--no-nanny",
            PYTHONPATH=os.pathsep.join(found),
        )


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """A cluster without workers; all its processes end with the block."""
    found = Cluster(folder)
    file = folder / "scheduler.json"
    try:
        found.add("scheduler", "--port", "0", "--host", "127.0.0.1", "--scheduler-file", str(file))
        deadline = time.monotonic() + 120
        while not file.exists() or '"address": "tcp' not in file.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.1)
        found.address = file.read_text().partition('"address": "')[2].partition('"')[0]
        yield found
    finally:
        for process in reversed(found.processes):
            process.terminate()
        for process in found.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
