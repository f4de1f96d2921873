"""Training of one network."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from statistics import fmean
from typing import TYPE_CHECKING, Any

import torch

from nas.compile.module import to_module
from nas.config import from_mapping
from nas.errors import CheckpointError, ConfigError, GraphError, counted
from nas.events import Listener, Noted, ignore, stage
from nas.files import writing
from nas.resume import check_same, read_state, write_state
from nas.seeding import derive, generator, seeded
from nas.training.descent import Descent
from nas.training.evaluate import evaluate
from nas.training.identity import completed, training_identity
from nas.training.layout import takes_channels_last
from nas.training.memory import check_memory
from nas.training.methods.augmentation import augmentation
from nas.training.methods.drop_path import training_graph
from nas.training.methods.loss import training_loss
from nas.training.methods.moving_average import moving_average
from nas.training.starts.initial import InitialWeights

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor, nn
    from torch.fx import GraphModule

    from nas.data.dataset import Dataset
    from nas.graph.graph import Graph
    from nas.modules.own_module import OwnModule
    from nas.training.config import TrainConfig
    from nas.training.methods.distillation import Teacher


@dataclass(frozen=True)
class Epoch:
    """Figures of one pass.

    Attributes:
        train_loss: Mean over its steps.
        val_accuracy: Accuracy on the ranking split.
        val_loss: Loss on the ranking split.
        rate: Learning rate of its last step.
        seconds: Its time, evaluation included.
    """

    train_loss: float
    val_accuracy: float
    val_loss: float
    rate: float = 0.0
    seconds: float = field(default=0.0, compare=False)

    def beats(self, other: Epoch) -> bool:
        """Whether its loss on the ranking split is lower.

        Accuracies on a few hundred samples are coarse, and the highest of many is biased upwards.
        """
        return self.val_loss < other.val_loss or math.isnan(other.val_loss)


Log = Callable[[Sequence[Epoch]], None]
"""Receives all epochs of a training so far."""


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained network.

    Attributes:
        module: In evaluation mode, on the device it was trained on.
        val_accuracy: Accuracy with the kept weights.
        ranking_accuracy: The accuracy to rank it by: the same, or, where the best epoch is kept,
            the mean over the epochs around it, a sixth of the training on either side.
        history: One entry for each epoch.
        seconds: Time of training, without interruptions.
    """

    module: nn.Module
    val_accuracy: float
    ranking_accuracy: float
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


def check_trainable(graph: Graph) -> None:
    """Raise unless a network has parameters that its output depends on.

    Raises:
        GraphError: It has none.
    """
    if not graph.simplified.parameters():
        raise GraphError("the network has no parameters, so there is nothing to train")


def check_methods(
    graph: Graph,
    data: Dataset,
    config: TrainConfig,
    *,
    own: OwnModule | None = None,
    teacher: Teacher | None = None,
) -> None:
    """Raise unless all methods of a training can be used.

    Args:
        graph: The network.
        data: At the graph's resolution.
        config: The settings.
        own: The user's module of this network, if it is trained in its place.
        teacher: A network whose outputs it also learns.

    Raises:
        ConfigError: A method makes no sense for the task or the network, or needs a package that
            is missing.
    """
    config.check_suits(data.task.traits, taught=teacher is not None)
    training_graph(graph, config, is_own=own is not None)
    augmentation(config, data)


def _is_statistic(name: str) -> bool:
    return name.rpartition(".")[2] in ("running_mean", "running_var", "num_batches_tracked")


def train(
    graph: Graph,
    data: Dataset,
    config: TrainConfig,
    *,
    params: Mapping[str, Tensor] | InitialWeights | None = None,
    own: OwnModule | None = None,
    teacher: Teacher | None = None,
    seed: int = 0,
    device: torch.device | str = "cpu",
    listen: Listener = ignore,
    log: Log | None = None,
    checkpoint: Path | None = None,
) -> Trained:
    """Train a network on the training split.

    Args:
        graph: The network.
        data: At the graph's resolution.
        config: Epochs, rates.
        params: Weights to start from, also as made from the seed; torch's defaults drawn from it
            if None.
        own: The user's module of this network, trained in its place: from its own values, or from
            ``params`` for its learned parameters.
        teacher: A network whose outputs it also learns.
        seed: Seed of the initial weights, the order of the images, augmentation and dropout.
        device: Device of the training.
        listen: Receives the events of every epoch.
        log: Receives all epochs so far after each of them.
        checkpoint: A file for the state after every epoch. If it exists the training resumes from
            it; the caller removes it once the result is saved.

    Raises:
        GraphError: The network has no parameters to train.
        ConfigError: A method cannot be used, see :func:`check_methods`.
        TrainingError: The loss is no longer finite, or there is too little memory.
        CheckpointError: The checkpoint is corrupt or of another training.
        WriteError: The checkpoint cannot be written.
    """
    check_trainable(graph)
    check_methods(graph, data, config, own=own, teacher=teacher)
    device = torch.device(device)
    check_memory(graph, min(config.batch_size, data.train.rows), device)
    data = data.to(device)
    trained = training_graph(graph, config, is_own=own is not None)
    resumes = False
    if checkpoint is not None:
        with writing(checkpoint):
            resumes = checkpoint.exists()
    if isinstance(params, InitialWeights):
        weights = None if resumes else params.make(seed)
    else:
        weights = params
    if own is None:
        module: nn.Module = _compiled(trained, weights, seed).to(device)
        fastest = True
    else:
        own.start_from(weights or {})
        module = own.module.to(device)
        fastest = takes_channels_last(module, data)
    if fastest:
        module = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    known: dict[str, Any] = {}
    if checkpoint is not None:
        known = training_identity(
            graph, data, config, params=params, own=own, teacher=teacher, seed=seed
        )
    run = _Run(module, data, config, seed, device, teacher)
    if checkpoint is not None and resumes:
        run.restore(checkpoint, known)
    with stage(listen, "train", config.epochs, steps="epochs") as progress:
        before = run.seconds
        while not run.is_over:
            epoch = run.epoch()
            run.seconds = before + progress.elapsed
            progress.advance(
                len(run.history),
                loss=epoch.train_loss,
                val_accuracy=epoch.val_accuracy,
                rate=epoch.rate,
            )
            if log is not None:
                log(run.history)
            if checkpoint is not None:
                run.store(checkpoint, known)
    if run.has_stopped_early:
        text = f"Stopped after epoch {len(run.history)}: the loss on the ranking split was not"
        listen(Noted(text=f"{text} lower for {counted(config.patience, 'epoch')}."))
    run.finish()
    module = run.module
    if own is not None:  # returned in torch's default memory layout
        module = module.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    return Trained(
        module.eval(), run.kept.val_accuracy, run.ranking_accuracy, tuple(run.history), run.seconds
    )


def _compiled(graph: Graph, params: Mapping[str, Tensor] | None, seed: int) -> GraphModule:
    """The graph's module, with weights drawn from the seed unless some are given."""
    with seeded(derive(seed, "weights")):
        return to_module(graph) if params is None else initialised(graph, params)


class _Run:
    """The state of one training."""

    def __init__(
        self,
        module: nn.Module,
        data: Dataset,
        config: TrainConfig,
        seed: int,
        device: torch.device,
        teacher: Teacher | None = None,
    ) -> None:
        self.history: list[Epoch] = []
        self.seconds = 0.0
        self._module = module
        self._data = data
        self._config = config
        self._seed = seed
        self._device = device
        self._kind = data.task.traits
        loss = training_loss(config, data, teacher)
        self._descent = Descent(module, config, self._kind, device, loss=loss)
        self._augment = augmentation(config, data)
        self._average = moving_average(module, config.ema) if config.ema else None
        self._best_state: dict[str, Tensor] = {}

    @property
    def module(self) -> nn.Module:
        """The network with the weights that are evaluated and kept."""
        return self._module if self._average is None else self._average.module

    @property
    def is_over(self) -> bool:
        """Whether all epochs are done, or the training has stopped early."""
        return len(self.history) >= self._config.epochs or self.has_stopped_early

    @property
    def has_stopped_early(self) -> bool:
        """Whether the patience was over before all epochs were done."""
        done, patience = len(self.history), self._config.patience
        is_early = 0 < done < self._config.epochs
        return is_early and 0 < patience < done - self._place

    def epoch(self) -> Epoch:
        """One pass over the training images; its number determines all its randomness."""
        number, began = len(self.history), time.monotonic()
        draw = generator(self._seed, "epoch", number)
        size = min(self._config.batch_size, len(self._data.train))
        batches = list(self._data.train.batches(size, draw, drop_last=True))
        self._module.train()
        total, rate = 0.0, 1.0
        cuda = [self._device] if self._device.index is not None else []
        with torch.random.fork_rng(cuda), seeded(derive(self._seed, "dropout", number)):
            for index, batch in enumerate(batches):
                rate = self._config.rate(
                    number * len(batches) + index, self._config.epochs * len(batches)
                )
                changed = self._kind.vary(batch, self._data.flip, draw)
                if self._augment is not None:
                    changed = self._augment(changed)
                total += self._descent.step(changed, rate, where=f"epoch {number + 1}")
                if self._average is not None:
                    self._average.update_parameters(self._module)
        found = evaluate(
            self.module,
            self._data.val,
            self._kind,
            device=self._device,
            precision=self._config.precision,
        )
        epoch = Epoch(
            total / len(batches),
            found.accuracy,
            found.loss,
            rate=rate * self._config.lr,
            seconds=time.monotonic() - began,
        )
        self.history.append(epoch)
        if self._config.keep == "best" and self.kept is epoch:
            self._best_state = {
                name: tensor.clone() for name, tensor in self.module.state_dict().items()
            }
        return epoch

    @property
    def kept(self) -> Epoch:
        """The epoch whose weights are kept, among those so far."""
        return self.history[self._place]

    @property
    def ranking_accuracy(self) -> float:
        """The accuracy to rank by; that of the best epoch of many is biased upwards."""
        if self._config.keep == "last":
            return self.kept.val_accuracy
        reach = round(len(self.history) / 6)
        near = self.history[max(0, self._place - reach) : self._place + reach + 1]
        return fmean(epoch.val_accuracy for epoch in near)

    @property
    def _place(self) -> int:
        """Index of the kept epoch in the history; the first of equally good ones."""
        last = len(self.history) - 1
        if self._config.keep == "last":
            return last
        best = 0
        for place, epoch in enumerate(self.history):
            if epoch.beats(self.history[best]):
                best = place
        return best

    def finish(self) -> None:
        """Load the kept weights into the module."""
        if self._best_state:
            self.module.load_state_dict(self._best_state)

    def store(self, file: Path, known: Mapping[str, Any]) -> None:
        """Write weights, statistics, optimiser state, and history atomically."""
        progress = {
            **known,
            "history": [asdict(epoch) for epoch in self.history],
            "seconds": self.seconds,
        }
        average = {} if self._average is None else self._average.state_dict()
        write_state(
            file,
            self._module,
            self._descent.optimiser,
            progress,
            best=self._best_state,
            average=average,
        )

    def restore(self, file: Path, known: Mapping[str, Any]) -> None:
        """Resume from the state that :meth:`store` wrote.

        Raises:
            CheckpointError: The file is corrupt, or of another training.
        """

        def refused(why: object) -> CheckpointError:
            return CheckpointError(
                f"the training state {str(file)!r} is corrupt: {why}",
                hint="Delete it to start this training again.",
            )

        def of_another(text: str) -> CheckpointError:
            return CheckpointError(text, hint="Delete it, or choose another directory.")

        state = read_state(file, refused, self._device)
        check_same(
            completed(state.progress),
            completed(known),
            f"the training state {str(file)!r}",
            of_another,
        )
        best = state.part("best")
        try:
            if best:
                self._module.load_state_dict(best)  # which shows that it fits
            if self._average is not None:
                self._average.load_state_dict(state.part("average"))
            self.history = [from_mapping(Epoch, epoch) for epoch in state.progress["history"]]
            self.seconds = float(state.progress["seconds"])
        except (RuntimeError, KeyError, TypeError, ValueError, ConfigError) as error:
            raise refused(error) from None
        state.load_into(self._module, self._descent.optimiser)
        self._best_state = best
