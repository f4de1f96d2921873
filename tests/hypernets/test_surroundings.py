"""What torch is set to, and what a model is wrapped in, changes no prediction."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from hypernets.checkpoint import load
from nas.evaluate.predicted_module import predict_module
from tests.hypernets.hypernet_toys import make_hypernet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from nas.evaluate.predicted_module import PredictedModule


class Attentive(nn.Module):
    """Makes tensors as it runs, and looks at numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.layer = nn.Linear(48, 16), nn.TransformerEncoderLayer(16, 2, 32)
        self.places = nn.Parameter(torch.zeros(4, 16))
        self.head = nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.embed(x.reshape(len(x), 4, 48)) + self.places * torch.ones(16)
        if bool(tokens.isnan().any()):
            return tokens.new_zeros(len(x), 5)
        weights = torch.linspace(0, 1, 4)[:, None]
        scores: Tensor = self.head((self.layer(tokens) * weights.to(tokens)).mean(1))
        return scores


def convolutional() -> nn.Module:
    torch.manual_seed(0)
    body = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU())
    return nn.Sequential(body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5))


def attentive() -> nn.Module:
    torch.manual_seed(0)
    return Attentive()


@contextmanager
def default_dtype(dtype: torch.dtype) -> Iterator[None]:
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)


@contextmanager
def default_device(device: str) -> Iterator[None]:
    torch.set_default_device(device)
    try:
        yield
    finally:
        torch.set_default_device(None)


MODES: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "inference": torch.inference_mode,
    "no gradients": torch.no_grad,
    "float64 by default": lambda: default_dtype(torch.float64),
    "bfloat16 by default": lambda: default_dtype(torch.bfloat16),
    "meta by default": lambda: default_device("meta"),
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
}
HYPERNET = make_hypernet()
IMAGES = torch.linspace(-1, 1, 4 * 192).sin().reshape(4, 3, 8, 8)


def predicted(model: nn.Module, inputs: Tensor = IMAGES) -> PredictedModule[nn.Module]:
    return predict_module(HYPERNET, model, inputs[:1], calibration=inputs)


def assert_same(found: PredictedModule[nn.Module], make: Callable[[], nn.Module]) -> None:
    plain = predicted(make())
    assert [n.op.kind for n in found.graph.nodes] == [n.op.kind for n in plain.graph.nodes]
    assert found.coverage == plain.coverage
    own = {name: p.detach() for name, p in found.model.named_parameters()}
    for name, parameter in plain.model.named_parameters():
        value = own.get(name, own.get(f"module.{name}", own.get(f"_orig_mod.{name}")))
        assert value is not None
        assert torch.equal(value, parameter.detach().to(value.dtype)), name


every_model = pytest.mark.parametrize("make", [convolutional, attentive])


@every_model
@pytest.mark.parametrize("mode", MODES)
def test_modes_have_no_influence(mode: str, make: Callable[[], nn.Module]) -> None:
    model = make()
    with MODES[mode]():
        found = predicted(model)
    assert_same(found, make)


@every_model
def test_all_modes_at_once(make: Callable[[], nn.Module]) -> None:
    model = make()
    with ExitStack() as stack:
        for mode in MODES.values():
            stack.enter_context(mode())
        found = predicted(model)
    assert_same(found, make)


def test_a_model_made_in_inference_mode_is_predicted() -> None:
    with torch.inference_mode():
        model = convolutional()
    assert_same(predicted(model), convolutional)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_models_of_other_data_types_take_inputs_of_their_own(dtype: torch.dtype) -> None:
    found = predicted(convolutional().to(dtype))
    assert {p.dtype for p in found.model.parameters()} == {dtype}
    assert_same(found, convolutional)


@every_model
def test_models_spread_over_devices_are_read_under_their_own_names(
    make: Callable[[], nn.Module], tmp_path: Path
) -> None:
    found = predicted(nn.DataParallel(make()))
    assert_same(found, make)
    found.save(tmp_path / "w.safetensors")
    make().load_state_dict(load_file(tmp_path / "w.safetensors"))


def test_a_hypernetwork_is_loaded_as_it_was_whatever_is_set() -> None:
    with default_dtype(torch.float64), default_device("meta"):
        hypernet = load("deepnets-digits")
    parameters = list(hypernet.parameters())
    assert {p.dtype for p in parameters} == {torch.float32}
    assert {p.device.type for p in parameters} == {"cpu"}


def never(*given: object) -> None:
    raise AssertionError("was compiled")


def compiled_in_place() -> nn.Module:
    model = convolutional()
    model.compile(backend=never)
    return model


def compiled_inside() -> nn.Module:
    model = convolutional()
    part: Any = torch.compile(model.get_submodule("0"), backend=never)
    model.add_module("0", part)
    return model


@pytest.mark.filterwarnings("ignore")
def test_compiled_models_are_read_without_compiling_under_their_own_names() -> None:
    found = predicted(torch.compile(convolutional(), backend=never))  # type: ignore[arg-type]
    assert_same(found, convolutional)
    assert_same(predicted(compiled_in_place()), convolutional)
    assert "0._orig_mod.0.weight" in predicted(compiled_inside()).coverage.predicted
