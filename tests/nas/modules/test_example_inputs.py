from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn

from hypernets.config import HypernetConfig
from nas.errors import ImportingError
from nas.modules.example_inputs import example_inputs, first_taken
from tests.hypernets.hypernet_toys import make_card

if TYPE_CHECKING:
    from nas.graph.tensor_spec import Shape

CARD = make_card(HypernetConfig(), proxy={"resolution": 8})


def flat(*layers: nn.Module, features: int) -> nn.Module:
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(features, 2))


class Auxiliary(nn.Module):
    """A head that runs in training only, and only on images of 28 pixels or more."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.aux = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 1, 26)

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        x = self.conv(x)
        return (x, self.aux(x)) if self.training else x


class Looking(nn.Module):
    """Reads values, so it does not run on the meta device."""

    def forward(self, x: Tensor) -> Tensor:
        return x if float(x.sum()) == 0 and x.shape[-1] == 28 else x.view(0)


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1)), (1, 3, 8, 8)),
        (nn.Sequential(nn.Conv2d(6, 4, 3, groups=2)), (1, 6, 8, 8)),
        (flat(nn.Conv2d(2, 4, 3), features=4 * 30 * 30), (1, 2, 32, 32)),
        (flat(nn.Conv2d(3, 1, 16, 16), features=14 * 14), (1, 3, 224, 224)),
        (nn.Conv1d(5, 4, 3), (1, 5, 8)),
        (nn.Conv3d(5, 4, 3), (1, 5, 8, 8, 8)),
        (flat(features=21), (1, 21)),
        (nn.MaxPool2d(2), (1, 1, 8, 8)),
        (Auxiliary(), (1, 3, 32, 32)),
        (Looking(), (1, 1, 28, 28)),
    ],
)
def test_the_shape_follows_from_the_first_layer_and_from_trials(
    model: nn.Module, shape: Shape
) -> None:
    example = example_inputs(model, CARD)
    assert example.shape == shape
    assert not example.any()
    model.eval()(example)


def test_data_type_and_mode_are_those_of_the_model() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)).double()
    before = model.get_buffer("1.running_mean").clone()
    assert example_inputs(model, CARD).dtype is torch.float64
    assert model.training
    assert torch.equal(model.get_buffer("1.running_mean"), before)


def test_a_mask_that_comes_first_does_not_give_the_data_type() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    model.mask = nn.Parameter(torch.tensor([True]), requires_grad=False)
    assert first_taken(model, [(1, 4)]).dtype is torch.float32  # type: ignore[union-attr]


def test_a_model_of_tokens_needs_an_example() -> None:
    with pytest.raises(ImportingError, match=r"begins with an embedding.*dtype=torch\.long"):
        example_inputs(nn.Sequential(nn.Embedding(9, 4), nn.Linear(4, 2)), CARD)


def test_the_error_lists_the_shapes_that_were_tried() -> None:
    with pytest.raises(ImportingError, match=r"\(1, 1, 8, 8\) or \(1, 1, 32, 32\)"):
        example_inputs(nn.Bilinear(3, 3, 2), CARD)


def test_the_first_that_is_taken_counts() -> None:
    model = nn.Conv2d(3, 4, 3)
    found = first_taken(model, [(1, 1, 8, 8), (1, 3, 9, 9), (1, 3, 8, 8)])
    assert found is not None
    assert found.shape == (1, 3, 9, 9)
    assert first_taken(model, [(1, 1, 8, 8)]) is None


def test_a_layer_in_two_places_keeps_its_weights() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = self.again = nn.Conv2d(1, 1, 3, padding=1)

        def forward(self, x: Tensor) -> Tensor:
            return self.again(self.first(x))

    model = Twice()
    example_inputs(model, CARD)
    assert not any(parameter.is_meta for parameter in model.parameters())
