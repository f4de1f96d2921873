"""What holds for all tests."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image

from nas.registry import Registry
from tests.cli.program import ON_DIGITS, nas

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# failures of the public conformance tests show values, like those of other tests
pytest.register_assert_rewrite("nas.testing")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Tests on a GPU are skipped where there is none."""
    if item.get_closest_marker("gpu") and not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c() -> Iterator[None]:
    """Ctrl-C interrupts, here and in the programs started, also where tests run in background.

    A shell has its background jobs, and all they start, ignore it.
    """
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


@pytest.fixture(scope="session")
def hypernet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hypernetwork for tiny networks of nb201 on digits; hardly trained."""
    directory = tmp_path_factory.mktemp("hypernets") / "tiny"
    sizes = ("--steps", 4, "--lr", 0.1, "--meta-batch", 2, "--batch-size", 16)
    proxy = ("--proxy", "channels=4,cells=1,resolution=8")
    small = ("--settings", "hidden=8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hypernets.measure.ARCHITECTURES", 16)
        answer = nas("train-hypernet", *ON_DIGITS, *sizes, *small, *proxy, "--out", directory)
    assert answer.code == 0, answer.err
    return directory


@pytest.fixture
def shipped(hypernet: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Makes the tiny hypernetwork the only shipped one."""
    registry: Registry[Path] = Registry("shipped hypernetwork")
    registry.register("tiny")(hypernet)
    monkeypatch.setattr("hypernets.cards.shipped", lambda: registry)
    return hypernet


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder of colour images in two classes."""
    draw = np.random.default_rng(0)
    for name, shade in (("dark", 0), ("light", 128)):
        (tmp_path / "images" / name).mkdir(parents=True)
        for number in range(20):
            pixels = (draw.integers(0, 128, (8, 8, 3)) + shade).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "images" / name / f"{number}.png")
    return tmp_path / "images"
