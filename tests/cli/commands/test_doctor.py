from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from nas.evaluate.scorer import Failure
from nas.registry import Registry
from tests.cli.program import nas

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """A hypernetwork for the default space and data set."""
    directory = tmp_path_factory.mktemp("shipped") / "small"
    sizes = ("--steps", 1, "--meta-batch", 1, "--batch-size", 8, "--settings", "hidden=4")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hypernets.measure.ARCHITECTURES", 2)
        assert nas("train-hypernet", *sizes, "--out", directory).code == 0
    return directory


@pytest.fixture
def _default(small, monkeypatch):
    """Makes it the only shipped one."""
    registry: Registry[Path] = Registry("shipped hypernetwork")
    registry.register("small")(small)
    monkeypatch.setattr("hypernets.cards.shipped", lambda: registry)


@pytest.mark.usefixtures("_default")
def test_versions_device_and_a_step_that_works():
    answer = nas("doctor", "--device", "cpu", "--json")

    assert (answer.code, answer.err) == (0, "")
    assert answer.document["torch"] == torch.__version__
    assert answer.document["device"] == "cpu"
    assert answer.document["hypernetwork"] == "small"
    assert answer.document["step_seconds"] > 0
    assert 0 <= answer.document["step_accuracy"] <= 1
    assert nas("doctor", "--device", "cpu").out.splitlines()[-1] == "all is well"


@pytest.mark.usefixtures("_default")
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
