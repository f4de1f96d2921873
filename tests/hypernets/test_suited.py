from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

import search_spaces
from hypernets.suited import suited, suited_to_modules, usual_proxy
from nas.data.catalog import load
from nas.errors import CheckpointError, ConfigError, UnknownNameError, VocabularyError
from nas.evaluate.untrained import UntrainedWeights
from nas.events import Event, Noted
from nas.registry import Registry
from nas.task.task import Task

if TYPE_CHECKING:
    from pathlib import Path


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
    monkeypatch.setattr("hypernets.cards.shipped", lambda: registry)


def change_card(directory, **changes):
    card = json.loads((directory / "card.json").read_text())
    (directory / "card.json").write_text(json.dumps({**card, **changes}))


def test_without_a_name_the_shipped_one_that_fits_is_taken(shipped, space, digits):
    assert suited(space, digits).card.name == shipped.name


def test_where_no_shipped_one_fits_there_is_none_with_a_note(shipped, digits):
    space = search_spaces.get("darts", digits.task)
    heard: list[Event] = []
    found = suited(space, digits, listen=heard.append)

    assert isinstance(found, UntrainedWeights)
    (note,) = heard
    assert isinstance(note, Noted)
    assert "for space 'darts' on data set 'digits'" in note.text
    assert "--weights train" in note.text


def test_none_can_be_asked_for(shipped, space, digits):
    heard: list[Event] = []

    assert isinstance(suited(space, digits, "none", listen=heard.append), UntrainedWeights)
    assert heard == []


def test_where_there_is_none_for_the_space_a_general_one_will_do(copy, space, digits, only):
    change_card(copy, space="deepnets")
    assert isinstance(suited(space, digits), UntrainedWeights)

    change_card(copy, general=True)
    heard: list[Event] = []
    assert suited(space, digits, listen=heard.append).card.space == "deepnets"
    (note,) = heard
    assert isinstance(note, Noted)
    assert "was trained on networks of space 'deepnets'; it may rank less well" in note.text


def test_the_one_trained_on_the_same_files_is_taken_whatever_its_name(copy, space, digits, only):
    change_card(copy, dataset="ziffern")
    heard: list[Event] = []
    suited(space, digits, listen=heard.append)

    assert heard == []


def test_one_trained_on_other_files_of_a_named_data_set_is_noted(copy, space, digits, only):
    change_card(copy, fingerprint="0" * 16)
    heard: list[Event] = []
    suited(space, digits, listen=heard.append)

    (note,) = heard
    assert isinstance(note, Noted)
    assert "other files of 'digits'" in note.text


def test_images_in_a_folder_called_like_a_data_set_do_not_fit(shipped, images, tmp_path):
    folder = images.rename(tmp_path / "digits")
    data = load(str(folder))
    space = search_spaces.get("nb201", data.task)
    heard: list[Event] = []

    assert isinstance(suited(space, data, listen=heard.append), UntrainedWeights)
    assert "data set 'digits-images'" in str(heard)


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
    monkeypatch.setattr("hypernets.cards.shipped", lambda: registry)
    heard: list[Event] = []
    assert suited_to_modules(digits, listen=heard.append).card.name == "b"
    assert not heard
    assert suited_to_modules(digits, str(tmp_path / "a"), listen=heard.append).card.name == "a"
    (note,) = heard
    assert isinstance(note, Noted)
    assert "'a' was trained on networks of space 'nb201'" in note.text


def test_for_any_network_other_channels_and_classes_are_noted(shipped, images):
    data, heard = load(str(images)), list[Event]()
    suited_to_modules(data, str(shipped), listen=heard.append)
    assert isinstance(heard[-1], Noted)
    assert "'images' has 3 channels and 2 classes" in heard[-1].text
    with pytest.raises(UnknownNameError, match="no shipped hypernetwork was trained on"):
        suited_to_modules(data)


@pytest.mark.usefixtures("shipped")
def test_a_misspelt_name_suggests_the_nearest(space, digits):
    with pytest.raises(UnknownNameError, match=r"'tinny'\. Did you mean 'tiny'"):
        suited(space, digits, "tinny")


@pytest.mark.parametrize("name", ["card.json", "model.safetensors"])
def test_a_checkpoint_without_one_of_its_files_is_refused(name, copy, space, digits):
    (copy / name).unlink()
    with pytest.raises(CheckpointError, match=name) as caught:
        suited(space, digits, str(copy))

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
        suited(space, digits, str(copy))


def test_a_checkpoint_cut_short_is_corrupt(copy, space, digits):
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(CheckpointError, match="corrupt") as caught:
        suited(space, digits, str(copy))

    assert "nas train-hypernet" in caught.value.hint


def test_a_checkpoint_of_another_vocabulary_is_refused(copy, space, digits):
    change_card(copy, vocabulary=99)
    with pytest.raises(VocabularyError, match="vocabulary version 99") as caught:
        suited(space, digits, str(copy))

    assert "Train it again" in caught.value.hint


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"classes": 7}, "1 channel and 7 classes"), ({"channels": 3}, "3 channels and 10 classes")],
)
def test_weights_for_other_data_are_refused(changes, said, copy, space, digits):
    change_card(copy, **changes)
    with pytest.raises(ConfigError, match=said) as caught:
        suited(space, digits, str(copy))

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

    assert usual_proxy(space) == sizes
