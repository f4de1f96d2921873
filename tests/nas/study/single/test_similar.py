from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from torch import nn

import nas
from nas.errors import ConfigError, EncodingError, GraphError, StudyError
from nas.events import Noted
from nas.study.record.recorded_run import read_run
from nas.task.task import Task
from search_spaces.reference import reference, reference_names
from tests.nas.study.study_toys import DIGITS, ToyPredictor, toy_space

if TYPE_CHECKING:
    from nas.events import Event

SPACE = toy_space(labels=("a", "b"))
PARAMS = {"label": "a", "depth": 2, "width0": 4, "kernel0": 3, "width1": 2, "kernel1": 1}
TEXT = SPACE.encode(PARAMS)
TWIN = SPACE.encode({**PARAMS, "label": "b"})


def near(network, among=SPACE, **options):
    return nas.similar(network, among, "digits", "nasnet-digits", **options)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    nas.search(
        SPACE,
        "digits",
        "none",
        n_trials=12,
        finalists=2,
        finalist_epochs=1,
        max_epochs=1,
        out=folder,
    )
    return folder


def test_random_architectures_of_a_space_the_nearest_first():
    found = near(TEXT, count=5, sample=30, seed=3)
    assert [one.distance for one in found] == sorted(one.distance for one in found)
    assert len({one.candidate.hash for one in found}) == 5
    assert all(one.of_choices for one in found)
    assert all(SPACE.graph(one.architecture).hash() == one.candidate.hash for one in found)
    again, other = (near(TEXT, count=5, sample=30, seed=seed) for seed in (3, 4))
    assert [one.to_dict() for one in again] == [one.to_dict() for one in found]
    assert [one.name for one in other] != [one.name for one in found]


def test_a_small_space_is_searched_whole_and_holds_the_architecture_itself():
    tiny = toy_space(widths=(2,))
    text = tiny.encode({"label": "a", "depth": 1, "width0": 2, "kernel0": 3})
    found = near(text, tiny, sample=200, count=200)
    assert len(found) == 3 + 9 + 27
    assert (found[0].distance, found[0].differences, found[0].architecture) == (0, (), text)
    assert found[1].distance > 0


def test_what_differs_leads_from_the_architecture_to_the_one_found():
    other = SPACE.graph({**PARAMS, "kernel1": 5})
    named = {
        "same": SPACE.graph(TWIN),
        "other": other,
        "module": nn.Sequential(nn.Flatten(), nn.Linear(64, 10)),
    }
    found = near(TEXT, named, space=SPACE)
    same, *_ = found
    assert [one.name for one in found[:2]] == ["same", "other"]
    assert (same.distance, same.of_choices, same.to_dict()["operations"]) == (0, False, {})
    assert found[1].to_dict()["operations"] == {"conv 1×1": [1, 0], "conv 5×5": [0, 1]}
    assert found[1].to_dict()["architecture"] is None


def test_the_architectures_of_a_run_with_what_it_knows_of_them(run):
    record = read_run(run)
    assert record.best is not None
    best = record.by_hash[record.best]
    found = near(best.user_attrs["architecture"], run, space=SPACE, count=100)
    assert {one.name for one in found} == {f"#{trial.number}" for trial in record.scored}
    assert (found[0].name, found[0].distance) == (f"#{best.number}", 0)
    assert found[0].score == best.user_attrs["score"]
    assert found[0].val_accuracy == record.longest[record.best].val_accuracy
    assert {one.candidate.hash for one in found if one.epochs} == record.longest.keys()
    assert [one.name for one in near(found[0].candidate, str(run), space=SPACE)] == [
        one.name for one in found[:10]
    ]
    graph = near(found[0].candidate.graph, run, space=SPACE)  # known in the run, so in choices
    assert [one.of_choices for one in graph] == [True] * len(graph)


def test_a_module_among_reference_networks():
    named = {name: reference(name, DIGITS) for name in ("resnet18", "vit_ti_16", "vgg11_bn")}
    model = nn.Sequential(
        nn.Conv2d(1, 64, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(64, 10),
    )
    found = near(model, named)
    assert {one.name for one in found} == named.keys() <= set(reference_names())
    assert found[0].name == "vgg11_bn"


@pytest.mark.parametrize("label", ["a", "b"])
def test_choices_that_are_given_are_compared_and_not_those_of_an_isomorphic_one(label):
    given = {**PARAMS, "label": label}
    own = SPACE.graph(given)
    named, graph = (
        nas.similar(one, SPACE, "digits", by="costs", sample=200, count=200)
        for one in (SPACE.encode(given), own)
    )
    assert (named[0].distance, named[0].candidate.hash) == (0, own.hash())
    for one in named:
        assert all(found.own == given.get(found.name) for found in one.differences)
    assert graph[0].differences == ()
    assert [one.distance for one in graph] == [one.distance for one in named]


def test_where_there_is_no_hypernetwork_the_costs_decide_and_a_note_says_so(images):
    data = nas.load_dataset(images)
    heard: list[Event] = []
    space = toy_space(task=data.task)
    text = space.encode(PARAMS | {"label": "a"})
    found = nas.similar(text, space, data, sample=20, listen=heard.append)
    assert [one.text for one in heard if isinstance(one, Noted)] == [
        f"There is no hypernetwork for these networks on data set {data.name!r}, so distances "
        "are by costs alone."
    ]
    by_costs = nas.similar(text, space, data, sample=20, by="costs")
    assert [one.to_dict() for one in found] == [one.to_dict() for one in by_costs]
    with pytest.raises(ConfigError, match="by the embedding need a hypernetwork"):
        nas.similar(text, space, data, sample=20, by="embedding")
    nas.similar(TEXT, SPACE, "digits", "none", sample=20, listen=heard.append)
    *_, last = (one.text for one in heard if isinstance(one, Noted))
    assert last == "No hypernetwork was asked for, so distances are by costs alone."


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"by": "size"}, ConfigError, "expected by as one of both, embedding, costs, got 'size'"),
        ({"count": 0}, ConfigError, "count must be a whole number, at least 1, got 0"),
        ({"sample": 1.5}, ConfigError, "sample must be a whole number, at least 1, got 1.5"),
        ({"network": "nonsense"}, EncodingError, "expected a JSON object of parameters"),
        ({"network": 3}, ConfigError, "expected a torch module, a nas.Graph.*got int 3"),
        ({"among": 3}, ConfigError, "expected a search space.*got int 3"),
        ({"among": {"one": 3}}, ConfigError, "expected the baseline 'one' as a torch module"),
        ({"among": Path("none"), "space": SPACE}, StudyError, "no run in 'none'"),
        (
            {"among": Path("none"), "network": SPACE.graph(PARAMS)},
            ConfigError,
            "the space of the run in 'none' is not known",
        ),
        (
            {"among": Path("none"), "network": TEXT},
            ConfigError,
            "the space of the run in 'none' is not known",
        ),
        ({"among": {"one": nn.Flatten()}, "network": TEXT}, ConfigError, "notation with its spac"),
        (
            {"network": reference("resnet18", Task(classes=10, channels=3, resolution=32))},
            GraphError,
            "the network maps .* but data set 'digits' needs",
        ),
    ],
)
def test_a_wrong_argument_is_explained(arguments, error, said):
    given = {"network": SPACE.graph(PARAMS), **arguments}
    with pytest.raises(error, match=said):
        near(**given)


def test_another_space_does_not_build_the_networks_of_a_run(run):
    with pytest.raises(StudyError, match="does not build the network of trial"):
        near(SPACE.graph(PARAMS), run, space=toy_space(widths=(7, 8)))


def test_a_predictor_that_embeds_all_alike_leaves_the_costs(run):
    found, by_costs = (
        nas.similar(TEXT, run, "digits", ToyPredictor(SPACE), space=SPACE, by=by)
        for by in ("both", "costs")
    )
    assert [one.name for one in found] == [one.name for one in by_costs]
    assert [2 * one.distance for one in found] == [one.distance for one in by_costs]


def test_networks_for_images_of_another_resolution_are_refused():
    larger = SPACE.at(resolution=16)
    graph = larger.graph(PARAMS).simplified
    with pytest.raises(GraphError, match="takes images of 16 pixels, but one of those searched"):
        near(graph, sample=5)
    assert near(graph, larger, sample=5)
    with pytest.raises(GraphError, match=r"takes images of 8 pixels, .* takes 16"):
        near(TEXT, {"small": SPACE.graph(PARAMS), "large": graph}, space=SPACE)


def test_a_storage_is_that_of_a_run():
    with pytest.raises(ConfigError, match="storage is that of a run, but no run is searched"):
        near(TEXT, sample=5, storage="sqlite:///study.db")


def test_a_distance_says_what_it_was_measured_by():
    assert {one.by for one in near(TEXT, sample=5)} == {"both"}
    assert {one.by for one in near(TEXT, sample=5, by="embedding")} == {"embedding"}
    assert {one.by for one in nas.similar(TEXT, SPACE, "digits", "none", sample=5)} == {"costs"}
