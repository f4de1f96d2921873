"""Short trainings of one network from predicted and from default weights."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

import torch

from hypernets.predicted_module import predict_module
from nas.config import from_mapping
from nas.errors import TrainingError
from nas.events import Listener, ignore, stage
from nas.files import write_json
from nas.modules.calling import as_given, graph_call
from nas.modules.classifier import Classifier
from nas.seeding import derive
from nas.training.config import default_training
from nas.training.fine_tune import FineTuned, fine_tune

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from torch import Tensor, nn

    from nas.data.dataset import Dataset
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.task.task import Task

KINDS = ("predicted", "default")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One training.

    Attributes:
        kind: Of its initial weights, one of :data:`KINDS`.
        steps: Its length.
        rate: Peak learning rate.
        seed: Of the default weights and of the order of the images.
        before: Accuracy on the ranking split before it.
        after: After it; 0 if it diverged.
    """

    kind: str
    steps: int
    rate: float
    seed: int
    before: float
    after: float

    @property
    def key(self) -> tuple[str, int, float, int]:
        """What tells it from others of the same network."""
        return self.kind, self.steps, self.rate, self.seed


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The trainings of each network.

    Attributes:
        steps: Lengths.
        rates: Peak learning rates, of which each kind of weights gets the better one.
        seeds: Repetitions.
    """

    steps: Sequence[int]
    rates: Sequence[float]
    seeds: Sequence[int]

    @property
    def keys(self) -> list[tuple[str, int, float, int]]:
        """All of them, as in :attr:`Row.key`."""
        return list(product(KINDS, self.steps, self.rates, self.seeds))


def measured(
    file: Path,
    make: Callable[[Task], nn.Module],
    data: Dataset,
    predictor: WeightPredictor,
    plan: Plan,
    listen: Listener = ignore,
) -> list[Row]:
    """The trainings of a network; those in its file are not done again."""
    rows = {row.key: row for row in read(file)}
    missing = [key for key in plan.keys if key not in rows]
    if missing:
        states = {seed: _states(make, data, predictor, seed) for seed in plan.seeds}
        network = _network(make, data, plan.seeds[0])
        with stage(listen, file.stem, len(missing)) as progress:
            for done, key in enumerate(missing):
                kind, steps, rate, seed = key
                network.load_state_dict(states[seed][kind])
                found = _trained(network, data, steps, rate, seed)
                rows[key] = Row(
                    kind=kind,
                    steps=steps,
                    rate=rate,
                    seed=seed,
                    before=found.before,
                    after=found.after,
                )
                write_json(file, {"rows": [asdict(row) for row in rows.values()]})
                progress.advance(done + 1, accuracy=found.after)
    return [rows[key] for key in plan.keys]


def read(file: Path) -> list[Row]:
    """What a file holds, nothing if there is none."""
    if not file.exists():
        return []
    found = json.loads(file.read_text(encoding="utf-8"))["rows"]
    return [from_mapping(Row, row) for row in found]


def _trained(network: nn.Module, data: Dataset, steps: int, rate: float, seed: int) -> FineTuned:
    try:
        config = replace(default_training(data.task), lr=rate)
        return fine_tune(network, data, steps, config=config, seed=seed)
    except TrainingError:
        return FineTuned(before=0.0, after=0.0, lr=rate)


def _states(
    make: Callable[[Task], nn.Module], data: Dataset, predictor: WeightPredictor, seed: int
) -> Mapping[str, Mapping[str, Tensor]]:
    """The network's state with default weights and with predicted ones."""
    network = _network(make, data, seed)
    default = _kept(network)
    assert predict_module(predictor, network.network, _example(data)).coverage.share == 1
    return {"predicted": _kept(network), "default": default}


def _network(make: Callable[[Task], nn.Module], data: Dataset, seed: int) -> Classifier:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive(seed, "weights"))
        network = make(data.task)
    of_nodes = data.task.traits.on_graph
    return Classifier(
        network, arguments=graph_call(network, *_example(data)) if of_nodes else as_given
    )


def _example(data: Dataset) -> tuple[Tensor, ...]:
    """What networks for the data are read on: an empty image, or the whole graph."""
    task = data.task
    if task.traits.on_graph:
        return data.train.whole().inputs
    return (torch.zeros(1, task.channels, task.resolution, task.resolution),)


def _kept(network: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}
