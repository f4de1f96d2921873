"""The built package holds all that the sources do, and runs from another folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("nas", "search_spaces", "hypernets", "cli")
_RUN = """
import sys
import cli, hypernets, nas, search_spaces
from cli.main import run
print(*(module.__file__ for module in (cli, hypernets, nas, search_spaces)), sep="\\n")
sys.exit(run(["doctor"]))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an installed wheel."""
    pytest.importorskip("setuptools", minversion="77")
    sources, target = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("installed")
    kept = [*PACKAGES, "pyproject.toml", "README.md", "LICENSE"]  # building writes beside them
    for name in kept:
        (sources / name).symlink_to(ROOT / name)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--target", str(target)]
    done = subprocess.run([*pip, *options, str(sources)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return target


@pytest.mark.slow
def test_the_package_holds_every_file_of_the_sources(installed: Path) -> None:
    for package in PACKAGES:
        sources = {
            path.relative_to(ROOT)
            for path in (ROOT / package).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        built = {
            path.relative_to(installed)
            for path in (installed / package).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert built == sources


@pytest.mark.slow
def test_the_package_runs_from_another_folder(installed: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(installed), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", _RUN], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert all(Path(line).is_relative_to(installed) for line in done.stdout.splitlines()[:4])
