from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from nas.errors import TrainingError
from nas.task.batch import Batch
from nas.task.images import IMAGE_CLASSIFICATION
from nas.task.kind import KINDS
from nas.training.config import TrainConfig
from nas.training.descent import Descent

CPU = torch.device("cpu")
KIND = KINDS.get(IMAGE_CLASSIFICATION)
IMAGES, LABELS = (
    torch.randn(4, 1, 2, 2, generator=torch.Generator().manual_seed(0)),
    torch.arange(4),
)
BATCH = Batch((IMAGES,), LABELS)


def linear() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(4, 4))


def test_a_step_goes_down_the_gradient() -> None:
    config = TrainConfig(momentum=0.0, weight_decay=0.0, label_smoothing=0.0, clip=1e9, lr=0.5)
    module, reference = linear(), linear()
    loss = Descent(module, config, KIND, CPU).step(BATCH, 0.1, where="test")
    expected = F.cross_entropy(reference(IMAGES), LABELS)
    expected.backward()
    assert loss == pytest.approx(expected.item())
    for own, other in zip(module.parameters(), reference.parameters(), strict=True):
        assert other.grad is not None
        torch.testing.assert_close(own, other - 0.05 * other.grad)


def test_frozen_parameters_stay() -> None:
    module = linear()
    module[1].bias.requires_grad = False  # type: ignore[index]
    before = {name: p.clone() for name, p in module.named_parameters()}
    Descent(module, TrainConfig(), KIND, CPU).step(BATCH, 1.0, where="test")
    moved = {name for name, p in module.named_parameters() if not torch.equal(p, before[name])}
    assert moved == {"1.weight"}


def test_a_loss_that_is_not_finite_is_an_error() -> None:
    with pytest.raises(TrainingError, match="the loss is nan in epoch 3"):
        Descent(linear(), TrainConfig(), KIND, CPU).step(
            Batch((IMAGES * torch.nan,), LABELS), 1.0, where="epoch 3"
        )


class Short(nn.Module):
    """Has memory for so many samples."""

    def __init__(self, most: int, error: Exception) -> None:
        super().__init__()
        self.inner, self.most, self.error = linear(), most, error
        self.taken: list[int] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.taken.append(len(x))
        if len(x) > self.most:
            raise self.error
        out: torch.Tensor = self.inner(x)
        return out


SAID = RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: 12")


@pytest.mark.parametrize("error", [SAID, MemoryError(), torch.OutOfMemoryError("CUDA")])
def test_a_batch_that_is_too_large_is_taken_in_halves(error: Exception) -> None:
    whole, short = linear(), Short(2, error)
    steps = [Descent(module, TrainConfig(), KIND, CPU) for module in (whole, short)]
    for _ in range(2):
        expected, found = (step.step(BATCH, 0.1, where="test") for step in steps)
        assert found == pytest.approx(expected)
    assert short.taken == [4, 2, 2, 2, 2]
    for own, other in zip(short.parameters(), whole.parameters(), strict=True):
        torch.testing.assert_close(own, other)


class Counting(nn.Module):
    """Has memory for so many samples after its batch norm."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.norm, self.rest = nn.BatchNorm2d(1), Short(most, SAID)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.rest(self.norm(x))
        return out


def test_batch_norms_do_not_see_the_attempt_that_failed() -> None:
    short, expected = Counting(2), nn.BatchNorm2d(1)
    Descent(short, TrainConfig(), KIND, CPU).step(BATCH, 0.1, where="test")
    for half in IMAGES.split(2):
        expected(half)
    for name, buffer in short.norm.named_buffers():
        torch.testing.assert_close(buffer, expected.get_buffer(name))


def test_rows_without_a_label_do_not_count_in_halves() -> None:
    whole, short = linear(), Short(2, SAID)
    batch = Batch((IMAGES,), torch.tensor([-100, -100, -100, 1]))
    losses = [
        Descent(module, TrainConfig(), KIND, CPU).step(batch, 1.0, where="test")
        for module in (whole, short)
    ]
    assert losses[0] == pytest.approx(losses[1])


def test_a_batch_whose_halves_are_too_large_is_an_error() -> None:
    short = Short(1, SAID)
    with pytest.raises(TrainingError, match="more memory than there is, even for half a batch"):
        Descent(short, TrainConfig(), KIND, CPU).step(BATCH, 1.0, where="test")
    assert short.taken == [4, 2]


class Caching(Short):
    """Keeps a tensor as long as the batch, and makes another one with the first batch."""

    def __init__(self) -> None:
        super().__init__(2, SAID)
        self.register_buffer("rows", torch.zeros(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.rows = torch.zeros(len(x))
        if len(list(self.buffers())) == 1:
            self.register_buffer("first", torch.zeros(1))
        return super().forward(x)


def test_buffers_that_are_no_statistics_do_not_hinder_halves() -> None:
    Descent(Caching(), TrainConfig(), KIND, CPU).step(BATCH, 1.0, where="test")


class Wide(nn.Module):
    """Takes 100 MB for each sample."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = linear()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.inner(x)
        return out + torch.zeros(len(x), 25 * 10**6).sum(1, keepdim=True)


def step_with(room: int) -> str:
    """What a step says with so many further MB of memory; empty if it succeeds."""
    import resource

    torch.set_num_threads(1)
    (line,) = [x for x in Path("/proc/self/status").read_text().splitlines() if "VmData" in x]
    most = 1024 * int(line.split()[1]) + room * 10**6
    resource.setrlimit(resource.RLIMIT_DATA, (most, resource.RLIM_INFINITY))
    try:
        Descent(Wide(), TrainConfig(), KIND, CPU).step(BATCH, 1.0, where="test")
    except TrainingError as error:
        return error.message
    return ""


@pytest.mark.skipif(sys.platform != "linux", reason="limits the data of a process")
@pytest.mark.parametrize(("room", "said"), [(300, ""), (120, "even for half a batch")])
def test_real_allocations_that_fail(room: int, said: str) -> None:
    """In a new process: one that ran other tests may have memory left that it can use again."""
    code = f"from {__name__} import step_with; print(step_with({room}))"
    root = Path(__file__).parents[3]
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    message = found.stdout.strip()
    assert said in message if said else not message
