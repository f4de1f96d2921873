"""Runs of a module of torch."""

from __future__ import annotations

import copy
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING

import torch

from nas.errors import MeasurementError
from nas.exporting.comparison import first_line
from nas.measure.device_name import device_name
from nas.measure.energy import meter
from nas.measure.memory import peak_memory
from nas.measure.runners.runner import Ready
from nas.training.device import resolve_device

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import nn

    from nas.exporting.exportable import Exportable
    from nas.measure.config import MeasureConfig


@contextmanager
def on_device(
    network: Exportable,
    config: MeasureConfig,
    wrap: Callable[[nn.Module], Callable[..., object]],
) -> Iterator[Ready]:
    """A copy of a module on a device of torch.

    Args:
        network: The network.
        config: Device, batch and threads.
        wrap: Makes what is called of the module.

    Raises:
        DeviceError: There is no such device.
        MeasurementError: The network cannot be run there.
    """
    device = resolve_device(config.device)
    module = copy.deepcopy(network.module).to(device).eval()
    inputs = tuple(x.to(device) for x in network.example(config.batch))
    called = wrap(module)

    @torch.no_grad()
    def run() -> float:
        began = perf_counter()
        try:
            called(*inputs)
            if device.type == "cuda":
                torch.cuda.synchronize(device)
        except Exception as error:  # torch and a user's module raise errors of many kinds
            raise MeasurementError(
                f"the network cannot be run on {device}: {first_line(error)}",
                hint="Try the runner eager, a smaller batch or another device.",
            ) from error
        return (perf_counter() - began) * 1e3

    held = [*module.parameters(), *module.buffers(), *inputs]
    resident = sum(tensor.nbytes for tensor in held)
    with threads(config.threads):
        yield Ready(
            device=device_name(device),
            run=run,
            memory=lambda: resident + peak_memory(run, device),
            energy=meter(device),
        )


@contextmanager
def threads(count: int) -> Iterator[None]:
    """A number of threads of torch while the block runs."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
