from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError
from typing import TYPE_CHECKING

import pytest
import torch

from cli.user_code.optional_packages import OPTIONAL
from nas.evaluate.scorer import Failure
from nas.registry import Registry
from tests.cli.program import SPACE, nas

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def _small(shipped, monkeypatch):
    """Makes a small space and data set the default ones; a hypernetwork is shipped for them."""
    monkeypatch.setattr("cli.options.USUAL_SPACE", SPACE[1])
    monkeypatch.setattr("cli.options.USUAL_DATA", "digits")


@pytest.fixture
def _fake(tmp_path, monkeypatch):
    """Modules that stand for the optional packages, and can all be imported."""
    for module in OPTIONAL.values():
        (tmp_path / "fake" / module).mkdir(parents=True)
        (tmp_path / "fake" / module / "__init__.py").touch()
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.syspath_prepend(tmp_path / "fake")
    yield
    for module in OPTIONAL.values():
        sys.modules.pop(module, None)


@pytest.mark.usefixtures("_small", "_fake")
def test_versions_device_and_a_step_that_works():
    answer = nas("doctor", "--device", "cpu", "--json")

    assert (answer.code, answer.err) == (0, "")
    assert answer.document["torch"] == torch.__version__
    assert answer.document["device"] == "cpu"
    assert answer.document["hypernetwork"] == "tiny"
    assert answer.document["step_seconds"] > 0
    assert 0 <= answer.document["step_accuracy"] <= 1
    assert answer.document["problems"] == {}
    assert nas("doctor", "--device", "cpu").out.splitlines()[-1] == "all is well"


@pytest.mark.slow
def test_the_step_is_one_of_a_search_without_arguments(monkeypatch):
    none: Registry[Path] = Registry("shipped hypernetwork")
    monkeypatch.setattr("hypernets.cards.shipped", lambda: none)
    monkeypatch.setattr("cli.user_code.optional_packages.problem_of", lambda package: None)
    answer = nas("doctor", "--device", "cpu", "--json")

    assert answer.code == 0, answer.err
    assert answer.document["hypernetwork"] == "none"
    assert answer.document["step_seconds"] > 0


@pytest.mark.usefixtures("_small", "_fake")
def test_packages_that_cannot_be_imported_are_found_with_a_cure(tmp_path):
    (tmp_path / "fake" / "torchvision" / "__init__.py").write_text(
        "raise RuntimeError('operator torchvision::nms does not exist')"
    )
    (tmp_path / "fake" / "timm" / "__init__.py").write_text("import torchvision")
    answer = nas("doctor", "--device", "cpu")
    document = nas("doctor", "--device", "cpu", "--json").document

    assert answer.code == 0
    assert f"does not match torch {torch.__version__}" in answer.out
    assert "timm imports torchvision: " in answer.out
    assert answer.out.count("pip install --force-reinstall --no-deps torchvision") == 1
    last = "The program works; models that need torchvision and timm do not."
    assert answer.out.splitlines()[-1] == last
    assert document["problems"].keys() == {"torchvision", "timm"}
    assert document["problems"]["torchvision"].keys() == {"message", "hint"}


@pytest.mark.usefixtures("_small", "_fake")
def test_a_package_that_is_not_installed_is_no_problem(tmp_path, monkeypatch):
    monkeypatch.setattr("cli.user_code.optional_packages.find_spec", lambda _: None)
    monkeypatch.setattr("cli.user_code.optional_packages.version", _missing)
    document = nas("doctor", "--device", "cpu", "--json").document

    assert document["torchvision"] is document["timm"] is None
    assert document["problems"] == {}


def _missing(package):
    raise PackageNotFoundError(package)


@pytest.mark.usefixtures("_small")
@pytest.mark.parametrize("words", [(), ("--json",)])
def test_a_step_without_a_finite_result_fails(words, monkeypatch):
    failed = Failure("its output is not finite")
    monkeypatch.setattr("nas.evaluate.scorer.Scorer.__call__", lambda self, some: [failed])
    answer = nas("doctor", "--device", "cpu", *words)

    assert answer.code == 1
    assert answer.error == "error: the step failed: its output is not finite"
    assert "all is well" not in answer.out
    if words:
        assert answer.document["step_accuracy"] is None
