from __future__ import annotations

import os
from dataclasses import replace

import pytest
import torch

import search_spaces
from cli.setup import (
    alone,
    cores,
    out_directory,
    out_file,
    own_weights,
    train_weights,
    use_device,
)
from hypernets.training.config import HypernetTraining
from nas.data.catalog import load
from nas.errors import (
    CheckpointError,
    DeviceError,
    ImportingError,
    StudyError,
    TrainingError,
)
from nas.events import Event, Noted, ignore
from nas.study.search_config import SearchConfig

CPU = torch.device("cpu")


@pytest.fixture(scope="session")
def digits():
    return load("digits")


@pytest.fixture
def space(digits):
    return search_spaces.get("nb201:channels=4,cells=1", digits.task)


def test_on_the_cpu_each_core_gets_one_worker_of_one_thread():
    assert use_device("cpu") == (CPU, cores())
    assert torch.get_num_threads() == 1
    assert 1 <= cores() <= (os.cpu_count() or 1)


def test_threads_inside_an_operation_can_be_given(monkeypatch):
    asked: list[int] = []
    monkeypatch.setattr("torch.set_num_threads", asked.append)
    use_device("cpu", threads=3)

    assert asked == [3]


def test_the_number_of_workers_can_be_given():
    assert use_device("cpu", 3) == (CPU, 3)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_there_is_refused():
    with pytest.raises(DeviceError, match="no CUDA device") as caught:
        use_device("cuda")

    assert "--device cpu" in caught.value.hint


def test_the_folder_is_made_and_by_default_lies_in_runs(tmp_path):
    assert out_directory(None, "name").resolve() == tmp_path / "runs" / "name"
    assert out_directory(tmp_path / "a" / "b", "name").is_dir()
    assert not list((tmp_path / "a" / "b").iterdir())


@pytest.mark.parametrize(
    ("place", "message"), [("file", "it is a file"), ("file/x", "not a directory")]
)
@pytest.mark.parametrize(
    "make", [lambda path: out_directory(path, ""), lambda p: out_file(p / "w")]
)
def test_a_place_that_cannot_be_a_folder_is_refused(place, message, make, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StudyError, match=message) as caught:
        make(tmp_path / place)

    assert "--out" in caught.value.hint


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(StudyError, match="permission denied"):
        out_directory(tmp_path / "locked", "")


def test_a_folder_is_no_place_for_a_file(tmp_path):
    with pytest.raises(StudyError, match="expected a file"):
        out_file(tmp_path)


def test_a_hypernetwork_is_trained_once(space, digits, tmp_path):
    first, again = (
        train_weights(space, digits, tmp_path / "own", 1, CPU, 1, ignore) for _ in range(2)
    )
    for name, tensor in first.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name])


def test_another_hypernetwork_in_the_place_is_refused(space, digits, tmp_path):
    train_weights(space, digits, tmp_path / "own", 1, CPU, 1, ignore)
    with pytest.raises(
        CheckpointError, match=r"hypernetwork in .*own' was made with another training"
    ):
        train_weights(space, digits, tmp_path / "own", 2, CPU, 1, ignore)


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_a_folder_that_another_process_writes_is_refused(kind, tmp_path):
    place = tmp_path / "out"
    if kind == "folder":
        place.mkdir()
    with alone(place):
        refused = pytest.raises(StudyError, match="is being written by another process")
        with refused as caught, alone(place):
            pass
        with alone(tmp_path / "another"):
            pass

    assert "--out" in caught.value.hint
    with alone(place):
        pass
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == (
        [place / ".lock"] if kind == "folder" else []
    )


def test_the_cost_of_a_hypernetwork_is_said_before_it_is_trained(space, digits, tmp_path):
    def costs(data, out):
        heard: list[Event] = []
        train_weights(space, data, out, 2, CPU, 1, heard.append)
        texts = [event.text for event in heard if isinstance(event, Noted)]
        return [text for text in texts if text.startswith("Training a hypernetwork")]

    few = replace(digits, train=digits.train.spread(999))
    (said,), (advised,) = costs(digits, tmp_path / "many"), costs(few, tmp_path / "few")

    assert said.startswith(
        "Training a hypernetwork for space 'nb201' on this data: 2 steps, about"
    )
    assert said.endswith("second on this machine.")
    assert "With 999 training images, to rank without one (--weights none" in advised
    assert costs(digits, tmp_path / "many") == []


@pytest.fixture
def pays(monkeypatch):
    """What is asked about the training of a hypernetwork; it always pays."""
    asked: list[object] = []

    def answer(*arguments, **_):
        asked.append(arguments)
        return True

    monkeypatch.setattr("hypernets.own_weights.training_pays", answer)
    return asked


def own(space, data, folder, listen=ignore, steps=1):
    training = HypernetTraining(steps=steps)
    return own_weights(space, data, SearchConfig(), folder, training, CPU, listen)


def test_where_it_pays_a_hypernetwork_is_trained_once_and_taken_again(
    space, digits, tmp_path, pays
):
    assert own(space, digits, tmp_path).card.space == "nb201"
    assert own(space, digits, tmp_path, steps=2).card.training["steps"] == 1
    assert len(pays) == 1


def test_a_run_goes_on_with_the_weights_it_was_begun_with(space, digits, tmp_path, pays):
    (tmp_path / "run.json").write_text("{}")
    assert own(space, digits, tmp_path) is None
    assert pays == []


@pytest.mark.usefixtures("pays")
@pytest.mark.parametrize("error", [TrainingError, ImportingError, ValueError])
def test_a_hypernetwork_that_cannot_be_trained_is_noted(
    error, space, digits, tmp_path, monkeypatch
):
    def fail(*_, **__):
        raise error("no finite loss")

    monkeypatch.setattr("hypernets.training.train.train_hypernet", fail)
    heard: list[Event] = []
    assert own(space, digits, tmp_path, heard.append) is None
    assert heard == [Noted(text="The hypernetwork could not be trained: no finite loss.")]
