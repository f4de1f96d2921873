from __future__ import annotations

from contextlib import contextmanager

import pytest
import torch
from torch import nn

from nas.errors import ConfigError, DeviceError, MeasurementError, UnknownNameError
from nas.exporting.exportable import Exportable
from nas.measure.config import MeasureConfig
from nas.measure.measure import measure
from nas.measure.runners.runner import RUNNERS, Ready, Runner
from tests.nas.measure.networks import exportable, network

SLOW = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning"),  # inside of torch
]
ALL = ["eager", "onnxruntime", pytest.param("compile", marks=SLOW)]


@pytest.mark.parametrize("runner", ALL)
def test_a_larger_network_is_slower_and_takes_more_memory(runner):
    config = MeasureConfig(runner=runner, device="cpu", repeats=10)
    small, large = (measure(exportable(width, size=64), config) for width in (4, 512))

    assert large.latency > 2 * small.latency  # 128 times as many operations
    assert small.memory is not None
    assert large.memory is not None
    assert large.memory > (1 if runner == "onnxruntime" else 4) * small.memory
    assert (small.runner, small.batch, small.threads) == (runner, 1, 1)
    assert small.device
    assert small.runs >= 10
    assert small.spread is not None
    assert small.spread >= 0


def test_a_larger_batch_takes_longer():
    one, many = (
        measure(exportable(32, size=32), MeasureConfig(device="cpu", repeats=10, batch=batch))
        for batch in (1, 32)
    )
    assert many.latency > 4 * one.latency


def test_median_spread_and_energy_of_known_times():
    times, joules = iter([9.0, 9.0, 1.0, 2.0, 3.0, 4.0, 100.0]), iter([500.0, 1500.0])

    @contextmanager
    def prepare(*_):
        yield Ready(
            device="toy",
            run=lambda: next(times, 3.0),
            memory=lambda: 7,
            energy=lambda: next(joules),
        )

    with RUNNERS.temporarily("toy", Runner(prepare=prepare)):
        # the warm-up takes the first two; later runs are the median, and fill a third of a second
        found = measure(exportable(1), MeasureConfig(runner="toy", warmup=2, repeats=5))
    assert (found.latency, found.device, found.memory) == (3.0, "toy", 7)
    assert found.spread == 0.0
    assert found.energy == pytest.approx(1000 / found.runs)


def test_threads_are_those_asked_for_and_set_back():
    seen, before = [], torch.get_num_threads()

    class Net(nn.Module):
        def forward(self, x):
            seen.append(torch.get_num_threads())
            return x

    own = Exportable(graph=network(1), module=Net())
    measure(own, MeasureConfig(device="cpu", threads=2, repeats=1, warmup=0))
    assert set(seen) == {2}
    assert torch.get_num_threads() == before


def test_a_network_that_cannot_run_is_an_error_of_measuring():
    class Net(nn.Module):
        def forward(self, x):
            raise RuntimeError("no kernel\nand more")

    with pytest.raises(MeasurementError) as failed:
        measure(Exportable(graph=network(1), module=Net()), MeasureConfig(device="cpu"))
    assert failed.value.message == "the network cannot be run on cpu: no kernel"


def test_unknown_runners_and_devices_are_refused():
    with pytest.raises(UnknownNameError, match="Did you mean 'eager'"):
        measure(exportable(1), MeasureConfig(runner="eagre"))
    with pytest.raises(DeviceError, match="unknown device 'pi'"):
        measure(exportable(1), MeasureConfig(device="pi"))
    with pytest.raises(ConfigError, match="onnxruntime measures on the CPU"):
        measure(exportable(1), MeasureConfig(runner="onnxruntime", device="pi"))


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"batch": 0}, "batch must be at least 1"),
        ({"warmup": -1}, "warmup must not be negative"),
        ({"timeout": 0}, "timeout must be positive"),
        ({"runner": "command"}, "a command is for the runner 'command'"),
        ({"runner": "compile", "command": "x {model.onnx}"}, "a command is for the runner"),
    ],
)
def test_settings_out_of_range_are_refused(wrong, why):
    with pytest.raises(ConfigError, match=why):
        MeasureConfig(**wrong)
