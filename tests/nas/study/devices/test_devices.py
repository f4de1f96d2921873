from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from torch import nn

import nas
from nas.errors import ConfigError, ExportError, MeasurementError, StudyError
from nas.graph.builder import GraphBuilder
from nas.measure.profile import profile_of
from tests.nas.measure.toy_runner import latency, toy_runner

SCORES: dict[str, Any] = {"finalists": 0, "max_epochs": 0, "n_trials": 12}


def space(trial, data):
    """Convolutions; 40 networks."""
    width = trial.suggest_categorical("width", [2, 4, 6, 8, 12, 16, 20, 24, 28, 32])
    b = GraphBuilder()
    x = b.input((1, data.channels, data.resolution, data.resolution))
    for _ in range(trial.suggest_int("depth", 1, 4)):
        x = b.relu(b.conv2d(x, width, 3))
    return b.build(b.classifier(x, data.classes))


@pytest.fixture
def toy():
    with toy_runner() as found:
        yield found


def profile(out=None, **options):
    return nas.device_profile(
        space, "digits", **{"measurements": 6, "runner": "toy", "out": out, **options}
    )


def test_few_networks_predict_the_space(toy):
    found = profile(measurements=8)
    assert len(toy.measured) == len(set(toy.measured)) == 8
    task = nas.load_dataset("digits").task
    others = [nas.own_space(space, task).graph({"width": w, "depth": 3}) for w in (4, 12, 24, 32)]
    for graph in others:
        assert found.costs(graph)["latency"].value == pytest.approx(latency(graph), rel=0.25)
    assert "predicted from 8 measured networks" in found.errors()["latency"]


def test_an_interrupted_call_goes_on_and_nothing_is_measured_twice(toy, tmp_path):
    file = tmp_path / "toy.json"
    toy.limit = 4
    with pytest.raises(KeyboardInterrupt):
        profile(file)
    toy.limit = 100
    resumed = profile(file)
    assert len(toy.measured) == len(set(toy.measured)) == 6
    assert resumed.digest == profile().digest

    more = profile(file, measurements=8)
    assert len(more.measured) == 8
    assert len(profile(file).measured) == 8  # what was measured is kept


def test_a_file_of_other_settings_is_not_mixed(toy, tmp_path):
    profile(tmp_path / "toy.json")
    with pytest.raises(StudyError, match=r"were made with another batch: 1, not 2"):
        profile(tmp_path / "toy.json", batch=2)
    toy.device = "another toy"
    with pytest.raises(StudyError, match="were made on a toy, this is another toy"):
        profile(tmp_path / "toy.json", measurements=8)


def test_measurements_of_another_space_are_not_used(toy, tmp_path):
    file, options = tmp_path / "toy.json", {**SCORES, "constraints": "latency<=9s"}
    profile(file)
    with pytest.raises(StudyError, match=r"are of space \(.*resolution=8\)") as caught:
        nas.search("nb201:channels=4,cells=1", "digits", latency=file, **options)
    assert "the search is in nb201:channels=4,cells=1" in caught.value.message
    assert "nas.device_profile" in caught.value.hint
    with pytest.raises(StudyError, match="Choose another --out for this space"):
        nas.device_profile("nb201:channels=4,cells=1", "digits", runner="toy", out=file)
    with pytest.raises(StudyError, match="do not say of which space"):
        nas.search(space, "digits", latency=replace(profile(), space=None), **options)


@pytest.mark.parametrize("error", [MeasurementError, ExportError])
def test_a_network_that_fails_is_left_out_and_reported(toy, error):
    whole = profile()
    toy.error = error
    toy.broken = {whole.measured[2].hash}
    said: list[str] = []
    rest = profile(listen=lambda event: said.append(getattr(event, "text", "")))
    assert [one.hash for one in rest.measured] == [
        one.hash for one in whole.measured if one.hash not in toy.broken
    ]
    assert "a network was left out: it does not fit" in said


def test_a_device_on_which_nothing_runs_is_an_error(toy):
    toy.broken = {one.hash for one in profile().measured}
    with pytest.raises(MeasurementError, match="it does not fit"):
        profile()


def test_too_few_measurements_and_networks_are_refused(toy):
    with pytest.raises(ConfigError, match="measurements must be at least 3, got 2"):
        profile(measurements=2)
    with pytest.raises(ConfigError, match=r"41 networks cannot be measured.* 40 were found"):
        profile(measurements=41)


def test_a_search_within_a_latency(toy, tmp_path):
    known = profile()
    options = {**SCORES, "latency": known, "objectives": ["score", "latency"], "out": tmp_path}
    found = nas.search(space, "digits", constraints="latency<=2500us", **options)
    networks = [one.candidate.network for one in found.pareto]
    assert networks
    for network, one in zip(networks, found.pareto, strict=True):
        assert one.values[1] == known.costs(network)["latency"].value <= 2.5
    assert found.trials.infeasible > 0
    assert len(toy.measured) == 6  # nothing is measured during a search

    again = nas.search(space, "digits", constraints="latency<=2.5ms", **options)
    assert again.best.architecture == found.best.architecture

    toy.measured.clear()
    other = profile(measurements=7)
    with pytest.raises(StudyError, match="figures"):
        nas.search(space, "digits", constraints="latency<=2.5ms", **{**options, "latency": other})


def test_the_networks_of_a_run(toy, tmp_path):
    result = nas.search(space, "digits", **SCORES, out=tmp_path)
    found = nas.run_profile(tmp_path, space, measurements=5, runner="toy")
    read = profile_of(tmp_path / "latency.json")

    assert found.known.keys() == read.known.keys()
    assert len(found.known) == result.trials.complete
    assert result.best.candidate.hash in toy.measured
    predicted = [costs["latency"] for costs in found.known.values() if costs["latency"].std]
    assert len(predicted) == result.trials.complete - 5

    replace(read, space=None).save(tmp_path / "latency.json")  # as earlier versions wrote it
    more = nas.run_profile(tmp_path, space, measurements=7, runner="toy")
    assert len(toy.measured) == len(set(toy.measured)) == 7
    assert more.space == read.space == profile().space

    def other(trial, data):
        trial.suggest_int("more", 0, 1)
        return space(trial, data)

    with pytest.raises(StudyError, match="does not build the network of trial"):
        nas.run_profile(tmp_path, other, runner="toy")


def test_one_network_in_every_form(toy, tmp_path):
    task = nas.load_dataset("digits").task
    candidate = nas.Candidate(*_replayed(task))
    (tmp_path / "graph.json").write_text(candidate.network.to_json())
    given = {
        "graph": (candidate.network, None, None),
        "candidate": (candidate, None, None),
        "file": (tmp_path / "graph.json", None, None),
        "notation": (candidate.architecture, "digits", space),
    }
    for network, data, home in given.values():
        found = nas.latency(network, data, space=home, runner="toy")
        assert found.latency == latency(candidate.network)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    assert nas.latency(model, "digits", runner="toy").latency == pytest.approx(1.2, abs=0.01)
    with pytest.raises(ConfigError, match="the inputs of the network are not known"):
        nas.latency(model)


def _replayed(task):
    own = nas.own_space(space, task)
    return own, *own.replay({"width": 8, "depth": 2})
