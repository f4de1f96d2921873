"""Training of one network."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open

from nas.compile.module import to_module
from nas.errors import CheckpointError, ConfigError, GraphError
from nas.events import Listener, ignore, stage
from nas.files import write_tensors
from nas.seeding import derive, generator
from nas.train.augment import augment
from nas.train.device import check_precision
from nas.train.evaluate import evaluate
from nas.train.identity import difference, identity
from nas.train.schedule import warm_cosine
from nas.train.sgd import Sgd

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor
    from torch.fx import GraphModule

    from nas.data.dataset import Dataset
    from nas.graph.graph import Graph


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How a network is trained: SGD with Nesterov momentum, warm-up, cosine.

    Attributes:
        epochs: Passes over the training images.
        batch_size: Images in a step.
        lr: Peak learning rate.
        momentum: Of the gradient.
        weight_decay: On all parameters.
        label_smoothing: Share of the target spread over all classes.
        warmup: Share of the steps in which the rate rises.
        clip: Largest norm of the gradient.
        precision: ``auto`` (bf16 on CUDA), ``fp32`` or ``bf16``.
    """

    epochs: int = 30
    batch_size: int = 64
    lr: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 3e-4
    label_smoothing: float = 0.1
    warmup: float = 0.1
    clip: float = 5.0
    precision: str = "auto"

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("momentum", "label_smoothing", "warmup"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"{name} must lie in [0, 1), got {getattr(self, name)}")
        for name in ("lr", "clip"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"{name} must be positive, got {getattr(self, name)}")
        if not self.weight_decay >= 0:
            raise ConfigError(f"weight_decay must not be negative, got {self.weight_decay}")
        check_precision(self.precision)


@dataclass(frozen=True)
class Epoch:
    """Figures of one pass: mean training loss, accuracy on the ranking split."""

    train_loss: float
    val_accuracy: float


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained network.

    Attributes:
        module: In evaluation mode, on the device it was trained on.
        val_accuracy: After the last epoch.
        history: One entry for each epoch.
        seconds: Spent training, interruptions not counted.
    """

    module: GraphModule
    val_accuracy: float
    history: tuple[Epoch, ...]
    seconds: float

    @property
    def epochs(self) -> int:
        """Passes over the training images."""
        return len(self.history)


def initialised(graph: Graph, params: Mapping[str, Tensor]) -> GraphModule:
    """The graph's module with given parameters; running statistics may be among them.

    Raises:
        GraphError: A parameter is missing, surplus, or of another shape.
    """
    expected = {name: spec.shape for name, spec in graph.parameters().items()}
    given = {name: tuple(params[name].shape) for name in params if not _is_statistic(name)}
    if given != expected:
        names = expected.keys() | given.keys()
        name = min(name for name in names if expected.get(name) != given.get(name))
        raise GraphError(
            f"parameter {name!r} should have shape {expected.get(name, 'none')}, "
            f"got {given.get(name, 'none')}"
        )
    module = to_module(graph)
    state = module.state_dict()
    for name, tensor in params.items():
        if name not in state or state[name].shape != tensor.shape:
            shape = tuple(state[name].shape) if name in state else "none"
            raise GraphError(
                f"statistic {name!r} should have shape {shape}, got {tuple(tensor.shape)}"
            )
    module.load_state_dict(
        {name: tensor.detach() for name, tensor in params.items()}, strict=False
    )
    return module


def _is_statistic(name: str) -> bool:
    return name.rpartition(".")[2] in ("running_mean", "running_var", "num_batches_tracked")


def train(
    graph: Graph,
    data: Dataset,
    config: TrainConfig,
    *,
    params: Mapping[str, Tensor] | None = None,
    seed: int = 0,
    device: torch.device | str = "cpu",
    listen: Listener = ignore,
    checkpoint: Path | None = None,
) -> Trained:
    """Train a network on the training split.

    Args:
        graph: The network.
        data: At the graph's resolution.
        config: Epochs, rates.
        params: Weights to start from; torch's defaults drawn from the seed if None.
        seed: Of the initial weights, the order of the images, augmentation and dropout.
        device: Where to train.
        listen: Hears of every epoch.
        checkpoint: A file that holds the state after every epoch. If it exists the training goes
            on from it; the caller removes it once the result is safe.

    Raises:
        TrainingError: The loss is no longer finite.
        CheckpointError: The checkpoint is corrupt or of another training.
    """
    device = torch.device(device)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive(seed, "weights"))
        module = to_module(graph) if params is None else initialised(graph, params)
    module = module.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    known: dict[str, Any] = {}
    if checkpoint is not None:
        known = identity(graph, data, config, params=params, seed=seed)
    run = _Run(module, data.to(device), config, seed, device)
    if checkpoint is not None and checkpoint.exists():
        run.restore(checkpoint, known)
    with stage(listen, "train", config.epochs) as progress:
        before = run.seconds
        while len(run.history) < config.epochs:
            epoch = run.epoch()
            run.seconds = before + progress.elapsed
            progress.advance(
                len(run.history), loss=epoch.train_loss, val_accuracy=epoch.val_accuracy
            )
            if checkpoint is not None:
                run.store(checkpoint, known)
    return Trained(module.eval(), run.history[-1].val_accuracy, tuple(run.history), run.seconds)


class _Run:
    """The state of one training."""

    def __init__(
        self,
        module: GraphModule,
        data: Dataset,
        config: TrainConfig,
        seed: int,
        device: torch.device,
    ) -> None:
        self.history: list[Epoch] = []
        self.seconds = 0.0
        self._module = module
        self._data = data
        self._config = config
        self._seed = seed
        self._device = device
        self._sgd = Sgd(module, config, device)

    def epoch(self) -> Epoch:
        """One pass over the training images; everything random in it follows from its number."""
        number = len(self.history)
        draw = generator(self._seed, "epoch", number)
        batch = min(self._config.batch_size, len(self._data.train))
        steps = len(self._data.train) // batch
        self._module.train()
        total = 0.0
        with torch.random.fork_rng(
            devices=[self._device] if self._device.index is not None else []
        ):
            torch.manual_seed(derive(self._seed, "dropout", number))
            batches = self._data.train.batches(batch, draw, drop_last=True)
            for index, (images, labels) in enumerate(batches):
                step = number * steps + index
                rate = warm_cosine(step, self._config.epochs * steps, self._config.warmup)
                moved = augment(images, flip=self._data.flip, generator=draw)
                total += self._sgd.step(moved, labels, rate, where=f"epoch {number + 1}")
        accuracy = evaluate(
            self._module,
            self._data.val,
            device=self._device,
            precision=self._config.precision,
        ).accuracy
        self.history.append(Epoch(total / steps, accuracy))
        return self.history[-1]

    def store(self, file: Path, known: Mapping[str, Any]) -> None:
        """Write weights, statistics, momentum and history in one step."""
        tensors = {f"model.{name}": t for name, t in self._module.state_dict().items()}
        for name, parameter in self._module.named_parameters():
            momentum = self._sgd.optimiser.state.get(parameter, {}).get("momentum_buffer")
            if momentum is not None:
                tensors[f"momentum.{name}"] = momentum
        progress = {
            **known,
            "history": [asdict(epoch) for epoch in self.history],
            "seconds": self.seconds,
        }
        write_tensors(file, tensors, {"progress": json.dumps(progress)})

    def restore(self, file: Path, known: Mapping[str, Any]) -> None:
        """Take up the state that :meth:`store` wrote.

        Raises:
            CheckpointError: The file is corrupt, or of another training.
        """
        try:
            with safe_open(file, "pt", device=str(self._device)) as content:
                progress: dict[str, Any] = json.loads(content.metadata()["progress"])
                tensors = {name: content.get_tensor(name) for name in content.keys()}  # noqa: SIM118
        except (SafetensorError, OSError, KeyError, TypeError, json.JSONDecodeError) as error:
            raise _corrupt(file, error) from None
        differing = difference(progress, known)
        if differing:
            raise CheckpointError(
                f"the training state {str(file)!r} is of a training with another {differing}",
                hint="Delete it, or choose another directory.",
            )
        state = {n[len("model.") :]: t for n, t in tensors.items() if n.startswith("model.")}
        try:
            self._module.load_state_dict(state)
        except RuntimeError as error:
            raise _corrupt(file, error) from None
        self.history = [Epoch(**epoch) for epoch in progress["history"]]
        self.seconds = progress["seconds"]
        state = self._sgd.optimiser.state
        for name, parameter in self._module.named_parameters():
            if f"momentum.{name}" in tensors:
                state[parameter]["momentum_buffer"] = tensors[f"momentum.{name}"]


def _corrupt(file: Path, error: Exception) -> CheckpointError:
    return CheckpointError(
        f"the training state {str(file)!r} is corrupt: {error}",
        hint="Delete it to start this training again.",
    )
