from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import ClassVar

import pytest
import torch
import torch.nn.functional as F
from torch.testing import assert_close

from hypernets import measure as measure_module
from hypernets.cards import CARD, WEIGHTS
from hypernets.checkpoint import load
from hypernets.training import train as training_module
from hypernets.training.config import HypernetTraining
from hypernets.training.state import STATE
from hypernets.training.train import seconds_per_step, train_hypernet
from nas.compile.apply import apply
from nas.errors import CheckpointError, ConfigError, TrainingError, VocabularyError
from nas.evaluate.score_aggregate import ScoreAggregate
from nas.events import Advanced, Event, Noted
from nas.task.images import IMAGE_CLASSIFICATION
from nas.task.kind import KINDS
from nas.testing.dataset import images_of
from tests.hypernets.hypernet_toys import SMALL, Mixed, digits, mixed

FAST = {"meta_batch": 2, "batch_size": 16}


class Renamed(Mixed):
    name: ClassVar[str] = "renamed"


@pytest.fixture(autouse=True)
def _few_architectures_are_measured(monkeypatch):
    monkeypatch.setattr(measure_module, "ARCHITECTURES", 8)


def train(out, *, space=None, data=None, listen=None, settings=None, proxy=None, **training):
    options = {} if listen is None else {"listen": listen}
    return train_hypernet(
        space or mixed(),
        data or digits(),
        out,
        settings={**SMALL, **(settings or {})},
        proxy=proxy,
        training=HypernetTraining(**{"steps": 12, **FAST, **training}),
        **options,
    )


def assert_same(model, other):
    state, expected = model.state_dict(), other.state_dict()
    assert state.keys() == expected.keys()
    assert [name for name in state if not torch.equal(state[name], expected[name])] == []


def differ(model, other):
    pairs = zip(model.parameters(), other.parameters(), strict=True)
    return any(not torch.equal(one, two) for one, two in pairs)


def test_the_loss_falls_and_accuracy_rises(tmp_path):
    heard: list[Event] = []
    sizes = {"hidden": 16, "max_channels": 16}
    options = {"steps": 120, "meta_batch": 1, "batch_size": 64, "lr": 1e-2}
    train(tmp_path, space=mixed("deep"), settings=sizes, listen=heard.append, **options)
    told = [event for event in heard if isinstance(event, Advanced)]
    progress = [event for event in told if event.stage == "train-hypernet"]
    assert [event.done for event in progress] == list(range(10, 121, 10))
    first, last = progress[0].metrics, progress[-1].metrics
    assert last["loss"] < first["loss"] - 0.5
    assert last["accuracy"] > first["accuracy"] + 0.2


def test_what_is_left_behind_is_the_checkpoint(tmp_path):
    model = train(tmp_path / "mine", proxy={"channels": 2, "resolution": 6})
    assert not model.training
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == [CARD, WEIGHTS]
    loaded = load(tmp_path / "mine")
    assert_same(loaded, model)
    card = loaded.card
    assert (card.name, card.hypernet, card.space, card.dataset) == (
        "mine",
        "ghn2",
        "mixed",
        "digits",
    )
    assert card.proxy == {"channels": 2, "resolution": 6}
    assert (card.channels, card.classes) == (1, 10)
    assert card.fingerprint == digits().fingerprint
    assert card.training["steps"] == 12
    assert card.training["seconds"] > 0
    assert card.training["torch"] == torch.__version__
    assert "mean accuracy of 8 architectures" in card.measured
    ScoreAggregate(card.reference)  # complete


def test_same_seed_same_weights_whatever_the_threads(tmp_path):
    first = train(tmp_path / "a", seed=3)
    assert_same(train(tmp_path / "b", seed=3), first)
    assert_same(train(tmp_path / "c", seed=3, workers=2), first)
    assert differ(train(tmp_path / "d", seed=4), first)


def test_training_leaves_the_global_random_state_alone(tmp_path):
    before = torch.get_rng_state()
    train(tmp_path, steps=2)
    assert torch.equal(torch.get_rng_state(), before)


def test_only_training_images_are_seen(tmp_path):
    data = digits()
    nothing = data.val.subset(slice(0))
    alone = train(tmp_path / "a", data=replace(data, val=nothing, test=nothing))
    assert_same(alone, train(tmp_path / "b"))


@pytest.fixture
def gradients(monkeypatch):
    """Gradients that AdamW is given, a list of tensors for each step."""
    seen = []
    step = torch.optim.AdamW.step

    def spy(self, *args, **kwargs):
        seen.append([p.grad.clone() for group in self.param_groups for p in group["params"]])
        return step(self, *args, **kwargs)

    monkeypatch.setattr(torch.optim.AdamW, "step", spy)
    return seen


@pytest.mark.parametrize("clip", [1e3, 1e-3])
def test_a_step_is_one_of_adamw_on_the_mean_loss(tmp_path, monkeypatch, gradients, clip):
    """Two equal networks and equal images, so that nothing random is left."""
    kind = replace(KINDS.get(IMAGE_CLASSIFICATION), vary_for_hypernet=lambda batch, *_: batch)
    monkeypatch.setitem(KINDS._things, IMAGE_CLASSIFICATION, kind)
    data = digits()
    data = replace(data, train=data.train.subset(torch.zeros(16, dtype=torch.long)))
    space = mixed("sound")
    options = {"space": space, "data": data, "steps": 1, "meta_batch": 2, "clip": clip}
    trained = train(tmp_path / "a", lr=1e-3, **options)
    model = train(tmp_path / "b", lr=1e-30, **options)  # as it began
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-2)
    optimiser.zero_grad()
    graph = space.graph({"kind": "sound"})
    logits = apply(
        graph, model.predict([graph])[0], images_of(data.train).normalised(slice(0, 16))
    )
    F.cross_entropy(logits, data.train.labels).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
    optimiser.step()
    for found, expected in zip(gradients[0], gradients[-1], strict=True):
        assert_close(found, expected, rtol=1e-4, atol=1e-7)
    for found, expected in zip(trained.parameters(), model.parameters(), strict=True):
        assert_close(found, expected, rtol=1e-4, atol=2e-5)


def test_the_rate_rises_and_falls_to_nearly_nothing(tmp_path, monkeypatch):
    rates = []
    step = torch.optim.AdamW.step

    def spy(self, *args, **kwargs):
        rates.append(self.param_groups[0]["lr"])
        return step(self, *args, **kwargs)

    monkeypatch.setattr(torch.optim.AdamW, "step", spy)
    train(tmp_path, steps=20, lr=0.01, warmup=0.2)
    rise = [0.0025, 0.005, 0.0075, 0.01]
    fall = [0.005 * (1 + math.cos(math.pi * k / 16)) for k in range(16)]
    assert rates == pytest.approx(rise + fall)
    assert rates[-1] < 1e-4


class Interruption:
    """A listener that stops the training when it hears of a step."""

    def __init__(self, at, error):
        self.at = at
        self.error = error

    def __call__(self, event):
        if isinstance(event, Advanced) and event.done == self.at:
            raise self.error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("the machine is gone")])
def test_an_interrupted_training_ends_as_the_uninterrupted_one(tmp_path, monkeypatch, error):
    monkeypatch.setattr(training_module, "_SAVE_EVERY", 4)
    with pytest.raises(type(error)):
        train(tmp_path / "a", steps=16, listen=Interruption(10, error))
    assert [path.name for path in (tmp_path / "a").iterdir()] == [STATE]
    heard: list[Event] = []
    resumed = train(tmp_path / "a", steps=16, listen=heard.append)
    step = 10 if isinstance(error, KeyboardInterrupt) else 8
    assert Noted(text=f"going on at step {step} of 16") in heard
    assert_same(resumed, train(tmp_path / "b", steps=16))


def test_an_interruption_inside_a_step(tmp_path, monkeypatch):
    calls = []

    def backward(*args, real=torch.autograd.backward, **kwargs):
        calls.append(1)
        if len(calls) == 12:
            raise KeyboardInterrupt
        return real(*args, **kwargs)

    monkeypatch.setattr(torch.autograd, "backward", backward)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "a")
    monkeypatch.undo()
    assert (tmp_path / "a" / STATE).exists()
    assert_same(train(tmp_path / "a"), train(tmp_path / "b"))


def test_an_interruption_within_an_update_saves_no_half_step(tmp_path, monkeypatch):
    monkeypatch.setattr(training_module, "_SAVE_EVERY", 3)
    step, calls = torch.optim.AdamW.step, []

    def interrupted(self, *args, **kwargs):
        step(self, *args, **kwargs)
        calls.append(1)
        if len(calls) == 5:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(torch.optim.AdamW, "step", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / "a")
    heard: list[Event] = []
    resumed = train(tmp_path / "a", listen=heard.append)
    assert Noted(text="going on at step 3 of 12") in heard
    assert_same(resumed, train(tmp_path / "b"))


def stop(out, **options):
    with pytest.raises(KeyboardInterrupt):
        train(out, listen=Interruption(10, KeyboardInterrupt()), **options)


def test_threads_may_change_in_between(tmp_path):
    stop(tmp_path / "a", workers=2)
    assert_same(train(tmp_path / "a", workers=1), train(tmp_path / "b"))


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"steps": 13}, "training"),
        ({"settings": {"hidden": 4}}, "config"),
        ({"proxy": {"channels": 2}}, "proxy"),
        ({"space": Renamed(task=digits().task)}, "space"),
    ],
)
@pytest.mark.parametrize("finished", [False, True])
def test_a_directory_of_another_training_is_left_alone(tmp_path, options, what, finished):
    if finished:
        train(tmp_path)
    else:
        stop(tmp_path)
    with pytest.raises(CheckpointError, match=f"was made with .*another {what}: ") as error:
        train(tmp_path, **options)
    assert "--out" in error.value.hint


@pytest.mark.parametrize("content", [b"", b"rubbish" * 50, None], ids=["empty", "rubbish", "cut"])
def test_a_corrupt_state_is_one_error_with_a_hint(tmp_path, content):
    stop(tmp_path)
    state = tmp_path / STATE
    state.write_bytes(state.read_bytes()[:-100] if content is None else content)
    with pytest.raises(CheckpointError, match=r"the training state in .* is corrupt") as error:
        train(tmp_path)
    assert "Delete the directory" in error.value.hint


def test_a_finished_one_is_loaded(tmp_path, monkeypatch):
    first = train(tmp_path)
    monkeypatch.delattr(training_module._Session, "run")
    again = train(tmp_path, workers=2)
    assert_same(again, first)
    assert not again.training


def test_what_was_measured_afterwards_makes_it_no_other(tmp_path):
    train(tmp_path)
    card = json.loads((tmp_path / CARD).read_text())
    later = {"measured": {"kendall tau": 0.4}, "reference": {}}
    (tmp_path / CARD).write_text(json.dumps({**card, **later}))
    again = train(tmp_path).card
    assert (again.measured, again.reference) == ({"kendall tau": 0.4}, {})


@pytest.mark.parametrize("name", [CARD, WEIGHTS])
def test_one_whose_card_or_weights_are_missing_is_trained_again(tmp_path, name):
    first = train(tmp_path)
    (tmp_path / name).unlink()
    assert_same(train(tmp_path), first)
    assert_same(load(tmp_path), first)


def other_vocabulary(directory):
    card = json.loads((directory / CARD).read_text())
    (directory / CARD).write_text(json.dumps({**card, "vocabulary": card["vocabulary"] + 1}))


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (other_vocabulary, VocabularyError),
        (lambda directory: (directory / WEIGHTS).write_bytes(b"broken"), CheckpointError),
        (lambda directory: (directory / CARD).write_text("{"), CheckpointError),
    ],
    ids=["other vocabulary", "broken weights", "broken card"],
)
def test_one_that_cannot_be_read_is_left_alone(tmp_path, spoil, error):
    train(tmp_path)
    spoil(tmp_path)
    content = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(error) as caught:
        train(tmp_path)
    assert "--out" in caught.value.hint
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == content


def test_half_precision_trains_on_the_cpu_too(tmp_path):
    start = train(tmp_path / "a", space=mixed("deep"), steps=1, lr=1e-9)
    model = train(tmp_path / "b", space=mixed("deep"), steps=2, lr=1e-2, precision="bf16")
    assert differ(model, start)
    assert all(parameter.dtype == torch.float32 for parameter in model.parameters())
    assert all(parameter.isfinite().all() for parameter in model.parameters())


def test_networks_that_overflow_are_left_out(tmp_path):
    model = train(tmp_path, space=mixed("sound", "overflowing"), steps=40, meta_batch=1)
    assert all(parameter.isfinite().all() for parameter in model.parameters())


def test_steps_without_a_finite_loss_change_nothing(tmp_path):
    before = train(tmp_path / "a", space=mixed("overflowing"), steps=1)
    after = train(tmp_path / "b", space=mixed("overflowing"), steps=19)
    assert_same(after, before)


def test_too_many_steps_without_a_finite_loss(tmp_path):
    with pytest.raises(TrainingError, match="no finite loss or gradient in 20 steps") as error:
        train(tmp_path, space=mixed("overflowing"), steps=30)
    assert "learning rate" in error.value.hint
    assert not (tmp_path / CARD).exists()


def test_gradients_that_are_not_finite_count_too(tmp_path, monkeypatch):
    def poisoned(graph, params, images):
        zero = (0 * next(iter(params.values())).sum()).sqrt()
        return apply(graph, params, images) + zero

    monkeypatch.setattr(training_module, "apply", poisoned)
    with pytest.raises(TrainingError, match="no finite loss or gradient in 20 steps"):
        train(tmp_path, space=mixed("sound"), steps=30)


def test_spaces_without_convolutions(tmp_path):
    model = train(tmp_path, space=mixed("linear"), steps=2)
    assert model.predict([mixed("linear").graph({"kind": "linear"})])


def test_the_tile_is_as_large_as_the_convolutions(tmp_path):
    short = HypernetTraining(steps=1, meta_batch=1, batch_size=4)
    trained = train_hypernet(mixed("sound"), digits(), tmp_path, training=short)
    assert (trained.config.max_channels, trained.config.max_kernel) == (8, 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "steps must be at least 1, got 0"),
        ({"workers": -1}, "workers must be at least 1, got -1"),
        ({"lr": 0.0}, "lr must lie between 0 and 1, got 0"),
        ({"lr": math.nan}, "lr must lie between 0 and 1, got nan"),
        ({"settings": {"hiden": 4}}, "Did you mean 'hidden'"),
        ({"proxy": {"chanels": 4}}, "Did you mean 'channels'"),
    ],
)
def test_options_that_do_not_fit(tmp_path, options, message):
    with pytest.raises(ConfigError, match=message):
        train(tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_the_time_of_a_step_is_the_mean_of_those_after_the_first(monkeypatch):
    clock = iter((0.0, 50.0, 60.0, 62.0, 70.0, 76.0))
    monkeypatch.setattr("hypernets.training.train.time.perf_counter", lambda: next(clock))
    monkeypatch.setattr(training_module, "_TIMED", 2)
    training = HypernetTraining(steps=5000, batch_size=16)

    assert seconds_per_step(mixed(), digits(), training=training) == (2.0 + 6.0) / 2
