"""Options of commands are those of the configurations that they are read into."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import get_args

import click
import pytest

from cli.commands import rank, search, similar, train, train_hypernet
from hypernets.training.config import HypernetTraining
from nas.analysis.figure import RECORDED
from nas.config import from_mapping
from nas.evaluate.scorer import ScoreConfig
from nas.evaluate.similarity import By
from nas.exporting.epoch_log import LOGS
from nas.study.finalists.splits import REPEATED, SMALL
from nas.study.samplers.registry import SAMPLERS
from nas.study.search_config import SearchConfig
from nas.study.single.similar import NEAREST, SAMPLE
from nas.task.images import IMAGE_CLASSIFICATION
from nas.task.kind import KINDS
from nas.task.nodes import NODE_CLASSIFICATION
from nas.training.config import CHOICES, TrainConfig
from nas.training.device import PRECISIONS
from nas.training.recipes import choice
from nas.training.recipes.recipe import RECIPES
from nas.training.starts import AUTO, STARTS

SEARCH, RANK, TRAIN, TRAIN_HYPERNET = (
    module.command for module in (search, rank, train, train_hypernet)
)
FROM_OTHER_OPTIONS = {"out", "scoring", "device", "workers"}
"""Settings that commands derive from options of another name or meaning."""

PYTHON_ONLY = {
    SearchConfig: {"generation"},
    ScoreConfig: {"calibration", "batch_size", "precision"},
    HypernetTraining: {"weight_decay", "warmup", "clip", "precision"},
}
"""Settings that no option changes."""


def defaults(command: click.Command) -> dict[str, object]:
    needed = ["architecture.json"] if command is TRAIN else []
    return command.make_context(str(command.name), needed).params


def help_of(command: click.Command, option: str) -> str:
    found = next(one for one in command.params if option in one.opts)
    assert isinstance(found, click.Option)
    return found.help or ""


@pytest.mark.parametrize(
    ("command", "config"),
    [
        (SEARCH, SearchConfig),
        (SEARCH, ScoreConfig),
        (RANK, ScoreConfig),
        (TRAIN_HYPERNET, HypernetTraining),
    ],
    ids=lambda one: one.__name__ if isinstance(one, type) else one.name,
)
def test_each_setting_is_an_option_with_the_same_default(command, config):
    offered = {field.name for field in fields(config)} - FROM_OTHER_OPTIONS - PYTHON_ONLY[config]
    given = defaults(command)
    assert from_mapping(config, {name: given[name] for name in offered}) == config()


def test_a_hypernetwork_trained_for_a_search_is_trained_as_long_as_one_alone():
    assert defaults(SEARCH)["hypernet_steps"] == HypernetTraining().steps


@pytest.mark.parametrize(
    ("command", "option", "setting"),
    [
        (SEARCH, "--finalists", "finalists"),
        (SEARCH, "--finalist-epochs", "brief_epochs"),
        (SEARCH, "--max-epochs", "full_epochs"),
        (TRAIN, "--max-epochs", "full_epochs"),
        (TRAIN_HYPERNET, "--hypernet", "hypernet"),
        (TRAIN_HYPERNET, "--lr", "hypernet_rate"),
    ],
)
def test_a_default_that_depends_on_the_kind_of_task_is_explained(command, option, setting):
    images, nodes = (
        getattr(KINDS.get(kind), setting) for kind in (IMAGE_CLASSIFICATION, NODE_CLASSIFICATION)
    )
    assert defaults(command)[option.removeprefix("--").replace("-", "_")] is None
    assert f"[default: {images}; on a graph {nodes}" in help_of(command, option)


@pytest.mark.parametrize(
    ("option", "names"),
    [("--sampler", SAMPLERS), ("--objective", RECORDED), ("--init", STARTS)],
)
def test_registered_names_are_explained(option, names):
    assert set(names) <= set(re.findall(r"[\w-]+", help_of(SEARCH, option)))


def test_all_recipes_are_explained():
    assert {*RECIPES, choice.AUTO} <= set(re.findall(r"[\w-]+", help_of(TRAIN, "--recipe")))


def test_the_usual_number_of_splits_is_explained():
    explained = help_of(SEARCH, "--splits")
    assert f"[default: 1; {REPEATED} if" in explained
    assert f"fewer than {SMALL} images" in explained


def test_a_training_starts_from_any_registered_start():
    (option,) = (one for one in TRAIN.params if one.name == "init")
    assert isinstance(option.type, click.Choice)
    assert set(option.type.choices) == {AUTO, *STARTS}


def test_similar_offers_what_its_function_takes():
    given = {one.name: one for one in similar.command.params}
    assert isinstance(given["by"].type, click.Choice)
    assert tuple(given["by"].type.choices) == get_args(By)
    assert (given["count"].default, given["sample"].default) == (NEAREST, SAMPLE)


def test_each_setting_of_a_training_is_an_option_that_the_recipe_fills():
    given = defaults(TRAIN)
    assert {given[field.name] for field in fields(TrainConfig) if field.name != "epochs"} == {None}


@pytest.mark.parametrize(
    ("name", "words"), [*CHOICES.items(), ("precision", PRECISIONS), ("log", LOGS.names())]
)
def test_an_option_of_a_training_takes_the_words_of_its_setting(name, words):
    (option,) = (one for one in TRAIN.params if one.name == name)
    assert isinstance(option.type, click.Choice)
    assert set(option.type.choices) == set(words)
