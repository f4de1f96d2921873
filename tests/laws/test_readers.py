"""Whatever a file holds, reading it succeeds or ends in an error for the user."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.architecture import read_architecture
from cli.commands import rank
from cli.runs import read_result, read_settings, read_trials
from hypernets import checkpoint
from hypernets.training import state as training_state
from nas.analysis.cost import cost
from nas.config import read_toml
from nas.errors import NasError
from nas.exporting.final_training import RECORD, train_and_save
from nas.exporting.save import load_module
from nas.files import digest
from nas.graph.builder import GraphBuilder
from nas.graph.graph import Graph
from nas.graph.ops.call import Call
from nas.space.candidate import candidate, sample
from nas.study.record.run_folder import RunFolder
from nas.training.train import train
from search_spaces.registry import get, names
from tests.hypernets.hypernet_toys import make_hypernet
from tests.laws.file_damage import damaged
from tests.nas.exporting.test_final_training import SHORT
from tests.nas.study.study_toys import toy_search
from tests.nas.training.train_toys import toy_data, toy_graph
from tests.search_spaces.tasks import DIGITS, small_task

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EXAMPLES = int(os.environ.get("NAS_EXAMPLES", "40"))
LAW = partial(
    settings,
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)


class Reader(NamedTuple):
    """A file in a folder, and what reads it."""

    file: str
    read: Callable[[Path], object]


def read_graph(root: Path) -> None:
    """A graph that is taken can be asked everything."""
    graph = read_architecture(str(root / "graph.json"), "nasnet", DIGITS)
    assert Graph.from_json(graph.to_json()) == graph
    graph.hash()
    cost(graph)


def restore(root: Path) -> None:
    model = make_hypernet()
    training_state.restore(root, model, torch.optim.AdamW(model.parameters()))


def load_same(root: Path) -> None:
    """Weights that are taken are those that were written."""
    assert digest(checkpoint.load(root / "hypernet").state_dict()) == digest(WEIGHTS)


def read_run(root: Path) -> None:
    read_settings(root / "run")
    RunFolder(root / "run").read_identity()


READERS = {
    "graph": Reader("graph.json", read_graph),
    "list of architectures": Reader(
        "archs.json", lambda root: rank._read(str(root / "archs.json"), get("nb201", DIGITS))
    ),
    "configuration": Reader("config.toml", lambda root: read_toml(root / "config.toml")),
    "card": Reader("hypernet/card.json", lambda root: checkpoint.load(root / "hypernet")),
    "weights": Reader("hypernet/model.safetensors", load_same),
    "state of a hypernetwork's training": Reader(training_state.STATE, restore),
    "state of a training": Reader(
        "state.safetensors",
        lambda root: train(toy_graph(), toy_data(), SHORT, checkpoint=root / "state.safetensors"),
    ),
    "record of a training": Reader(
        f"trained/{RECORD}",
        lambda root: train_and_save(toy_graph(), toy_data(), root / "trained", SHORT),
    ),
    "trained weights": Reader(
        "trained/model.safetensors", lambda root: load_module(toy_graph(), root / "trained")
    ),
    "run": Reader("run/run.json", read_run),
    "result": Reader("run/result.json", lambda root: read_result(root / "run")),
    "table of trials": Reader("run/trials.csv", lambda root: read_trials(root / "run")),
}
WEIGHTS: dict[str, torch.Tensor] = {}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file for each reader."""
    root = tmp_path_factory.mktemp("readers")
    (root / "graph.json").write_text(_graph().to_json())
    space, rng = get("nb201", DIGITS), np.random.default_rng(0)
    (root / "archs.json").write_text(
        json.dumps([sample(space, rng).architecture for _ in range(3)])
    )
    (root / "config.toml").write_text('seed = 3\nn-trials = 8\nconstraint = ["params<=1e6"]\n')
    model = make_hypernet()
    WEIGHTS.update({name: tensor.clone() for name, tensor in model.state_dict().items()})
    checkpoint.save(model, root / "hypernet")
    optimiser = torch.optim.AdamW(model.parameters())
    torch.stack([p.sum() for p in model.parameters()]).sum().backward()
    optimiser.step()
    training_state.save(root, make_hypernet(), optimiser, training_state.Progress(1, 0.5))
    train(toy_graph(), toy_data(), SHORT, checkpoint=root / "state.safetensors")
    train_and_save(toy_graph(), toy_data(), root / "trained", SHORT)
    toy_search(root / "run", n_trials=4, finalists=1, max_epochs=0)
    run = json.loads((root / "run/run.json").read_text())
    task = run["identity"]["space"]["task"]
    run["identity"]["space"] = {"name": "nb201", "task": task, "channels": 4}  # a registered one
    run["identity"]["weights"]["name"] = "nasnet-digits"
    (root / "run/run.json").write_text(json.dumps(run))
    return root


def _graph() -> Graph:
    b = GraphBuilder()
    x = b.conv2d(b.input((1, 3, 8, 8)), 8, stride=2)
    x = b.op(Call(expression="torch.permute(x0, (0, 2, 3, 1))"), b.relu(b.batch_norm(x)))
    x = b.op(Call(expression="torch.permute(x0, (0, 3, 1, 2))"), b.dropout(x, 0.5))
    x = b.add(b.conv2d(x, 8, groups=8), b.max_pool(x, 3, stride=1))
    return b.build(b.classifier(x, 10))


@pytest.mark.parametrize("name", READERS)
def test_a_damaged_file_is_read_or_refused(name: str, root: Path) -> None:
    reader = READERS[name]
    file = root / reader.file
    content = file.read_bytes()
    reader.read(root)

    @LAW()
    @given(damaged(content))
    def law(damage: bytes) -> None:
        file.write_bytes(damage)
        with suppress(NasError):
            reader.read(root)

    try:
        law()
    finally:
        file.write_bytes(content)


@pytest.mark.parametrize("name", READERS)
def test_a_folder_in_place_of_a_file_is_refused(name: str, root: Path) -> None:
    reader = READERS[name]
    file = root / reader.file
    content = file.read_bytes()
    file.unlink()
    file.mkdir()
    try:
        with pytest.raises(NasError):
            reader.read(root)
    finally:
        file.rmdir()
        file.write_bytes(content)


@pytest.mark.parametrize("name", names())
def test_a_damaged_notation_is_read_or_refused(name: str) -> None:
    space = get(name, small_task(name))
    text = sample(space, np.random.default_rng(0)).architecture.encode()

    @LAW()
    @given(st.one_of(damaged(text), st.binary(max_size=20)))
    def law(damage: bytes) -> None:
        with suppress(NasError):
            candidate(space, damage.decode(errors="surrogateescape"))

    law()
