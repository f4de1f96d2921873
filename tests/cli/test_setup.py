from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest
import torch

import search_spaces
from cli.setup import (
    alone,
    cores,
    load_general_weights,
    load_weights,
    out_directory,
    out_file,
    proxy_for,
    train_weights,
    use_device,
)
from nas.data.catalog import load
from nas.errors import (
    CheckpointError,
    ConfigError,
    DeviceError,
    StudyError,
    UnknownNameError,
    VocabularyError,
)
from nas.events import Event, Noted, ignore
from nas.registry import Registry
from nas.task.task import Task

if TYPE_CHECKING:
    from pathlib import Path

CPU = torch.device("cpu")


@pytest.fixture(scope="session")
def digits():
    return load("digits")


@pytest.fixture
def space(digits):
    return search_spaces.get("nb201:channels=4,cells=1", digits.task)


@pytest.fixture
def copy(hypernet, tmp_path):
    """A checkpoint that may be damaged."""
    return shutil.copytree(hypernet, tmp_path / "copy")


@pytest.fixture
def only(copy, monkeypatch):
    """Makes the copy the only shipped one."""
    registry: Registry[Path] = Registry("shipped hypernetwork")
    registry.register("copy")(copy)
    monkeypatch.setattr("hypernets.checkpoint.shipped", lambda: registry)


def change_card(directory, **changes):
    card = json.loads((directory / "card.json").read_text())
    (directory / "card.json").write_text(json.dumps({**card, **changes}))


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


def test_without_a_name_the_shipped_one_that_fits_is_taken(shipped, space, digits):
    assert load_weights(None, space, digits, CPU).card.name == shipped.name


def test_where_no_shipped_one_fits_the_ways_out_are_named(shipped, digits):
    space = search_spaces.get("darts", digits.task)
    with pytest.raises(UnknownNameError, match="for space 'darts' on data set 'digits'") as caught:
        load_weights(None, space, digits, CPU)

    assert "nas train-hypernet --space darts" in caught.value.hint


def test_where_there_is_none_for_the_space_a_general_one_will_do(copy, space, digits, only):
    change_card(copy, space="deepnets")
    with pytest.raises(UnknownNameError, match="for space 'nb201' on data set 'digits'"):
        load_weights(None, space, digits, CPU)

    change_card(copy, general=True)
    heard: list[Event] = []
    assert load_weights(None, space, digits, CPU, heard.append).card.space == "deepnets"
    (note,) = heard
    assert isinstance(note, Noted)
    assert "was trained on networks of space 'deepnets'; its scores" in note.text


def test_the_one_trained_on_the_same_files_is_taken_whatever_its_name(copy, space, digits, only):
    change_card(copy, dataset="ziffern")
    heard: list[Event] = []
    load_weights(None, space, digits, CPU, heard.append)

    assert heard == []


def test_one_trained_on_other_files_of_a_named_data_set_is_noted(copy, space, digits, only):
    change_card(copy, fingerprint="0" * 16)
    heard: list[Event] = []
    load_weights(None, space, digits, CPU, heard.append)

    (note,) = heard
    assert isinstance(note, Noted)
    assert "other files of 'digits'" in note.text


def test_images_in_a_folder_called_like_a_data_set_do_not_fit(shipped, images, tmp_path):
    folder = images.rename(tmp_path / "digits")
    data = load(str(folder))
    space = search_spaces.get("nb201", data.task)
    with pytest.raises(UnknownNameError, match="data set 'digits-images'"):
        load_weights(None, space, data, CPU)


def test_for_any_network_the_one_of_the_most_various_networks_is_taken(
    hypernet, tmp_path, digits, monkeypatch
):
    registry: Registry[Path] = Registry("shipped hypernetwork")
    for name, space, dataset in (
        ("a", "nb201", "digits"),
        ("b", "deepnets", "digits"),
        ("c", "deepnets", "cifar10"),
    ):
        directory = shutil.copytree(hypernet, tmp_path / name)
        general = space == "deepnets"
        change_card(directory, name=name, space=space, dataset=dataset, general=general)
        registry.register(name)(directory)
    monkeypatch.setattr("hypernets.checkpoint.shipped", lambda: registry)
    heard: list[Event] = []
    assert load_general_weights(None, digits, CPU, heard.append).card.name == "b"
    assert not heard
    assert load_general_weights(str(tmp_path / "a"), digits, CPU, heard.append).card.name == "a"
    (note,) = heard
    assert isinstance(note, Noted)
    assert "'a' was trained on networks of space 'nb201'" in note.text


def test_for_any_network_other_channels_and_classes_are_noted(shipped, images):
    data, heard = load(str(images)), list[Event]()
    load_general_weights(str(shipped), data, CPU, heard.append)
    assert isinstance(heard[-1], Noted)
    assert "'images' has 3 channels and 2 classes" in heard[-1].text
    with pytest.raises(UnknownNameError, match="no shipped hypernetwork was trained on"):
        load_general_weights(None, data, CPU)


@pytest.mark.usefixtures("shipped")
def test_a_misspelt_name_suggests_the_nearest(space, digits):
    with pytest.raises(UnknownNameError, match=r"'tinny'\. Did you mean 'tiny'"):
        load_weights("tinny", space, digits, CPU)


@pytest.mark.parametrize("name", ["card.json", "model.safetensors"])
def test_a_checkpoint_without_one_of_its_files_is_refused(name, copy, space, digits):
    (copy / name).unlink()
    with pytest.raises(CheckpointError, match=name) as caught:
        load_weights(str(copy), space, digits, CPU)

    assert caught.value.hint


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("card.json", b"{"),
        ("card.json", b"[]"),
        ("card.json", b"\xff\xfe"),
        ("model.safetensors", b"x" * 100),
        ("model.safetensors", b""),
    ],
)
def test_a_corrupt_checkpoint_is_named(name, content, copy, space, digits):
    (copy / name).write_bytes(content)
    with pytest.raises(CheckpointError, match=name):
        load_weights(str(copy), space, digits, CPU)


def test_a_checkpoint_cut_short_is_corrupt(copy, space, digits):
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(CheckpointError, match="corrupt") as caught:
        load_weights(str(copy), space, digits, CPU)

    assert "nas train-hypernet" in caught.value.hint


def test_a_checkpoint_of_another_vocabulary_is_refused(copy, space, digits):
    change_card(copy, vocabulary=99)
    with pytest.raises(VocabularyError, match="vocabulary version 99") as caught:
        load_weights(str(copy), space, digits, CPU)

    assert "Train it again" in caught.value.hint


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"classes": 7}, "1 channel and 7 classes"), ({"channels": 3}, "3 channels and 10 classes")],
)
def test_weights_for_other_data_are_refused(changes, said, copy, space, digits):
    change_card(copy, **changes)
    with pytest.raises(ConfigError, match=said) as caught:
        load_weights(str(copy), space, digits, CPU)

    assert "but 'digits' has 1 channel and 10 classes" in caught.value.message
    assert "nas train-hypernet" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "resolution", "sizes"),
    [
        ("nb201", 32, {"channels": 16, "cells": 2, "reduction": "pool", "resolution": 16}),
        ("darts", 32, {"channels": 16, "cells": 4, "resolution": 16}),
        ("darts", 8, {"channels": 8, "cells": 3, "resolution": 8}),
        (
            "nb201:channels=4,cells=1",
            8,
            {"channels": 4, "cells": 1, "reduction": "pool", "resolution": 8},
        ),
    ],
)
def test_a_proxy_is_never_larger_than_its_space(name, resolution, sizes):
    space = search_spaces.get(name, Task(classes=10, channels=1, resolution=resolution))

    assert proxy_for(space) == sizes


def test_the_folder_is_made_and_by_default_lies_in_runs(tmp_path):
    assert out_directory(None, "name").resolve() == tmp_path / "runs" / "name"
    assert out_directory(tmp_path / "a" / "b", "name").is_dir()
    assert not list((tmp_path / "a" / "b").iterdir())


@pytest.mark.parametrize(
    ("place", "said"), [("file", "it is a file"), ("file/x", "not a directory")]
)
@pytest.mark.parametrize(
    "make", [lambda path: out_directory(path, ""), lambda p: out_file(p / "w")]
)
def test_a_place_that_cannot_be_a_folder_is_refused(place, said, make, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StudyError, match=said) as caught:
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
    with pytest.raises(CheckpointError, match=r"another trained hypernetwork.*differ in training"):
        train_weights(space, digits, tmp_path / "own", 2, CPU, 1, ignore)


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_another_process_writes_is_left_to_it(kind, tmp_path):
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
