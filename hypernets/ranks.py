"""The processes that train one hypernetwork together, as ``torchrun`` starts them."""

from __future__ import annotations

import io
import signal
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import torch
import torch.distributed as dist

from hypernets.launch import Launch, launch
from nas.errors import ConfigError, DeviceError, WorkerError, counted
from nas.training.device import resolve_device

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn
    from torch.optim import Optimizer

T = TypeVar("T")

_CPU = torch.device("cpu")


@dataclass(frozen=True)
class Ranks:
    """The ranks of a training, and which of them this process is; by default the only one.

    Every rank makes the same calls in the same order.

    Attributes:
        rank: Number of this process; rank 0 writes and reports.
        size: Number of processes.
        device: Device of this process.
    """

    rank: int = 0
    size: int = 1
    device: torch.device = _CPU

    @property
    def leads(self) -> bool:
        """Whether this process writes and reports."""
        return self.rank == 0

    def check(self, meta_batch: int) -> None:
        """Raise unless each rank has an architecture in every step.

        Raises:
            ConfigError: There are more ranks than architectures.
        """
        if self.size > meta_batch:
            raise ConfigError(
                f"{self.size} ranks share a meta-batch of {counted(meta_batch, 'architecture')}, "
                "but each rank needs at least one",
                hint=f"Give --meta-batch {self.size} or more, or start fewer ranks.",
            )

    def share(self, things: list[T]) -> list[T]:
        """The part of a list that this rank works on: every ``size``-th entry.

        Example:
            >>> Ranks(rank=1, size=2).share(["a", "b", "c", "d", "e"])
            ['b', 'd']
        """
        return things[self.rank :: self.size]

    def agreed(self, value: T) -> T:
        """The value of rank 0, on every rank; it holds no tensors of a GPU.

        Raises:
            WorkerError: Another rank has ended.
        """
        if self.size == 1:
            return value
        values = [value]
        with _reported():
            dist.broadcast_object_list(values, src=0, device=_CPU)
        return values[0]

    def summed(self, *numbers: float) -> list[float]:
        """The sum of each number over all ranks.

        Raises:
            WorkerError: Another rank has ended.
        """
        if self.size == 1:
            return list(numbers)
        sums = torch.tensor(numbers, dtype=torch.float64)
        with _reported():
            dist.all_reduce(sums)
        return sums.tolist()

    # DistributedDataParallel averages over ranks what one forward and backward of a module left.
    # Here the mean is over networks: ranks may have different numbers of them, one whose loss is
    # not finite is left out, and a parameter that no network needed has no gradient. So the sums
    # are reduced in one call, as DDP does within a bucket, and the caller divides them.
    def sum_gradients(self, module: nn.Module) -> None:
        """Replace the gradient of each parameter by its sum over all ranks.

        A parameter that has none on any rank keeps none.

        Raises:
            WorkerError: Another rank has ended.
        """
        if self.size == 1:
            return
        parameters = list(module.parameters())
        reached = torch.tensor([float(one.grad is not None) for one in parameters])
        grads = [torch.zeros_like(one) if one.grad is None else one.grad for one in parameters]
        flat = torch.cat([reached.to(grads[0].device), *(grad.flatten() for grad in grads)])
        with _reported():
            dist.all_reduce(flat)
        counts, *sums = flat.split([len(parameters), *(one.numel() for one in parameters)])
        for one, count, total in zip(parameters, counts.tolist(), sums, strict=True):
            one.grad = total.view_as(one) if count else None

    def synchronise(self, module: nn.Module, optimiser: Optimizer) -> None:
        """Give every rank the weights and the optimiser's state of rank 0.

        Raises:
            WorkerError: Another rank has ended.
        """
        if self.size == 1:
            return
        buffer = io.BytesIO()
        if self.leads:
            torch.save((module.state_dict(), optimiser.state_dict()), buffer)
        content = self.agreed(buffer.getvalue())
        if not self.leads:
            state: tuple[Any, Any] = torch.load(io.BytesIO(content), map_location="cpu")
            module.load_state_dict(state[0])
            optimiser.load_state_dict(state[1])


@contextmanager
def join_ranks(device: str = "auto") -> Iterator[Ranks]:
    """Join the processes that ``torchrun`` has started, while the block runs.

    Where a launcher has not started several, this process is the only rank. On CUDA each rank
    has the GPU of its number on its machine. SIGTERM, by which torchrun ends the other ranks when
    one has failed, raises ``KeyboardInterrupt``, so that a training saves its state.

    Args:
        device: ``auto``, ``cpu`` or ``cuda``; ``cuda:<index>`` for a single rank only.

    Raises:
        DeviceError: There is no such device, or a machine has fewer GPUs than ranks.
        WorkerError: The other ranks cannot be reached.

    Example:
        >>> with join_ranks("cpu") as ranks:
        ...     ranks
        Ranks(rank=0, size=1, device=device(type='cpu'))
    """
    started = launch()
    place = _device(device, started)
    if started.size == 1:
        yield Ranks(device=place)
        return
    if place.type == "cuda":
        torch.cuda.set_device(place)
    with _reported("the other ranks of this training cannot be reached"):
        # figures on the CPU go over gloo also on GPUs: it reports a rank that has ended at once,
        # where nccl waits for it
        dist.init_process_group("gloo" if place.type == "cpu" else "cpu:gloo,cuda:nccl")
    try:
        with _terminable():
            yield Ranks(started.rank, started.size, place)
    finally:
        dist.destroy_process_group()


def _device(name: str, started: Launch) -> torch.device:
    """The device of this rank.

    Raises:
        DeviceError: There is no such device, or not one for each rank.
    """
    device = resolve_device(name)
    if started.size == 1 or device.type == "cpu":
        return device
    if ":" in name:
        raise DeviceError(
            f"{started.size} ranks were started, and device {name!r} is a single one",
            hint="With --device cuda each rank takes a GPU of its own.",
        )
    if started.local_size > torch.cuda.device_count():
        raise DeviceError(
            f"{started.local_size} ranks were started on this machine, but torch sees "
            f"{counted(torch.cuda.device_count(), 'CUDA device')}; each rank needs one",
            hint="Start fewer ranks with --nproc-per-node, or give --device cpu.",
        )
    return torch.device("cuda", started.local_rank)


@contextmanager
def _reported(message: str = "another rank of this training has ended") -> Iterator[None]:
    """Raise the errors of torch's communication as one that a user understands.

    Raises:
        WorkerError: The communication failed.
    """
    try:
        yield
    except RuntimeError as error:
        if _in_main_thread():  # torchrun is about to end this rank, which first saves its state
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise WorkerError(
            message,
            hint="Its own message, or torchrun's, says why. Repeat the command to go on from the "
            "last whole step.",
        ) from error


@contextmanager
def _terminable() -> Iterator[None]:
    """While the block runs, the first SIGTERM raises ``KeyboardInterrupt``."""
    if not _in_main_thread():
        yield
        return

    def interrupt(number: int, frame: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise KeyboardInterrupt

    former = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    except BaseException:  # this rank is about to end, and says why
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise
    signal.signal(signal.SIGTERM, former)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
