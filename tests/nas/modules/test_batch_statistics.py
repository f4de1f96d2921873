from __future__ import annotations

import pytest
import torch
from torch import nn

from nas.compile.apply import calibrate
from nas.compile.module import to_module
from nas.modules.batch_statistics import measure_statistics
from nas.testing.dataset import images_of
from tests.nas.training.train_toys import toy_data, toy_graph


def test_statistics_are_those_of_each_norms_input() -> None:
    """The input comes from dropout, which is off, and a norm that uses its new statistics."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.BatchNorm1d(3), nn.Dropout(0.5), nn.Linear(3, 2), nn.BatchNorm1d(2))
    x = 5 + 3 * torch.randn(64, 3)
    measure_statistics(module, x)
    normal = (x - x.mean(0)) / (x.var(0, correction=0) + 1e-5).sqrt()
    read = module[2](normal).detach()
    for norm, values in ((module[0], x), (module[3], read)):
        torch.testing.assert_close(norm.running_mean, values.mean(0))
        torch.testing.assert_close(norm.running_var, values.var(0))


def test_they_equal_those_of_the_graph() -> None:
    graph, images = toy_graph(), images_of(toy_data().train).normalised(slice(None))
    module = to_module(graph)
    measure_statistics(module, images)
    state = module.state_dict()
    for name, value in calibrate(graph, state, images).items():
        torch.testing.assert_close(state[name], value)


def test_a_norm_run_twice_takes_the_average() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm = nn.BatchNorm1d(1)

        def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            return self.norm(x) + self.norm(y)

    module = Twice()
    measure_statistics(module, torch.tensor([[0.0], [2.0]]), torch.tensor([[4.0], [8.0]]))
    torch.testing.assert_close(module.norm.running_mean, torch.tensor([(1 + 6) / 2]))
    torch.testing.assert_close(module.norm.running_var, torch.tensor([(2 + 8) / 2]))


def test_mode_momentum_and_norms_without_statistics_are_left() -> None:
    first, second = nn.BatchNorm1d(2, momentum=0.3), nn.BatchNorm1d(2)
    module = nn.Sequential(first, second)
    second.track_running_stats = False
    first.eval()
    measure_statistics(module, torch.randn(8, 2) + 9)
    assert [part.training for part in module.modules()] == [True, False, True]
    assert first.momentum == 0.3
    torch.testing.assert_close(second.running_mean, torch.zeros(2))
    with pytest.raises(RuntimeError):
        measure_statistics(module, torch.randn(8, 5))
    assert first.momentum == 0.3
