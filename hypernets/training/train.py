"""Training a hypernetwork on architectures x data."""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from statistics import fmean
from typing import TYPE_CHECKING, Any

import torch

from hypernets import checkpoint
from hypernets.config import HypernetConfig
from hypernets.graph_hypernetwork import GraphHyperNetwork
from hypernets.measure import measure
from hypernets.ranks import Ranks
from hypernets.training.card import card_before
from hypernets.training.config import HypernetTraining
from hypernets.training.state import (
    STATE,
    Progress,
    begun_steps,
    check_ranks,
    load_finished,
    restore,
    save,
)
from nas.compile.apply import apply
from nas.config import from_mapping
from nas.errors import TrainingError, WorkerError, counted
from nas.events import Listener, Noted, StageProgress, ignore, stage
from nas.seeding import generator, rng
from nas.space.candidate import sample
from nas.study.forecast import duration
from nas.task.batch import Batch, labelled
from nas.training.device import autocast, channels_last
from nas.training.safe_convolution import safe_convolutions
from nas.training.schedule import warm_cosine

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor

    from hypernets.card import HypernetCard
    from nas.data.dataset import Dataset
    from nas.graph.graph import Graph
    from nas.space.search_space import SearchSpace

_PATIENCE = 20
_REPORT_EVERY = 10
_SAVE_EVERY = 200
_TIMED = 10
"""Steps whose time is measured before a training; architectures differ several times in theirs."""


def train_hypernet(
    space: SearchSpace,
    data: Dataset,
    out: Path,
    *,
    hypernet: str | None = None,
    settings: Mapping[str, Any] | None = None,
    start: GraphHyperNetwork | None = None,
    proxy: Mapping[str, Any] | None = None,
    training: HypernetTraining | None = None,
    command: str = "",
    device: torch.device | str = "cpu",
    ranks: Ranks | None = None,
    listen: Listener = ignore,
) -> GraphHyperNetwork:
    """Train a hypernetwork and save it in ``out``; the same call resumes an interrupted training.

    A finished one is loaded.

    Each step draws architectures of the space, the hypernetwork predicts their weights, and the
    mean cross-entropy of these networks on a batch of training images is backpropagated into it
    (Zhang et al. 2019, §4.2; meta-batches of Knyazev et al. 2021, §3.2). Networks are run one
    after another and pass on only the gradient of their weights, so memory holds one of them.

    Several ranks share the architectures of each step, all of which see the same images, so the
    result does not depend on the number of ranks beyond rounding, and a training may be resumed
    with another number. Rank 0 reads and writes ``out`` and calls ``listen``; it also measures the
    hypernetwork for its card, while the others return theirs after the last step.

    Args:
        space: Space of the training architectures.
        data: Data set at full resolution.
        out: Directory of the checkpoint, and of the training state until it is finished.
        hypernet: Entry of the family's table; the task's default if None.
        settings: Sizes that differ from that entry's.
        start: A trained hypernetwork to start from, of any space and data of this kind; its family
            and sizes are kept, ``hypernet`` and ``settings`` are left out.
        proxy: Macro sizes of the space, and ``resolution``, for training and scoring.
        training: Steps, batches, rates.
        command: The command line, for the card.
        device: Device of the training.
        ranks: The processes that share the training, see :func:`hypernets.join_ranks`; by default
            this one alone.
        listen: Receives progress events.

    Raises:
        TrainingError: The loss stayed non-finite.
        CheckpointError: ``out`` holds another hypernetwork, or the state of another training.
        ConfigError: There are more ranks than architectures in a step, a rank was given
            another training than rank 0, or ``start`` does not fit.
        WorkerError: Another rank has ended; the same call resumes the training.
    """
    training, ranks = training or HypernetTraining(), ranks or Ranks()
    card = card_before(
        out.name, space, data, hypernet, settings or {}, proxy or {}, training, command, start
    )
    ranks.check(training.meta_batch)
    check_ranks(card, ranks)
    finished = ranks.agreed(load_finished(card, out) if ranks.leads else None)
    if finished is not None:
        if ranks.leads:  # left by a process that was killed at this point
            (out / STATE).unlink(missing_ok=True)
        return finished.to(device)
    listen = listen if ranks.leads else ignore
    session = _Session(card, space, data, training, torch.device(device), ranks, start)
    session.resume(out, listen)
    with stage(listen, "train-hypernet", training.steps) as progress:
        session.run(out, progress)
    model = session.model.eval()
    if not ranks.leads:
        return model
    model.card = measure(
        model,
        space,
        data,
        seed=training.seed,
        workers=training.workers,
        device=device,
        listen=listen,
    )
    session.finish(out)
    return checkpoint.load(out).to(device) if training.half else model


def seconds_per_step(
    space: SearchSpace,
    data: Dataset,
    *,
    hypernet: str | None = None,
    settings: Mapping[str, Any] | None = None,
    start: GraphHyperNetwork | None = None,
    proxy: Mapping[str, Any] | None = None,
    training: HypernetTraining | None = None,
    device: torch.device | str = "cpu",
    ranks: Ranks | None = None,
) -> float:
    """Time that a step of :func:`train_hypernet` takes on this machine, from a few steps.

    Args:
        space: Space of the training architectures.
        data: Data set at full resolution.
        hypernet: Entry of the family's table; the task's default if None.
        settings: Sizes that differ from that entry's.
        start: A trained hypernetwork to start from.
        proxy: Macro sizes of the space, and ``resolution``, for training.
        training: Steps, batches, rates.
        device: Device of the training.
        ranks: The processes that share the training; each is told the time on rank 0.

    Raises:
        TrainingError: The loss stayed non-finite.
        ConfigError: There are more ranks than architectures in a step.
        WorkerError: Another rank has ended.
    """
    training, ranks = training or HypernetTraining(), ranks or Ranks()
    card = card_before(
        "pace", space, data, hypernet, settings or {}, proxy or {}, training, "", start
    )
    ranks.check(training.meta_batch)
    session = _Session(card, space, data, training, torch.device(device), ranks, start)
    return ranks.agreed(session.pace())


def trained_within(
    seconds: float,
    space: SearchSpace,
    data: Dataset,
    out: Path,
    training: HypernetTraining,
    *,
    ranks: Ranks | None = None,
    listen: Listener = ignore,
    **options: Any,
) -> HypernetTraining:
    """The training with as many steps as fit into a time on this machine.

    A training that has begun in ``out`` keeps its number of steps, so that it resumes.

    Args:
        seconds: The time.
        space: Space of the training architectures.
        data: Data set at full resolution.
        out: Directory of the checkpoint.
        training: Batches, rates.
        ranks: The processes that share the training; all take the same number of steps.
        listen: Receives a note on what was chosen, on rank 0.
        options: ``hypernet``, ``settings``, ``start``, ``proxy`` and ``device`` of
            :func:`train_hypernet`.

    Raises:
        TrainingError: The loss stayed non-finite.
        ConfigError: There are more ranks than architectures in a step.
        WorkerError: Another rank has ended.
    """
    ranks = ranks or Ranks()
    begun = ranks.agreed(begun_steps(out))
    if begun is not None:
        return replace(training, steps=begun)
    pace = seconds_per_step(space, data, training=training, ranks=ranks, **options)
    steps = max(1, int(seconds / pace))
    if ranks.leads:
        listen(
            Noted(
                text=f"A step takes {pace:.2g} s on this machine: {counted(steps, 'step')} in "
                f"{duration(seconds)}."
            )
        )
    return replace(training, steps=steps)


class _Session:
    """The state of one training."""

    def __init__(
        self,
        card: HypernetCard,
        space: SearchSpace,
        data: Dataset,
        training: HypernetTraining,
        device: torch.device,
        ranks: Ranks,
        start: GraphHyperNetwork | None,
    ) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(generator(training.seed, "hypernet").initial_seed())
            config = from_mapping(HypernetConfig, card.config)
            self.model = GraphHyperNetwork(config, card).to(device)
        if start is not None:
            _take_over(self.model, start)
        self._training = training
        self._kind = data.task.traits
        self._rate = training.rate(data.task.traits)
        self._space = space.at(**card.proxy)
        self._data = data.at(self._space.task.resolution).to(device)
        self._device = device
        self._ranks = ranks
        self._optimiser = torch.optim.AdamW(
            self.model.parameters(),
            lr=self._rate,
            weight_decay=training.weight_decay,
            fused=True,
        )
        self._step = 0
        self._seconds = 0.0
        self._skipped = 0
        self._updating = False

    def run(self, out: Path, progress: StageProgress) -> None:
        """Run all remaining steps; save the state periodically and on interruption."""
        start = self._seconds
        loss, accuracy = math.nan, math.nan
        self.model.train()
        try:
            with ThreadPoolExecutor(self._training.workers) as pool:
                while self._step < self._training.steps:
                    loss, accuracy = self._advance(pool, loss, accuracy)
                    self._step += 1
                    self._updating = False
                    self._seconds = start + progress.elapsed
                    if self._step % _REPORT_EVERY == 0:
                        progress.advance(self._step, loss=loss, accuracy=accuracy)
                    if self._step % _SAVE_EVERY == 0:
                        self._save(out)
        except (KeyboardInterrupt, WorkerError):
            if not self._updating:  # the state inside a step is not consistent
                self._save(out)
            raise

    def pace(self) -> float:
        """Seconds of a step, after a first one that allocates memory."""
        taken = []
        self.model.train()
        with ThreadPoolExecutor(self._training.workers) as pool:
            for self._step in range(1 + _TIMED):
                began = time.perf_counter()
                self._advance(pool, math.nan, math.nan)
                taken.append(time.perf_counter() - began)
        return fmean(taken[1:])

    def _advance(
        self, pool: ThreadPoolExecutor, loss: float, accuracy: float
    ) -> tuple[float, float]:
        """One step; returns running means of loss and accuracy."""
        training, step = self._training, self._step
        for group in self._optimiser.param_groups:
            group["lr"] = self._rate * warm_cosine(step, training.steps, training.warmup)
        draw = rng(training.seed, "architectures", step)
        drawn = [sample(self._space, draw).graph.simplified for _ in range(training.meta_batch)]
        graphs = self._ranks.share(drawn)
        batch = self._batch()
        predicted = self.model.predict(graphs)
        leaves = [
            {name: tensor.detach().requires_grad_() for name, tensor in params.items()}
            for params in predicted
        ]
        outcomes = [
            outcome
            for outcome in pool.map(
                lambda graph, params: self._backward(graph, params, batch), graphs, leaves
            )
            if outcome is not None
        ]
        count, summed_loss, summed_accuracy = self._ranks.summed(
            len(outcomes), sum(loss for loss, _ in outcomes), sum(share for _, share in outcomes)
        )
        if not count:
            self._skip()
            return loss, accuracy
        self._optimiser.zero_grad()
        _pass_on(predicted, leaves)
        self._ranks.sum_gradients(self.model)
        for parameter in self.model.parameters():
            if parameter.grad is not None:
                parameter.grad /= count
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), training.clip)
        if not math.isfinite(norm):
            self._skip()
            return loss, accuracy
        self._skipped = 0
        self._updating = True
        self._optimiser.step()
        return _running(loss, summed_loss / count), _running(accuracy, summed_accuracy / count)

    def _backward(
        self, graph: Graph, params: dict[str, Tensor], batch: Batch
    ) -> tuple[float, float] | None:
        """Loss and accuracy of one network; its weights' gradients are stored in ``params``."""
        with (
            autocast(self._device, self._training.precision),
            safe_convolutions(self._device),
        ):
            outputs = apply(graph, params, *batch.inputs).float()
            loss = self._kind.loss(outputs, batch.labels, 0.0)
        if not math.isfinite(loss.item()):
            return None
        loss.backward()
        known = labelled(batch.labels)
        figures = self._kind.figures(outputs.detach()[known], batch.labels[known])
        return loss.item(), figures["accuracy"]

    def _batch(self) -> Batch:
        """The training samples of this step, augmented."""
        draw = generator(self._training.seed, "images", self._step)
        drawn = self._data.train.drawn(self._training.batch_size, draw)
        changed = self._kind.vary_for_hypernet(drawn, self._data.flip, draw)
        return Batch(channels_last(changed.inputs), changed.labels)

    def _skip(self) -> None:
        self._skipped += 1
        if self._skipped == _PATIENCE:
            raise TrainingError(
                f"no finite loss or gradient in {_PATIENCE} steps running, the last one "
                f"{self._step}",
                hint="Lower the learning rate, or start again from another seed.",
            )

    def resume(self, out: Path, listen: Listener) -> None:
        """Resume from the state in ``out`` if there is one.

        Raises:
            CheckpointError: It belongs to another training, or is corrupt.
        """
        found = restore(out, self.model, self._optimiser) if self._ranks.leads else None
        progress = self._ranks.agreed(found)
        self._ranks.synchronise(self.model, self._optimiser)
        if progress is not None:
            self._step, self._seconds = progress.step, progress.seconds
            listen(Noted(text=f"going on at step {self._step} of {self._training.steps}"))

    def _save(self, out: Path) -> None:
        if self._ranks.leads:
            save(out, self.model, self._optimiser, Progress(self._step, self._seconds))

    def finish(self, out: Path) -> None:
        """Write the checkpoint and remove the training state."""
        card = self.model.card
        self.model.card = replace(
            card,
            training={
                **card.training,
                "seconds": round(self._seconds, 1),
                "device": self._device.type,
                "torch": torch.__version__,
            },
        )
        checkpoint.save(self.model, out, half=self._training.half)
        (out / STATE).unlink(missing_ok=True)


@torch.no_grad()
def _take_over(model: GraphHyperNetwork, start: GraphHyperNetwork) -> None:
    """Copy the weights of a hypernetwork; vectors of classes beyond its own stay as drawn."""
    given = start.state_dict()
    for name, own in model.state_dict().items():
        count = min(own.shape[-1], given[name].shape[-1])
        own[..., :count] = given[name][..., :count]


def _pass_on(predicted: list[dict[str, Tensor]], leaves: list[dict[str, Tensor]]) -> None:
    """Backpropagate the gradients of networks' weights into the hypernetwork."""
    tensors = [tensor for params in predicted for tensor in params.values()]
    grads = [leaf.grad for params in leaves for leaf in params.values()]
    reached = [index for index, grad in enumerate(grads) if grad is not None]
    if reached:  # the losses of this rank's networks may all be non-finite
        torch.autograd.backward(
            [tensors[index] for index in reached], [grads[index] for index in reached]
        )


def _running(old: float, new: float) -> float:
    return new if math.isnan(old) else 0.95 * old + 0.05 * new
