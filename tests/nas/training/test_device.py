from __future__ import annotations

from contextlib import nullcontext

import pytest
import torch

from nas.errors import ConfigError, DeviceError
from nas.training.device import autocast, resolve_device


@pytest.fixture
def devices(monkeypatch: pytest.MonkeyPatch):
    def have(count: int) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)

    return have


@pytest.mark.parametrize(
    ("name", "count", "device"),
    [
        ("auto", 0, "cpu"),
        ("auto", 1, "cuda"),
        ("cpu", 1, "cpu"),
        ("cuda", 1, "cuda"),
        ("cuda:1", 2, "cuda:1"),
    ],
)
def test_names(devices, name: str, count: int, device: str) -> None:
    devices(count)
    assert resolve_device(name) == torch.device(device)


@pytest.mark.parametrize("name", ["gpu", "", "cuda:", "cuda:x", "cuda:-1", "cuda:²", "mps"])
def test_malformed_names(devices, name: str) -> None:
    devices(1)
    with pytest.raises(DeviceError, match=f"unknown device '{name}'; expected auto, cpu, cuda"):
        resolve_device(name)


@pytest.mark.parametrize(
    ("name", "count", "message"),
    [
        ("cuda", 0, r"'cuda' was asked for, .* sees no CUDA device\b"),
        ("cuda:1", 1, r"'cuda:1' was asked for, .* sees 1 CUDA device\b"),
        ("cuda:2", 2, r"'cuda:2' was asked for, .* sees 2 CUDA devices\b"),
    ],
)
def test_a_device_that_is_not_there(devices, name: str, count: int, message: str) -> None:
    devices(count)
    with pytest.raises(DeviceError, match=message) as caught:
        resolve_device(name)
    assert "--device cpu" in caught.value.hint


@pytest.mark.parametrize(
    ("device", "precision", "dtype"),
    [
        ("cpu", "auto", torch.float32),
        ("cpu", "fp32", torch.float32),
        ("cpu", "bf16", torch.bfloat16),
    ],
)
def test_precision_of_a_product(device: str, precision: str, dtype: torch.dtype) -> None:
    x = torch.ones(2, 2)
    with autocast(torch.device(device), precision):
        assert (x @ x).dtype == dtype


def test_precision_on_cuda() -> None:
    cuda = torch.device("cuda")
    assert isinstance(autocast(cuda, "fp32"), nullcontext)


def test_unknown_precision() -> None:
    with pytest.raises(ConfigError, match="unknown precision 'fp16'; expected auto, fp32, bf16"):
        autocast(torch.device("cpu"), "fp16")
