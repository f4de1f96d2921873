"""The product on a CUDA device beside the CPU: ``pytest -m gpu`` on a machine that has one.

Both compute in 32 bits; on CUDA torch lets convolutions round their inputs to 10 bits of mantissa
(TF32), hence the tolerances.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import nas as nas_package
import search_spaces
from hypernets.checkpoint import load
from nas.evaluate.scorer import Estimate, ScoreConfig, Scorer
from nas.seeding import rng
from nas.space.candidate import Candidate, sample
from tests.cli.program import ON_DIGITS, nas
from tests.hypernets.shared_training import STEPS, Losses, train

pytestmark = pytest.mark.gpu

ROOT = Path(__file__).parents[2]
DEVICE = "cuda"
FEW_STEPS = 10


@pytest.fixture(scope="module")
def drawn() -> list[Candidate]:
    space = search_spaces.get("nasnet", nas_package.load_dataset("digits").task)
    return [sample(space, rng(0, "gpu", index)) for index in range(4)]


def test_predicted_weights_are_those_of_the_cpu(drawn: list[Candidate]) -> None:
    graphs = [one.network for one in drawn]
    expected = load("nasnet-digits").predict(graphs)
    found = load("nasnet-digits").to(DEVICE).predict(graphs)
    for there, here in zip(found, expected, strict=True):
        assert all(tensor.device.type == DEVICE for tensor in there.values())
        moved = {name: tensor.cpu() for name, tensor in there.items()}
        torch.testing.assert_close(moved, here, rtol=1e-3, atol=1e-4)


def test_scores_are_those_of_the_cpu(drawn: list[Candidate]) -> None:
    data, config = nas_package.load_dataset("digits"), ScoreConfig(precision="fp32")
    losses = []
    for device in (torch.device("cpu"), torch.device(DEVICE)):
        scorer = Scorer(load("nasnet-digits").to(device), data.to(device), config, device=device)
        found = [one for one in scorer(drawn) if isinstance(one, Estimate)]
        losses.append([one.loss for one in found])
    assert len(losses[0]) == len(drawn)
    assert losses[1] == pytest.approx(losses[0], rel=1e-2)


def test_losses_of_a_hypernetwork_are_those_of_the_cpu(tmp_path: Path) -> None:
    found = []
    for place, device in (("here", "cpu"), ("there", DEVICE)):
        losses = Losses(stop=FEW_STEPS)
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / place, losses, device=device)
        found.append(losses.found)
    assert len(found[0]) == FEW_STEPS
    assert found[1] == pytest.approx(found[0], rel=1e-2)


def test_a_training_begun_on_the_device_is_finished_on_the_cpu(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, Losses(stop=FEW_STEPS), device=DEVICE)
    rest = Losses()
    model = train(tmp_path, rest)
    assert len(rest.found) == STEPS - FEW_STEPS
    assert all(parameter.isfinite().all() for parameter in model.parameters())


def test_a_search_and_its_exports(
    hypernet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lengths = ("--n-trials", 6, "--finalists", 2, "--finalist-epochs", 1, "--max-epochs", 2)
    searched = nas(
        "search", *ON_DIGITS, "--weights", hypernet, *lengths, "--device", DEVICE, "--out", "run"
    )
    assert searched.code == 0, searched.err
    formats = "python,safetensors,onnx,torch-export"
    exported = nas("export", "run", "--format", formats, "--out", "exported")  # on the CPU
    assert exported.code == 0, exported.err


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two GPUs")
def test_two_gpus_train_one_hypernetwork(tmp_path: Path) -> None:
    alone = Losses(stop=FEW_STEPS)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "alone", alone, device=DEVICE)
    words = ("torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    script = ("-m", "tests.hypernets.shared_training", str(tmp_path / "hn"), "0", DEVICE)
    subprocess.run([sys.executable, "-m", *words, *script], cwd=ROOT, check=True)
    shared = json.loads((tmp_path / "losses.json").read_text())
    assert shared[:FEW_STEPS] == pytest.approx(alone.found, rel=1e-3)
