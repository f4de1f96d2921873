"""Training shared by several processes, real ones in the slow tests."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from torch.testing import assert_close

from hypernets.cards import CARD, WEIGHTS
from hypernets.checkpoint import load
from hypernets.launch import Launch, launch
from hypernets.ranks import Ranks, _device, join_ranks
from hypernets.training import train as training_module
from hypernets.training.state import STATE, check_ranks
from hypernets.training.train import train_hypernet
from nas.errors import ConfigError, DeviceError
from tests.hypernets.hypernet_toys import digits, make_hypernet, mixed
from tests.hypernets.shared_training import STEPS, TRAINING, Losses, train

if TYPE_CHECKING:
    from hypernets.graph_hypernetwork import GraphHyperNetwork

ROOT = Path(__file__).parents[2]
STARTED = {
    "RANK": "3",
    "WORLD_SIZE": "4",
    "LOCAL_RANK": "1",
    "LOCAL_WORLD_SIZE": "2",
    "MASTER_ADDR": "127.0.0.1",
    "MASTER_PORT": "1",
}


def test_a_process_that_nobody_launched_is_the_only_rank() -> None:
    assert launch() == Launch()
    with join_ranks("cpu") as ranks:
        assert ranks == Ranks()
        assert ranks.leads


def test_how_torchrun_started_a_rank_is_in_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in STARTED.items():
        monkeypatch.setenv(name, value)
    assert launch() == Launch(rank=3, size=4, local_rank=1, local_size=2)
    monkeypatch.delenv("MASTER_PORT")  # RANK alone may be somebody else's
    assert launch() == Launch()


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_the_shares_are_all_architectures_once(size: int) -> None:
    shares = [Ranks(rank, size).share(list(range(5))) for rank in range(size)]
    assert sorted(number for share in shares for number in share) == list(range(5))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_more_ranks_than_architectures_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="4 ranks share a meta-batch of 3 arch") as error:
        train_hypernet(mixed(), digits(), tmp_path, training=TRAINING, ranks=Ranks(0, 4))
    assert error.value.hint == "Give --meta-batch 4 or more, or start fewer ranks."


def test_a_rank_with_another_data_set_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ranks, "agreed", lambda _, value: {**value, "dataset": "mnist"})
    message = 'the hypernetwork of rank 0 was made with another dataset: "mnist", not "digits"'
    with pytest.raises(ConfigError, match=message):
        check_ranks(make_hypernet().card, Ranks(1, 2))


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with two GPUs, as far as names of devices are concerned."""
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)


@pytest.mark.usefixtures("gpus")
@pytest.mark.parametrize(
    ("name", "started", "expected"),
    [
        ("auto", Launch(3, 4, 1, 2), "cuda:1"),
        ("cuda", Launch(2, 4, 0, 2), "cuda:0"),
        ("cpu", Launch(5, 8, 5, 8), "cpu"),
        ("cuda", Launch(), "cuda"),
        ("cuda:1", Launch(), "cuda:1"),
    ],
)
def test_each_rank_has_the_gpu_of_its_number_on_its_machine(
    name: str, started: Launch, expected: str
) -> None:
    assert _device(name, started) == torch.device(expected)


@pytest.mark.usefixtures("gpus")
@pytest.mark.parametrize(
    ("name", "local", "message"),
    [
        ("cuda:1", 2, "2 ranks were started, and device 'cuda:1' is a single one"),
        ("cuda", 3, "3 ranks were started on this machine, but torch sees 2 CUDA devices"),
    ],
)
def test_ranks_without_a_gpu_of_their_own(name: str, local: int, message: str) -> None:
    with pytest.raises(DeviceError, match=message):
        _device(name, Launch(0, local, 0, local))


def shared(out: Path, death: int = 0) -> subprocess.CompletedProcess[str]:
    """The training in two processes."""
    words = ("--standalone", "--nproc-per-node", "2", "-m", "tests.hypernets.shared_training")
    return subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", *words, str(out), str(death)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def losses_in(folder: Path) -> list[float]:
    found: list[float] = json.loads((folder / "losses.json").read_text())
    return found


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[GraphHyperNetwork, list[float]]:
    """The hypernetwork that one process trains, and the losses of its steps."""
    losses = Losses()
    return train(tmp_path_factory.mktemp("alone") / "hn", losses), losses.found


def assert_close_to(model: GraphHyperNetwork, expected: GraphHyperNetwork) -> None:
    for one, other in zip(model.parameters(), expected.parameters(), strict=True):
        assert_close(one, other, rtol=0, atol=1e-4)


@pytest.mark.slow
def test_two_processes_train_as_one(
    tmp_path: Path, alone: tuple[GraphHyperNetwork, list[float]]
) -> None:
    expected, losses = alone
    done = shared(tmp_path / "hn")

    assert done.returncode == 0, done.stderr
    assert len(losses) == STEPS
    assert losses_in(tmp_path) == pytest.approx(losses, abs=1e-4)
    assert sorted(path.name for path in (tmp_path / "hn").iterdir()) == [CARD, WEIGHTS]
    model = load(tmp_path / "hn")
    assert_close_to(model, expected)
    graph = mixed().graph({"kind": "sound"})
    for name, tensor in model.predict([graph])[0].items():
        assert_close(tensor, expected.predict([graph])[0][name], rtol=0, atol=1e-3)
    written, usual = model.card, expected.card
    assert written.measured.keys() == usual.measured.keys()
    assert replace(written, measured={}, reference={}, digest="", training={}) == replace(
        usual, measured={}, reference={}, digest="", training={}
    )


@pytest.mark.slow
def test_a_rank_that_is_killed_ends_the_other_and_one_process_goes_on(
    tmp_path: Path, alone: tuple[GraphHyperNetwork, list[float]]
) -> None:
    expected, losses = alone
    died = shared(tmp_path / "hn", death=17)

    assert died.returncode != 0
    told = ("another rank of this training has ended", "closing signal")  # torchrun may be first
    assert any(words in died.stderr for words in told)
    assert [path.name for path in (tmp_path / "hn").iterdir()] == [STATE]
    first = losses_in(tmp_path)
    assert len(first) == 17
    rest = Losses()
    model = train(tmp_path / "hn", rest)
    assert first + rest.found == pytest.approx(losses, abs=1e-4)
    assert_close_to(model, expected)


@pytest.mark.slow
def test_two_processes_continue_the_training_of_one(
    tmp_path: Path, alone: tuple[GraphHyperNetwork, list[float]]
) -> None:
    expected, losses = alone
    first = Losses(stop=17)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "hn", first)
    done = shared(tmp_path / "hn")

    assert done.returncode == 0, done.stderr
    assert first.found + losses_in(tmp_path) == pytest.approx(losses, abs=1e-4)
    assert_close_to(load(tmp_path / "hn"), expected)


def test_alone_nothing_is_communicated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hypernets.ranks.dist", None)
    monkeypatch.setattr(training_module, "_REPORT_EVERY", 1)
    losses = Losses(stop=2)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, losses)
    assert len(losses.found) == 2
