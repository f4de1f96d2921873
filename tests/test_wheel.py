"""The built packages hold all that the sources do, and run from another folder."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
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


_BUILD = """
import sys
from setuptools import build_meta
print(getattr(build_meta, sys.argv[1])(sys.argv[2]))
"""


def built(kind: str, sources: Path, out: Path) -> Path:
    """What the build backend makes of sources: ``build_sdist`` or ``build_wheel``."""
    done = subprocess.run(
        [sys.executable, "-c", _BUILD, kind, str(out)], cwd=sources, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return out / done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources in a folder of their own: building writes beside them."""
    pytest.importorskip("setuptools", minversion="77")
    folder = tmp_path_factory.mktemp("sources")
    for name in (*PACKAGES, "pyproject.toml", "README.md", "LICENSE"):
        (folder / name).symlink_to(ROOT / name)
    return folder


@pytest.fixture(scope="module")
def wheel(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that is built from the source distribution."""
    folder = tmp_path_factory.mktemp("built")
    with tarfile.open(built("build_sdist", sources, folder)) as archive:
        archive.extractall(folder, filter="data")
    (unpacked,) = (path for path in folder.iterdir() if path.is_dir())
    return built("build_wheel", unpacked, folder)


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the installed wheel."""
    target = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    options = ["--no-deps", "--no-index", "--target", str(target)]
    done = subprocess.run([*pip, *options, str(wheel)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return target


@pytest.mark.slow
def test_the_wheel_of_the_source_distribution_is_that_of_the_sources(
    wheel: Path, sources: Path, tmp_path: Path
) -> None:
    direct = built("build_wheel", sources, tmp_path)
    assert direct.name == wheel.name
    contents = []
    for file in (direct, wheel):
        with zipfile.ZipFile(file) as archive:
            contents.append({entry.filename: entry.CRC for entry in archive.infolist()})
    assert contents[0] == contents[1]


@pytest.mark.slow
def test_the_package_holds_every_file_of_the_sources(installed: Path) -> None:
    for package in PACKAGES:
        held = {
            path.relative_to(ROOT)
            for path in (ROOT / package).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        found = {
            path.relative_to(installed)
            for path in (installed / package).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert found == held


@pytest.mark.slow
def test_the_package_runs_from_another_folder(installed: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(installed), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", _RUN], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert all(Path(line).is_relative_to(installed) for line in done.stdout.splitlines()[:4])
