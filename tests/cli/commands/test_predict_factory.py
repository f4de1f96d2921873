"""``nas predict`` for the modules that users write."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

import hypernets
from nas.data.catalog import load
from nas.modules.classifier import Classifier
from nas.testing.dataset import images_of
from nas.training.evaluate import evaluate
from nas.training.range_test import RangeTest
from tests.cli.program import ARCHITECTURE, SPACE, nas

SOURCE = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, channels=1, classes=10):
        super().__init__()
        self.conv = nn.Conv2d(channels, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.again = nn.Conv2d(8, 8, 1)
        self.again.bias = self.conv.bias
        self.conv.weight.requires_grad = False
        self.spare = nn.Linear(3, 4)
        self.head = nn.Linear(8, classes)

    def forward(self, x):
        x = self.again(self.norm(self.conv(x)).relu()).mean((2, 3))
        return self.head(x.view(x.size(0), -1))

def scripted():
    return nn.Sequential(torch.jit.script(nn.Conv2d(1, 4, 3)), nn.Flatten(), nn.Linear(144, 10))

def fixed(size):
    return nn.Sequential(nn.Conv2d(1, 4, 3, 2, 1), nn.Flatten(), nn.Linear(size * size, 10))

def free():
    return nn.Sequential(nn.Conv2d(1, 8, 3, 2), nn.ReLU(), nn.Flatten(), nn.Linear(72, 10))

def normed():
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 10), nn.LayerNorm(10))

def tokens():
    return nn.Sequential(nn.Embedding(9, 4), nn.Linear(4, 10))

class Energy(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Linear(64, 10)
    def forward(self, x):
        with torch.enable_grad():
            x = x.flatten(1).detach().requires_grad_()
            y = self.net(x)
            return y.detach() + torch.autograd.grad(y.tanh().sum(), x)[0][:, :10]

def two_answers():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = Net()
        def forward(self, x):
            return {"logits": self.net(x), "input": x}
    return Two()
"""


@pytest.fixture(autouse=True)
def _net(monkeypatch):
    Path("net.py").write_text(SOURCE)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    sys.modules.pop("net", None)


def predict(hypernet, model, *words):
    return nas("predict", model, "--weights", hypernet, "--out", "w.safetensors", *words)


def fresh(name="Net", *args):
    return runpy.run_path("net.py")[name](*args)


def test_the_file_fills_a_fresh_module_with_what_was_predicted(hypernet):
    answer = predict(hypernet, "net:Net", "--json", "--evaluate")
    assert answer.code == 0, answer.err
    model, other = fresh(), fresh()
    other.conv.weight = model.conv.weight  # which is frozen
    model.load_state_dict(load_file("w.safetensors"))
    data = load("digits")
    (calibration,) = data.train.spread(256).whole().inputs
    hypernets.predict_module(
        hypernets.load(hypernet), other, torch.zeros(1, 1, 8, 8), calibration=calibration
    )
    assert torch.equal(model.again.bias, model.conv.bias)
    images = images_of(data.val).normalised(slice(64))
    predicted = [name for name, _ in other.named_parameters() if not name.startswith("spare")]
    for name in (*predicted, "norm.running_mean", "norm.running_var"):
        assert torch.equal(model.state_dict()[name], other.state_dict()[name]), name
    torch.testing.assert_close(model.eval()(images), other.eval()(images))
    measured = evaluate(Classifier(model), data.val).accuracy
    assert answer.document["accuracy"] == pytest.approx(measured, abs=1 / len(data.val))


def test_a_fitted_head_is_written_and_classifies_better(hypernet):
    plain = predict(hypernet, "net:Net", "--json", "--evaluate").document
    before = load_file("w.safetensors")
    document = predict(hypernet, "net:Net", "--json", "--evaluate", "--fit-head").document
    model = fresh()
    model.load_state_dict(load_file("w.safetensors"))
    accuracy = evaluate(Classifier(model), load("digits").val).accuracy

    assert plain["head"] is None
    assert document["head"].startswith("ridge regression on the labels")
    assert document["head"].endswith("from 1,024 training samples")
    assert document["accuracy"] == pytest.approx(accuracy, abs=1e-6)
    assert accuracy > plain["accuracy"] + 0.05
    after = model.state_dict()
    same = {name for name, value in before.items() if torch.equal(after[name], value)}
    assert before.keys() - same == {"head.weight", "head.bias"}


def test_a_network_that_ends_otherwise_keeps_the_predicted_head(hypernet):
    answer = predict(hypernet, "net:normed", "--fit-head")
    assert answer.code == 0, answer.err
    assert "predicted, as it is no linear layer that can be fitted" in answer.out


def test_the_report_counts_what_was_not_predicted(hypernet):
    document = predict(hypernet, "net:Net", "--json").document
    sizes = [p.numel() for p in fresh().parameters()]
    assert document["parameters"] == sum(sizes)
    assert document["predicted"] == sum(sizes) - 16 - 72
    assert document["coverage"] == pytest.approx(1 - (16 + 72) / sum(sizes))
    assert document["excluded"] == ["spare.weight", "spare.bias"]
    assert document["kept"] == ["conv.weight"]
    assert document["opaque"] == []
    assert document["seconds"].keys() == {"import", "predict"}
    assert document["accuracy"] is document["fine_tune"] is None
    assert document["files"] == {"weights": "w.safetensors"}
    shown = predict(hypernet, "net:scripted").out
    assert "opaque" in shown
    assert "0.bias, 0.weight, 40 parameters unchanged" in shown


def test_what_runs_as_it_is_is_predicted_and_reported(hypernet):
    answer = predict(hypernet, "net:Energy", "--evaluate")
    assert answer.code == 0, answer.err
    assert "net.weight, net.bias, 650 parameters predicted by shape and kind" in answer.out
    document = predict(hypernet, "net:Energy", "--json").document
    assert (document["coverage"], document["whole"]) == (1, ["net.weight", "net.bias"])


def test_frozen_parameters_are_kept_unless_asked_for(hypernet):
    shown = predict(hypernet, "net:Net").out
    assert "kept" in shown
    assert "conv.weight, 72 parameters unchanged" in shown
    first = load_file("w.safetensors")["conv.weight"]
    document = predict(hypernet, "net:Net", "--json", "--frozen", "predict").document
    assert document["kept"] == []
    assert not torch.equal(first, load_file("w.safetensors")["conv.weight"])


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
@pytest.mark.parametrize("model", ["net:two_answers", "net.py:Net()"])
def test_fine_tuning_compares_with_default_weights_and_writes_what_it_made(model, hypernet):
    plain = predict(hypernet, model, "--json", "--evaluate").document
    untrained = load_file("w.safetensors")
    answer = predict(hypernet, model, "--json", "--fine-tune", 40, "--evaluate", "--quiet")
    found = answer.document["fine_tune"]
    assert found["steps"] == 40
    assert found["predicted"]["before"] == pytest.approx(plain["accuracy"], abs=0.01)
    assert found["default"] != found["predicted"]
    name = next(name for name in untrained if name.endswith("head.weight"))
    frozen = name.replace("head", "conv")
    tuned = load_file("w.safetensors")
    assert not torch.equal(tuned[name], untrained[name])
    assert torch.equal(tuned[frozen], untrained[frozen])
    network = fresh("two_answers" if "two" in model else "Net")
    network.load_state_dict(tuned)
    measured = evaluate(Classifier(network), load("digits").val).accuracy
    ends = {name: found[name]["after"] for name in ("predicted", "default")}
    assert ends[found["better"]] == max(ends.values()) == pytest.approx(measured, abs=0.01)


def test_the_gain_and_the_verdict_are_shown(hypernet):
    shown = predict(hypernet, "net:Net", "--fine-tune", 2, "--quiet", "--lr", 0.1).out
    found = predict(hypernet, "net:Net", "--fine-tune", 2, "--json", "--lr", 0.1).document
    tuned = found["fine_tune"]
    assert tuned["predicted"]["lr"] == tuned["default"]["lr"] == 0.1
    better = tuned["better"]
    worse = "default" if better == "predicted" else "predicted"
    first, second = (f"{100 * tuned[start]['after']:.2f}%" for start in (better, worse))
    state = "level" if first == second else "ahead"
    for text in (shown, found["verdict"]):
        assert f"{better.capitalize()} weights are {state} after 2 steps: {first} ± " in text
        assert f" against {second} ± " in text
        assert "; they are saved." in text
    assert f"w.safetensors (trained from the {better} ones)" in shown


def test_further_starts_are_compared(hypernet):
    words = ("net:Net", "--fine-tune", 2, "--lr", 0.1, "--init", "fitted")
    tuned = predict(hypernet, *words, "--json").document["fine_tune"]
    fitted = tuned["others"]["fitted"]
    assert fitted["before"] > tuned["default"]["before"] + 0.2
    runs = {"default": tuned["default"], "predicted": tuned["predicted"], "fitted": fitted}
    assert runs[tuned["better"]]["after"] == max(run["after"] for run in runs.values())
    assert "from fitted" in predict(hypernet, *words).out
    refused = nas("predict", "net:Net", "--init", "fitted")
    assert refused.code == 2
    assert "--fine-tune STEPS" in refused.err


@pytest.mark.parametrize(
    ("rates", "better"), [((0.1, 1e-9), "predicted"), ((1e-9, 0.1), "default")]
)
def test_the_file_never_holds_the_weights_that_lost(rates, better, hypernet, monkeypatch):
    """The rate of one start is so small that it learns nothing."""
    left = list(reversed(rates))  # default weights are trained first
    monkeypatch.setattr(
        "nas.training.starts.compare.find_rate", lambda *_, **__: RangeTest(left.pop(0), losses={})
    )
    found = predict(hypernet, "net:free", "--fine-tune", 40, "--json").document["fine_tune"]
    assert found["better"] == better
    ends = {name: found[name]["after"] for name in ("predicted", "default")}
    assert ends[better] == max(ends.values()) > min(ends.values())
    network = fresh("free")
    network.load_state_dict(load_file("w.safetensors"))
    measured = evaluate(Classifier(network), load("digits").val).accuracy
    assert measured == pytest.approx(ends[better], abs=0.01)


@pytest.mark.parametrize("words", [(), ("--evaluate",), ("--fine-tune", 1)])
def test_predictions_at_chance_are_called_so(words, hypernet, monkeypatch):
    advice = "." if "--fine-tune" in words else "; use default weights."
    sentence = f"unlike those of the hypernetwork's training{advice}"
    for chance in (True, False):
        for place in ("chance", "gain"):
            monkeypatch.setattr(f"nas.training.{place}.is_at_chance", lambda *_, c=chance, **__: c)
        document = predict(hypernet, "net:Net", "--json", *words).document
        assert document["at_chance"] is chance
        assert (sentence in document["verdict"]) is chance
        assert (sentence in predict(hypernet, "net:Net", *words).out) is chance


def test_the_file_says_how_images_are_normalised(hypernet):
    predict(hypernet, "net:fixed(size=32)")
    with safe_open("w.safetensors", "pt") as file:
        found = {n: json.loads(t) for n, t in file.metadata().items() if n != "digest"}
    assert found["mean"] == pytest.approx(images_of(load("digits").train).mean.tolist())
    assert found["resolution"] == 32
    assert found["class_names"] == list("0123456789")


@pytest.mark.parametrize("rate", [0, -1, "fast"])
def test_a_rate_that_is_none_is_refused(rate, hypernet):
    assert predict(hypernet, "net:Net", "--fine-tune", 1, "--lr", rate).code == 2


def test_an_architecture_is_fine_tuned_too(hypernet):
    words = ("--json", "--fine-tune", 2, "--quiet", "--seed")
    found = [predict(hypernet, ARCHITECTURE, *SPACE, *words, s).document for s in (0, 0, 1)]
    assert found[0]["fine_tune"] == found[1]["fine_tune"]
    assert found[0]["fine_tune"] != found[2]["fine_tune"]
    assert found[0]["excluded"] == []


def test_images_are_enlarged_where_the_network_needs_it(hypernet):
    answer = predict(hypernet, "net:fixed(size=32)", "--evaluate", "--fine-tune", 1)
    assert answer.code == 0, answer.err
    assert "does not take images of 8 pixels; they are enlarged to 32" in answer.err


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (
            "net:Net(channels=3)",
            "takes images of 3 channels, but data set 'digits' has images of 1",
        ),
        (
            "net:Net(classes=7)",
            "shape (7,) for each image, but data set 'digits' has 10 classes",
        ),
        ("net:tokens", "begins with an embedding"),
        ("net:fixed(size=5)", "takes none of the inputs that were tried"),
        ("net:fixed", "missing 1 required positional argument: 'size'"),
    ],
)
def test_a_network_that_does_not_fit_is_refused(model, said, hypernet):
    answer = predict(hypernet, model, "--quiet")
    assert answer.code == 1
    assert said in answer.error
    assert not Path("w.safetensors").exists()


def test_a_factory_that_is_not_there_is_a_wrong_name(hypernet):
    answer = predict(hypernet, "net:Nett")
    assert answer.code == 2
    assert "hint: Did you mean 'Net'?" in answer.err


def test_without_weights_the_shipped_one_of_the_data_set_is_taken(shipped):
    answer = nas("predict", "net:Net", "--json")
    assert answer.code == 0
    assert "'tiny' was trained on networks of space 'nb201'" in answer.err


def test_other_classes_than_the_hypernetwork_knows_are_noted(hypernet, images):
    model = "net:Net(channels=3, classes=2)"
    answer = predict(hypernet, model, "--dataset", images, "--evaluate")
    assert answer.code == 0, answer.err
    assert (
        "trained for 1 channel and 10 classes, but 'images' has 3 channels and 2 classes"
        in answer.err
    )
    missing = nas("predict", model, "--dataset", images, "--quiet")
    assert missing.code == 2
    assert "no shipped hypernetwork was trained on data set 'images'" in missing.error
