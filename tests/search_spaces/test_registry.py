from __future__ import annotations

import pytest

from nas.errors import ConfigError, UnknownNameError
from nas.task.task import Task
from search_spaces.registry import SPACES, get, names

DIGITS = Task(classes=10, channels=1, resolution=8)
CIFAR = Task(classes=10, channels=3, resolution=32)
PHOTOS = Task(classes=1000, channels=3, resolution=224)


def test_names_are_sorted_and_known():
    assert names() == sorted(names())
    assert {"darts", "nasnet", "nb101", "nb201"} <= set(names())


@pytest.mark.parametrize("name", names())
def test_every_space_describes_itself_under_its_name(name):
    cls = SPACES.get(name)
    assert cls.name == name
    assert cls.description
    assert cls.source


@pytest.mark.parametrize("name", ["darts", "nasnet", "nb101", "nb201"])
def test_sizes_follow_the_task(name):
    small, large = get(name, DIGITS).macro(), get(name, CIFAR).macro()
    assert small["cells"] < large["cells"]
    assert small["channels"] <= large["channels"]


@pytest.mark.parametrize("name", ["darts", "nasnet"])
def test_photos_get_the_imagenet_stem(name):
    assert get(name, PHOTOS).macro()["stem"] == "imagenet"


def test_sizes_in_the_name_win_over_the_task_and_arguments_win_over_both():
    space = get("darts:channels=4, cells=5", DIGITS, cells=6)
    assert space.macro() == {"channels": 4, "cells": 6, "stem": "cifar"}


def test_resolution_is_a_size_of_the_task():
    assert get("nb201:resolution=16", CIFAR).task.resolution == 16


def test_text_values_stay_text():
    assert get("darts:stem=imagenet", CIFAR).macro()["stem"] == "imagenet"


def test_unknown_space_suggests_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'nasnet'"):
        get("nasnett", DIGITS)


def test_unknown_size_suggests_the_nearest():
    with pytest.raises(ConfigError, match="Did you mean 'channels'"):
        get("nb201:chanels=8", DIGITS)


@pytest.mark.parametrize("name", ["nb201:channels", "nb201:channels=", "nb201:=8", "nb201:a=1,"])
def test_malformed_options(name):
    with pytest.raises(ConfigError, match="expected 'key=value'"):
        get(name, DIGITS)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nb201:channels=0", "channels must be at least 1, got 0"),
        ("nb201:channels=wide", "channels must be of type int, got 'wide'"),
        ("nb201:channels=1.5", "channels must be of type int, got 1.5"),
        ("nb201:channels=true", "channels must be of type int, got True"),
        ("darts:stem=mnist", "stem must be one of 'cifar', 'imagenet', got 'mnist'"),
        ("nasnet:stem=imagenet,channels=4", "channels must be at least 8, got 4"),
    ],
)
def test_sizes_out_of_range(name, message):
    with pytest.raises(ConfigError, match=message):
        get(name, CIFAR)


@pytest.mark.parametrize("name", ["darts", "nasnet", "nb101", "nb201"])
def test_image_spaces_refuse_graphs(name):
    with pytest.raises(ConfigError, match="a task on images"):
        SPACES.get(name)(task=Task(kind="node-classification", classes=7, features=1433))
