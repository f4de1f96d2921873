from __future__ import annotations

import json
from dataclasses import replace

import pytest

import nas
from nas.analysis.figure import FIGURES
from nas.errors import ConfigError, DataError, StudyError
from nas.measure.config import MeasureConfig
from nas.measure.coordinates import Coordinates
from nas.measure.features import features
from nas.measure.measured_space import MeasuredSpace
from nas.measure.measurement import Measurement
from nas.measure.priors import device_priors
from nas.measure.profile import DeviceCost, DeviceProfile, MeasuredNetwork, profile_of
from nas.study.goals.constraints import Constraint
from nas.task.task import Task
from tests.nas.measure.networks import network
from tests.nas.measure.toy_runner import latency

GRAPHS = [network(width, depth) for width in (4, 8, 16) for depth in (1, 2)]


def measured(graph, **changes):
    found = Measurement(
        latency=latency(graph),
        spread=None,
        runs=1,
        memory=None,
        energy=2 * latency(graph),
        device="a toy",
        runner="toy",
        batch=1,
        threads=1,
    )
    return MeasuredNetwork(
        hash=graph.hash(), features=features(graph), measurement=replace(found, **changes)
    )


PROFILE = DeviceProfile(
    config=MeasureConfig(runner="toy"),
    coordinates=Coordinates.of([features(graph) for graph in GRAPHS], device_priors()),
    space=MeasuredSpace(name="toys", sizes={"width": 4}, task={"classes": 10}),
    measured=tuple(measured(graph) for graph in GRAPHS[:4]),
    known={"abc": {"latency": DeviceCost(value=2.0, std=0.5)}},
)


def test_measured_values_are_taken_and_others_predicted():
    known, other = PROFILE.costs(GRAPHS[0]), PROFILE.costs(GRAPHS[5])
    assert known["latency"] == DeviceCost(value=latency(GRAPHS[0]))
    assert other["latency"].std is not None
    assert other["latency"].value == pytest.approx(latency(GRAPHS[5]), rel=0.3)
    assert known.keys() == {"latency", "energy"}  # memory was not measured


def test_a_file_holds_the_whole_profile(tmp_path):
    file = tmp_path / "toy.json"
    PROFILE.save(file)
    read = profile_of(file)
    assert (read.config, read.space, read.measured, read.known) == (
        PROFILE.config,
        PROFILE.space,
        PROFILE.measured,
        PROFILE.known,
    )
    assert (read.device, read.digest) == ("a toy", PROFILE.digest)
    mine, theirs = (one.costs(GRAPHS[5])["latency"].value for one in (read, PROFILE))
    assert mine == pytest.approx(theirs)


def build(trial, task):
    return network(trial.suggest_categorical("width", [4, 8]), 1)


def test_an_own_space_is_known_by_the_names_that_python_and_the_command_line_give_it():
    in_python = nas.own_space(build, Task(classes=10, channels=1, resolution=8))
    by_command = nas.own_space(build, in_python.task, name="test_profile")
    for one, other in [(in_python, by_command), (by_command, in_python)]:
        replace(PROFILE, space=MeasuredSpace.of(one)).check_space(other, "again")
    another = nas.own_space(build, in_python.task, name="another")
    with pytest.raises(StudyError, match=r"are of another .*the search is in build"):
        replace(PROFILE, space=MeasuredSpace.of(another)).check_space(in_python, "again")


def test_figures_and_units_exist_inside_of_the_block_only():
    with pytest.raises(ConfigError, match="nas latency --out FILE"):
        Constraint.parse("latency<=5ms")
    with PROFILE.as_figures():
        limits = [
            Constraint.parse(f"latency<={text}") for text in ("5ms", "5", "0.005s", "5000us")
        ]
        assert {str(limit) for limit in limits} == {"latency<=5"}
        assert Constraint.parse("energy<=2J").limit == 2000
        figure = FIGURES.get("latency").of
        assert figure is not None
        assert figure(GRAPHS[1]) == latency(GRAPHS[1])
        with pytest.raises(ConfigError, match="latency has no unit 'M'"):
            Constraint.parse("latency<=5M")
    assert "latency" not in nas.figures


def test_other_measurements_are_another_version():
    slower = (*PROFILE.measured[:3], measured(GRAPHS[3], latency=99.0))
    assert replace(PROFILE, measured=slower).digest != PROFILE.digest


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[]", "expected an object"),
        ('{"format": "other"}', "its format is 'other'"),
        ('{"format": "nas-device", "space": {}}', "KeyError: 'features'"),
    ],
)
def test_damaged_files_are_refused(tmp_path, text, why):
    file = tmp_path / "toy.json"
    file.write_text(text)
    with pytest.raises(DataError, match=f"cannot read the measurements .*{why}"):
        profile_of(file)


def test_a_file_with_a_wrong_value_is_refused(tmp_path):
    PROFILE.save(tmp_path / "toy.json")
    document = json.loads((tmp_path / "toy.json").read_text())
    document["measured"][0]["measurement"]["latency"] = "fast"
    (tmp_path / "toy.json").write_text(json.dumps(document))
    with pytest.raises(DataError, match="latency must be float"):
        profile_of(tmp_path / "toy.json")


def test_what_is_no_profile_is_refused():
    with pytest.raises(ConfigError, match="expected the measurements of a device"):
        profile_of(5)
