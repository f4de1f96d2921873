from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from cli.user_code.optional_packages import problem_of, torchvision_problem
from tests.cli.program import nas

MISMATCH = "raise RuntimeError('operator torchvision::nms does not exist')"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Where the source of a module stands that is imported in place of torchvision."""
    (tmp_path / "fake" / "torchvision").mkdir(parents=True)
    monkeypatch.delitem(sys.modules, "torchvision", raising=False)
    monkeypatch.syspath_prepend(tmp_path / "fake")
    yield tmp_path / "fake" / "torchvision" / "__init__.py"
    sys.modules.pop("torchvision", None)


@pytest.mark.parametrize(
    ("version", "cure"),
    [
        ("2.13.0+cpu", "torchvision --index-url https://download.pytorch.org/whl/cpu"),
        ("2.13.0+cu128", "torchvision --index-url https://download.pytorch.org/whl/cu128"),
        ("2.13.0", "--no-deps torchvision"),
    ],
)
def test_the_cure_is_the_build_of_this_torch(version, cure, package, monkeypatch):
    package.write_text(MISMATCH)
    monkeypatch.setattr(torch, "__version__", version)
    problem = problem_of("torchvision")
    assert problem is not None
    assert f"does not match torch {version}: " in problem.message
    assert problem.hint.endswith(cure)


def test_a_package_may_be_broken_in_another_way(package):
    package.write_text("import nothing_of_that_name")
    problem = problem_of("torchvision")
    assert problem is not None
    assert "ModuleNotFoundError: No module named 'nothing_of_that_name'" in problem.message


def test_a_package_that_can_be_imported_has_no_problem(package):
    package.touch()
    assert problem_of("torchvision") is None


def test_the_problem_may_lie_behind_another_error():
    error = ValueError("no model")
    error.__cause__ = RuntimeError("operator torchvision::nms does not exist")
    assert torchvision_problem(error) is not None
    assert torchvision_problem(ValueError("no model")) is None


@pytest.mark.parametrize(
    "words",
    [
        ("predict", "net.py:Net"),
        ("predict", "net.py:late"),
        ("spaces", "net.py:build"),
        ("rank", "--space", "net.py:build", "--dataset", "digits", "--sample", 1),
    ],
)
@pytest.mark.parametrize("place", ["file", "function"])
def test_code_that_imports_it_gets_a_sentence_and_a_cure(words, place, package):
    package.write_text(MISMATCH)
    source = "{}\ndef late():\n    {}\ndef build(trial, data):\n    {}\nNet = late\n"
    line = "import torchvision"
    Path("net.py").write_text(source.format(*((line if place == "file" else ""), line, line)))
    answer = nas(*words)
    assert answer.code == 1
    assert f"does not match torch {torch.__version__}: " in answer.error
    assert "hint: Install the build that matches: pip install " in answer.err
