from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.program import ON_DIGITS, nas

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Default paths lead into a folder of the test's own; measurements are short."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NAS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("NAS_DEBUG", raising=False)
    monkeypatch.setattr("hypernets.measure.ARCHITECTURES", 4)


@pytest.fixture(scope="session")
def finished(hypernet: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished search; tests must not change it."""
    folder = tmp_path_factory.mktemp("runs") / "finished"
    lengths = ("--n-trials", 6, "--finalists", 2, "--finalist-epochs", 1, "--max-epochs", 1)
    answer = nas(
        "search", *ON_DIGITS, "--weights", hypernet, *lengths, "--images", 32, "--out", folder
    )
    assert answer.code == 0, answer.err
    return folder
