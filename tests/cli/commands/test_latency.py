from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.program import ARCHITECTURE, ON_DIGITS, nas

NET = """
from torch import nn

class Net(nn.Sequential):
    def __init__(self, classes=10):
        super().__init__(nn.Flatten(), nn.Linear(64, classes))
"""
SHORT = ("--device", "cpu", "--warmup", 1, "--repeats", 3)
SIZE = "wc -c < {model.safetensors}"
"""A device whose latency is the size of the weights."""


def test_one_network_for_people_and_as_json(tmp_path):
    (tmp_path / "net.py").write_text(NET)
    factory = f"{tmp_path / 'net.py'}:Net"
    shown = nas("latency", factory, "--dataset", "digits", *SHORT)
    assert shown.code == 0, shown.err
    assert shown.out.splitlines()[0].startswith("latency  ")
    assert "run by   eager, batch 1" in shown.out

    found = nas("latency", factory, "--dataset", "digits", *SHORT, "--json").document
    assert found["latency"] > 0
    assert found["memory"] > 4 * 650
    assert (found["runner"], found["batch"], found["threads"]) == ("eager", 1, 1)


def test_a_command_of_the_user(tmp_path):
    words = ("latency", ARCHITECTURE, *ON_DIGITS, "--measure")
    answer = nas(*words, "test -s {model.safetensors} && echo 5us", "--device", "pi", "--json")
    assert (answer.code, answer.document["latency"]) == (0, 0.005)
    assert answer.document["device"] == "pi"

    failed = nas(*words, "echo {model.safetensors} && echo unreachable >&2 && exit 7")
    assert failed.code == 1
    assert "ended with code 7: unreachable" in failed.err


@pytest.fixture(scope="module")
def measured(finished, tmp_path_factory):
    run = shutil.copytree(finished, tmp_path_factory.mktemp("measured") / "run")
    answer = nas("latency", run, "--measure", SIZE, "--measurements", 4, "--quiet")
    assert answer.code == 0, answer.err
    assert "measured   4 networks" in answer.out
    assert "rank correlation" in answer.out
    return run


def test_the_best_of_a_run_within_a_latency(measured):
    known = json.loads((measured / "latency.json").read_text())["known"]
    values = sorted(costs["latency"]["value"] for costs in known.values())
    limit = (values[0] + values[1]) / 2
    answer = nas("best", measured, "--constraint", f"latency<={limit}ms", "--json")
    assert answer.code == 0, answer.err
    assert answer.document["device"]["latency"]["value"] == values[0]

    none = nas("best", measured, "--constraint", f"latency<={values[0] / 2}")
    assert none.code == 3
    assert "no architecture of the run" in none.err


def test_trials_and_front_show_the_latency(measured):
    assert " ms" in nas("trials", measured).out
    front = nas("best", measured, "--pareto", "--by", "latency", "--json").document
    latencies, scores = ([row[name] for row in front] for name in ("latency", "score"))
    assert latencies == sorted(latencies)
    assert scores == sorted(scores)
    assert sum(row["knee"] for row in front) <= 1


def test_a_run_without_measurements_says_how_to_make_them(finished):
    for words in (["--constraint", "latency<=5ms"], ["--pareto", "--by", "latency"]):
        answer = nas("best", finished, *words)
        assert answer.code == 1
        assert "no latency is known of the architectures of the run" in answer.err
        assert f"`nas latency {finished}` measures latency" in answer.err


@pytest.mark.parametrize("figure", ["accuracy", "val_accuracy"])
def test_a_front_by_a_figure_to_be_maximised_is_refused(finished, figure):
    answer = nas("best", finished, "--pareto", "--by", figure)
    assert answer.code == 2
    assert f"the front of score and '{figure}' is not shown" in answer.error


def test_a_space_and_a_search_with_its_measurements(hypernet):
    words = ("latency", *ON_DIGITS, "--measure", SIZE, "--measurements", 4, "--out", "size.json")
    assert nas(*words, "--quiet").code == 0
    limit = ("--latency", "size.json", "--constraint", "latency<=20s")
    goals = ("--objective", "score", "--objective", "latency")
    scores = ("--n-trials", 3, "--finalists", 0, "--max-epochs", 0, "--images", 32)
    search = ("search", "--weights", hypernet, *scores, *goals, *limit, "--out", "run")
    answer = nas(*search, *ON_DIGITS)
    assert answer.code == 0, answer.err
    assert "predicted from 4 measured networks" in answer.out

    other = ("--space", "nb201:channels=8,cells=1", "--dataset", "digits", "--out", "other")
    refused = nas(*search, *other)
    assert not Path("other").exists()
    assert refused.code == 1
    assert "are of nb201:channels=4,cells=1," in refused.error
    again = "nas latency --space nb201:channels=8,cells=1 --dataset digits --out "
    assert again in refused.err
    assert f"--measure '{SIZE}'" in refused.err

    within = nas("best", "run", "--constraint", "latency<=20s", "--json")
    assert within.code == 0, within.err
    assert within.document["latency"] <= 20_000
    unmeasured = nas("best", "run", "--latency", "size.json", "--constraint", "memory<=1GB")
    assert "no memory is known" in unmeasured.err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["latency"], "give a network or a run to measure"),
        (["latency", ARCHITECTURE, "--out", "x.json"], "--out is for a run or a space"),
        (["latency", ARCHITECTURE, "--storage", "sqlite:///x.db"], "--storage is for a run"),
        (["best", "run", "--by", "macs"], "--by is for --pareto"),
        (["best", "run", "--pareto", "--by", "macs", "--out", "front"], "--by shows a front"),
        (["best", "run", "--pareto", "--constraint", "macs<=1"], "--constraint shows one"),
    ],
)
def test_options_that_do_not_fit_together_are_wrong_usage(words, why):
    answer = nas(*words)
    assert answer.code == 2
    assert why in answer.err
