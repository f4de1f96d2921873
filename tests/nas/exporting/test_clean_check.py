from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from nas.errors import ExportError
from nas.exporting.clean_check import check_clean

if TYPE_CHECKING:
    from pathlib import Path

CASES = [((torch.ones(2, 3),), (torch.full((2, 3), 2.0),))]
DOUBLES = """
def load(folder):
    factor = float(open(f"{folder}/factor").read())
    return lambda x: [factor * x]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "factor").write_text("2")
    return tmp_path


def test_equal_outputs_have_no_difference(folder: Path) -> None:
    assert check_clean(DOUBLES, folder, CASES) == 0


def test_other_outputs_are_refused(folder: Path) -> None:
    (folder / "factor").write_text("2.0001")
    with pytest.raises(ExportError, match=r"differs from the network by 5\.0e-05"):
        check_clean(DOUBLES, folder, CASES)


@pytest.mark.parametrize("package", ["nas", "nas.graph", "search_spaces", "cli"])
def test_this_package_is_not_there(package: str, folder: Path) -> None:
    with pytest.raises(ExportError, match=r"new process: \w*(Import|ModuleNotFound)Error"):
        check_clean(f"import {package}\n{DOUBLES}", folder, CASES)


def test_errors_of_the_file_are_told(folder: Path) -> None:
    (folder / "factor").unlink()
    with pytest.raises(ExportError, match=r"new process: FileNotFoundError"):
        check_clean(DOUBLES, folder, CASES)
