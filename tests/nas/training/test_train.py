from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from nas.compile.module import to_module
from nas.errors import CheckpointError, ConfigError, GraphError, TrainingError
from nas.events import Advanced, Event, Noted, StageFinished, StageStarted
from nas.files import WriteError
from nas.testing.dataset import images_of
from nas.training.config import TrainConfig
from nas.training.evaluate import evaluate
from nas.training.methods.distillation import Teacher
from nas.training.train import Trained, initialised, train
from tests.nas.training.train_toys import toy_data, toy_graph

if TYPE_CHECKING:
    from pathlib import Path

SHORT = TrainConfig(epochs=3, batch_size=8)


def weights(trained: Trained) -> dict[str, torch.Tensor]:
    return dict(trained.module.state_dict())


def same(first: Trained, second: Trained) -> bool:
    one, two = weights(first), weights(second)
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 0}, "epochs must be at least 1, got 0"),
        ({"batch_size": -1}, "batch_size must be at least 1, got -1"),
        ({"lr": 0.0}, "lr must be positive, got 0.0"),
        ({"lr": math.nan}, "lr must be positive, got nan"),
        ({"clip": 0.0}, "clip must be positive, got 0.0"),
        ({"weight_decay": -1.0}, "weight_decay must not be negative, got -1.0"),
        ({"momentum": 1.0}, r"momentum must lie in \[0, 1\), got 1.0"),
        ({"warmup": -0.1}, r"warmup must lie in \[0, 1\), got -0.1"),
        ({"label_smoothing": 2.0}, r"label_smoothing must lie in \[0, 1\), got 2.0"),
        ({"precision": "fp8"}, "unknown precision 'fp8'"),
    ],
)
def test_settings_out_of_range(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        TrainConfig(**change)


def test_it_learns() -> None:
    data = toy_data(images=288)
    trained = train(toy_graph(), data, TrainConfig(epochs=12, batch_size=16))
    assert trained.epochs == len(trained.history) == 12
    assert trained.history[-1].train_loss < trained.history[0].train_loss
    assert trained.val_accuracy > 0.8
    assert trained.val_accuracy == evaluate(trained.module, data.val).accuracy
    assert not trained.module.training
    assert trained.seconds > 0


def test_one_step_is_nesterov_sgd_by_hand() -> None:
    """One batch, one step at the peak rate, against torch's own modules."""
    data = toy_data(flip=False)
    data = replace(data, train=data.train.subset(slice(0, 4)))
    images_of(data.train).images[:] = 128  # constant pictures: augmentation only moves a border in
    images_of(data.train).mean[:] = 128  # which has the same value
    torch.manual_seed(0)
    graph = toy_graph()
    config = TrainConfig(epochs=1, batch_size=4, clip=1e9, label_smoothing=0.2, weight_decay=0.01)
    reference = to_module(graph)
    params = {name: p.clone() for name, p in reference.named_parameters()}
    with torch.no_grad():
        params["classifier.bias"] += torch.tensor([1.0, 0.0, -1.0])
    reference.load_state_dict(params, strict=False)
    loss = torch.nn.CrossEntropyLoss(label_smoothing=0.2)(
        reference(torch.zeros(4, 3, 8, 8)), data.train.labels
    )
    loss.backward()
    trained = train(graph, data, config, params=params)
    bias = reference.get_parameter("classifier.bias")
    assert bias.grad is not None
    step = 0.1 * (1 + 0.9) * (bias.grad + 0.01 * bias)
    torch.testing.assert_close(
        trained.module.get_parameter("classifier.bias"), bias - step, rtol=1e-4, atol=1e-6
    )
    assert trained.history[0].train_loss == pytest.approx(loss.item(), rel=1e-5)


def test_same_seed_same_weights() -> None:
    first, again, other = (train(toy_graph(), toy_data(), SHORT, seed=s) for s in (0, 0, 1))
    assert same(first, again)
    assert first.history == again.history
    assert not same(first, other)


def test_the_global_random_state_neither_matters_nor_changes() -> None:
    torch.manual_seed(1)
    first = train(toy_graph(), toy_data(), SHORT)
    torch.manual_seed(2)
    before = torch.random.get_rng_state()
    again = train(toy_graph(), toy_data(), SHORT)
    assert same(first, again)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_neither_data_nor_start_are_written_to() -> None:
    data = toy_data()
    before = data.fingerprint
    params = {name: torch.rand(spec.shape) for name, spec in toy_graph().parameters().items()}
    copies = {name: tensor.clone() for name, tensor in params.items()}
    train(toy_graph(), data, SHORT, params=params)
    assert toy_data().fingerprint == before
    assert all(torch.equal(tensor, copies[name]) for name, tensor in params.items())


def test_events_tell_every_epoch() -> None:
    heard: list[Event] = []
    trained = train(toy_graph(), toy_data(), SHORT, listen=heard.append)
    assert isinstance(heard[0], StageStarted)
    assert heard[0].total == 3
    assert isinstance(heard[-1], StageFinished)
    told = [event for event in heard if isinstance(event, Advanced)]
    assert [event.done for event in told] == [1, 2, 3]
    assert [event.metrics["val_accuracy"] for event in told] == [
        epoch.val_accuracy for epoch in trained.history
    ]


def test_a_loss_that_is_not_finite_ends_the_training() -> None:
    params = {name: torch.ones(spec.shape) for name, spec in toy_graph().parameters().items()}
    params["classifier.weight"][0, 0] = math.inf
    with pytest.raises(TrainingError, match=r"the loss is (nan|inf) in epoch 1") as caught:
        train(toy_graph(), toy_data(), SHORT, params=params)
    assert "learning rate" in caught.value.hint


class Interruption(Exception):
    pass


def interrupted(epoch: int, path: Path, graph=None, **options: Any) -> None:
    """Train until an epoch is told of, then break off; the epochs before it are stored."""

    def listen(event: Event) -> None:
        if isinstance(event, Advanced) and event.done == epoch:
            raise Interruption

    options = {"config": SHORT, "checkpoint": path, "listen": listen, **options}
    with pytest.raises(Interruption):
        train(graph or toy_graph(), toy_data(), **options)


@pytest.mark.parametrize("epoch", [1, 2, 3])
def test_an_interrupted_training_ends_like_an_uninterrupted_one(
    tmp_path: Path, epoch: int
) -> None:
    path = tmp_path / "deep" / "state.safetensors"
    whole = train(toy_graph(), toy_data(), SHORT, seed=4)
    interrupted(epoch, path, seed=4)
    assert path.exists() == (epoch > 1)
    heard: list[Event] = []
    resumed = train(toy_graph(), toy_data(), SHORT, seed=4, checkpoint=path, listen=heard.append)
    assert same(whole, resumed)
    assert whole.history == resumed.history
    told = [event.done for event in heard if isinstance(event, Advanced)]
    assert told == list(range(epoch, 4))
    assert [file.name for file in path.parent.iterdir()] == ["state.safetensors"]


def test_a_finished_training_is_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    first = train(toy_graph(), toy_data(), SHORT, checkpoint=path)
    heard: list[Event] = []
    again = train(toy_graph(), toy_data(), SHORT, checkpoint=path, listen=heard.append)
    assert same(first, again)
    assert again.seconds == first.seconds
    assert not any(isinstance(event, Advanced) for event in heard)


@pytest.mark.parametrize("damage", ["empty", "garbage", "truncated", "foreign", "metadata"])
def test_a_corrupt_state_says_so(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "state.safetensors"
    train(toy_graph(), toy_data(), SHORT, checkpoint=path)
    match damage:
        case "empty":
            path.write_bytes(b"")
        case "garbage":
            path.write_bytes(b"no weights" * 100)
        case "truncated":
            path.write_bytes(path.read_bytes()[:-100])
        case "foreign":
            save_file({"a": torch.zeros(1)}, path)
        case "metadata":
            save_file({"a": torch.zeros(1)}, path, {"progress": "{"})
    with pytest.raises(CheckpointError, match=re.escape(f"{str(path)!r} is corrupt")) as caught:
        train(toy_graph(), toy_data(), SHORT, checkpoint=path)
    assert "Delete it" in caught.value.hint


def test_a_checkpoint_that_cannot_be_looked_for_is_an_error_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="xxx"):  # a name too long to ask for or to write
        train(toy_graph(), toy_data(), SHORT, checkpoint=tmp_path / ("x" * 300))


def test_a_state_without_its_weights_says_so(tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    train(toy_graph(), toy_data(), SHORT, checkpoint=path)
    with safe_open(path, "pt") as content:
        metadata = content.metadata()
    save_file({"a": torch.zeros(1)}, path, metadata)
    with pytest.raises(CheckpointError, match="is corrupt"):
        train(toy_graph(), toy_data(), SHORT, checkpoint=path)


@pytest.mark.parametrize(
    ("key", "other"),
    [
        ("architecture", {"graph": toy_graph(width=5)}),
        ("architecture", {"graph": toy_graph(prefix="other")}),
        ("config", {"config": TrainConfig(epochs=4, batch_size=8)}),
        ("data", {"data": toy_data(seed=1)}),
        ("seed", {"seed": 1}),
    ],
)
def test_a_state_of_another_training_is_refused(
    tmp_path: Path, key: str, other: dict[str, Any]
) -> None:
    path = tmp_path / "state.safetensors"
    train(toy_graph(), toy_data(), SHORT, checkpoint=path)
    before = path.read_bytes()
    options = {"graph": toy_graph(), "data": toy_data(), "config": SHORT, **other}
    with pytest.raises(CheckpointError, match=f"was made with another {key}: "):
        train(**options, checkpoint=path)
    assert path.read_bytes() == before


def test_the_state_is_a_plain_safetensors_file(tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    trained = train(toy_graph(), toy_data(), SHORT, checkpoint=path)
    with safe_open(path, "pt") as content:
        progress = json.loads(content.metadata()["progress"])
        names = set(content.keys())
    assert [epoch["val_accuracy"] for epoch in progress["history"]] == [
        epoch.val_accuracy for epoch in trained.history
    ]
    parameters = set(toy_graph().parameters())
    assert {name for name in names if name.startswith("momentum_buffer.")} == {
        f"momentum_buffer.{name}" for name in parameters
    }


def test_initialised_takes_parameters_and_statistics() -> None:
    graph = toy_graph()
    state = {
        name: torch.rand(tensor.shape)
        for name, tensor in to_module(graph).state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    module = initialised(graph, state)
    assert "block.batch_norm.running_mean" in state
    for name, tensor in state.items():
        assert torch.equal(module.state_dict()[name], tensor)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"classifier.bias": None}, "'classifier.bias' should have shape .3,., got none"),
        ({"extra.weight": (1,)}, "'extra.weight' should have shape none, got .1,."),
        ({"classifier.bias": (4,)}, "'classifier.bias' should have shape .3,., got .4,."),
        ({"extra.running_mean": (1,)}, "'extra.running_mean' should have shape none, got .1,."),
        (
            {"block.batch_norm.running_mean": (7,)},
            "'block.batch_norm.running_mean' should have shape .6,., got .7,.",
        ),
    ],
)
def test_initialised_refuses_what_does_not_fit(
    change: dict[str, tuple[int, ...] | None], message: str
) -> None:
    graph = toy_graph()
    shapes: dict[str, Any] = {name: spec.shape for name, spec in graph.parameters().items()}
    params = {
        name: torch.zeros(shape)
        for name, shape in {**shapes, **change}.items()
        if shape is not None
    }
    with pytest.raises(GraphError, match=message):
        initialised(graph, params)


@pytest.mark.gpu
def test_a_gpu_learns_and_resumes(tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    interrupted(2, path, device="cuda")
    trained = train(toy_graph(), toy_data(), SHORT, checkpoint=path, device="cuda")
    assert trained.epochs == 3
    assert next(trained.module.parameters()).device.type == "cuda"
    assert all(torch.isfinite(tensor).all() for tensor in weights(trained).values())


def started(value: float) -> dict[str, torch.Tensor]:
    return {n: torch.full(spec.shape, value) for n, spec in toy_graph().parameters().items()}


@pytest.mark.parametrize(
    ("first", "second"), [(None, started(0.5)), (started(0.5), None), (started(0.5), started(0.6))]
)
def test_a_training_from_other_weights_is_not_continued(
    tmp_path: Path, first: Any, second: Any
) -> None:
    interrupted(2, tmp_path / "state", params=first)
    with pytest.raises(CheckpointError, match="another initialisation"):
        train(toy_graph(), toy_data(), SHORT, params=second, checkpoint=tmp_path / "state")


def test_a_training_from_equal_weights_is_continued(tmp_path: Path) -> None:
    whole = train(toy_graph(), toy_data(), SHORT, params=started(0.5))
    interrupted(2, tmp_path / "state", params=started(0.5))
    path = tmp_path / "state"
    again = train(toy_graph(), toy_data(), SHORT, params=started(0.5), checkpoint=path)
    assert same(whole, again)


def test_accuracy_is_measured_in_the_precision_of_the_training(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = []

    def record(*args: Any, **options: Any) -> Any:
        seen.append(options["precision"])
        return evaluate(*args, **options)

    monkeypatch.setitem(train.__globals__, "evaluate", record)
    train(toy_graph(), toy_data(), replace(SHORT, epochs=1, precision="bf16"))
    assert seen == ["bf16"]


RICH = replace(SHORT, ema=0.5, balanced=True, optimiser="adamw", lr=0.01, decay_norms=False)


@pytest.mark.parametrize("keep", ["last", "best"])
def test_a_moving_average_is_resumed(tmp_path: Path, keep: str) -> None:
    config, path = replace(RICH, keep=keep), tmp_path / "state.safetensors"
    whole = train(toy_graph(), toy_data(), config)
    interrupted(3, path, config=config)
    resumed = train(toy_graph(), toy_data(), config, checkpoint=path)
    assert same(whole, resumed)
    assert whole.history == resumed.history
    assert not same(whole, train(toy_graph(), toy_data(), replace(config, ema=0.0)))
    assert whole.val_accuracy == evaluate(whole.module, toy_data().val).accuracy


def test_patience_ends_a_training(tmp_path: Path) -> None:
    config = replace(SHORT, epochs=40, keep="best", schedule="constant", lr=0.5, patience=2)
    path = tmp_path / "state.safetensors"
    heard: list[Event] = []
    trained = train(toy_graph(), toy_data(), config, checkpoint=path, listen=heard.append)
    losses = [epoch.val_loss for epoch in trained.history]
    assert len(losses) < 40
    assert losses.index(min(losses)) == len(losses) - 3
    assert any(isinstance(event, Noted) and "Stopped after" in event.text for event in heard)
    again = train(toy_graph(), toy_data(), config, checkpoint=path)
    assert same(trained, again)


def test_epochs_hold_the_learning_rate() -> None:
    trained = train(toy_graph(), toy_data(), SHORT)
    steps = 3 * (32 // 8)
    expected = [SHORT.lr * SHORT.rate(4 * epoch + 3, steps) for epoch in range(3)]
    assert [epoch.rate for epoch in trained.history] == pytest.approx(expected)


def test_a_teacher_is_part_of_the_training(tmp_path: Path) -> None:
    data, path = toy_data(), tmp_path / "state.safetensors"
    teacher, other = (
        Teacher.of(train(toy_graph(), data, SHORT, seed=seed).module, data) for seed in (5, 6)
    )
    taught = train(toy_graph(), data, SHORT, teacher=teacher, checkpoint=path)
    assert not same(taught, train(toy_graph(), data, SHORT))
    with pytest.raises(CheckpointError, match="another teacher"):
        train(toy_graph(), data, SHORT, teacher=other, checkpoint=path)
    with pytest.raises(CheckpointError, match="another teacher"):
        train(toy_graph(), data, SHORT, checkpoint=path)
