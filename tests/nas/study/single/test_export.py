from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

import nas
from nas.errors import CheckpointError, ConfigError, GraphError
from nas.exporting.save import save
from nas.training.weights_file import save_weights
from tests.nas.exporting.networks import trained

if TYPE_CHECKING:
    from pathlib import Path

    from nas.data.dataset import Dataset

NAMES = {"architecture.json", "card.md", "model.safetensors"}


class Net(nn.Module):
    """Its forward takes what a user's may take, and its names are its own."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.inner(images)


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return nas.load_dataset("digits")


def small() -> nas.Graph:
    b = nas.GraphBuilder()
    return b.build(b.classifier(b.conv2d(b.input((1, 1, 8, 8)), 4), 10))


@pytest.fixture
def written(digits: Dataset, tmp_path: Path) -> Path:
    """The folder of a trained network."""
    save(small(), trained(small()), tmp_path / "best", data=digits)
    return tmp_path


def test_a_folder_is_exported_with_what_it_says_of_its_data(written: Path, tmp_path: Path) -> None:
    (file,) = nas.export(written, tmp_path / "out", "safetensors")
    assert file.path == tmp_path / "out" / "model.safetensors"
    assert load_file(file.path).keys() == small().parameters().keys()
    assert "data set: digits, 10 classes" in (tmp_path / "out" / "card.md").read_text()


def test_a_module_keeps_its_names(tmp_path: Path) -> None:
    module = Net()
    files = nas.export(module, tmp_path, ["safetensors", "python"], data="digits")
    state = load_file(files[0].path)
    assert state.keys() == module.state_dict().keys()
    torch.testing.assert_close(dict(state), dict(module.state_dict()))


def test_a_module_is_not_changed_by_other_weights(digits: Dataset, tmp_path: Path) -> None:
    module, other = Net(), Net()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    save_weights(other, tmp_path / "other.safetensors", digits)
    weights = tmp_path / "other.safetensors"
    (file,) = nas.export(module, tmp_path / "out", "torch-export", weights=weights)
    images = torch.randn(3, 1, 8, 8)
    program = torch.export.load(file.path).module()
    torch.testing.assert_close(program(images), other(images))
    torch.testing.assert_close(dict(module.state_dict()), before)


def test_an_architecture_takes_weights_from_a_file(written: Path, tmp_path: Path) -> None:
    weights = written / "best" / "model.safetensors"
    nas.export(small(), tmp_path / "out", "safetensors", weights=weights)
    assert {path.name for path in (tmp_path / "out").iterdir()} == NAMES


@pytest.mark.parametrize(
    ("network", "options", "error", "message"),
    [
        (Net(), {}, ConfigError, "the data set of the module is not known"),
        (small(), {"data": "digits"}, ConfigError, "an architecture has no weights"),
        ("|none~0|", {"space": "nb201"}, ConfigError, "data set of the notation is not known"),
        (3, {"data": "digits"}, ConfigError, "expected a torch module, .* got int 3"),
        (Net(), {"data": "digits", "formats": 3}, ConfigError, "expected formats by name, got"),
        ("no/such/run", {}, GraphError, "no file 'no/such/run'"),
        (Net(), {"data": "digits", "weights": "no.pt"}, CheckpointError, "No such file"),
    ],
)
def test_what_is_missing_is_named(
    network: Any, options: dict[str, Any], error: type[Exception], message: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=message):
        nas.export(network, tmp_path, **options)
    assert not list(tmp_path.iterdir())


def test_a_network_for_other_data_is_refused(written: Path, tmp_path: Path) -> None:
    with pytest.raises(GraphError, match="data set 'digits-knn' needs"):
        nas.export(written, tmp_path / "out", data="digits-knn")
