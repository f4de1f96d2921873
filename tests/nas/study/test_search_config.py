from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nas.data.digits import load
from nas.errors import ConfigError, UnknownNameError
from nas.study.goals.constraints import parse_constraints
from nas.study.goals.objectives import parse_objectives
from nas.study.search_config import SearchConfig
from nas.training.config import default_training
from tests.nas.data.graphs import communities
from tests.nas.training.train_toys import toy_data


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_trials": 0}, "n_trials must be at least 1, got 0"),
        ({"generation": 0}, "generation must be at least 1"),
        ({"timeout": 0.0}, "timeout must be positive"),
        ({"finalists": -1}, "finalists must not be negative, got -1"),
        ({"max_epochs": -2}, "max_epochs must not be negative"),
        ({"finalist_epochs": 0}, "finalist_epochs must be at least 1"),
        ({"reduction": 1}, "the reduction factor must be at least 2, got 1"),
        ({"timeout": float("nan")}, "timeout must be positive, got nan"),
        ({"n_trials": 1.5}, "n_trials must be int, got 1.5"),
        ({"n_trials": None}, "n_trials must be int, got None"),
        ({"generation": 2.0}, "generation must be int, got 2.0"),
        ({"seed": "0"}, "seed must be int, got '0'"),
        ({"finalists": 1.5}, r"finalists must be int \| None, got 1.5"),
        ({"finalist_epochs": True}, r"finalist_epochs must be int \| None, got True"),
        ({"max_epochs": 0.5}, r"max_epochs must be int \| None, got 0.5"),
        ({"reduction": 2.5}, "reduction must be int, got 2.5"),
        ({"budget": 0.0}, "budget must be a positive number of epochs, got 0"),
        ({"budget": float("inf")}, "budget must be a positive number of epochs, got inf"),
        ({"budget": float("nan")}, "budget must be a positive number of epochs, got nan"),
        ({"budget": 29.0}, "a budget of 29 epochs is less than the 30 of the final training"),
        ({"budget": 90.0, "finalists": 3}, "exclude each other, got 3 and 90"),
        ({"budget": 90.0, "finalists": 0}, "exclude each other, got 0 and 90"),
        ({"budget": 90.0, "train_seconds": 5.0}, "exclude each other, got 5 and 90"),
        ({"train_seconds": 0.0}, "train_seconds must be positive, got 0 seconds"),
        ({"train_seconds": float("nan")}, "train_seconds must be positive, got nan seconds"),
    ],
)
def test_settings_out_of_range(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        SearchConfig(**settings)


def test_unknown_sampler() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'random'"):
        SearchConfig(sampler="randon")


@pytest.mark.parametrize(
    ("settings", "candidates", "expected"),
    [
        ({}, 200, [(6, 3), (2, 9), (1, 30)]),
        ({"finalists": 9}, 200, [(9, 3), (3, 9), (1, 30)]),
        ({"finalists": 9}, 4, [(4, 3), (2, 9), (1, 30)]),
        ({"finalists": 4, "reduction": 2, "max_epochs": 12}, 9, [(4, 3), (2, 6), (1, 12)]),
        ({"budget": 90}, 200, [(9, 3), (3, 9), (1, 30)]),
        ({"budget": 90}, 4, [(4, 3), (2, 9), (1, 30)]),
        ({"budget": 30}, 200, [(1, 30)]),
    ],
)
def test_the_planned_rungs(
    settings: dict[str, Any], candidates: int, expected: list[tuple[int, int]]
) -> None:
    rungs = SearchConfig(**settings).rungs(candidates)
    assert [(rung.size, rung.epochs) for rung in rungs] == expected


def test_a_budget_pays_for_baselines_too() -> None:
    assert SearchConfig(budget=90).rungs(200, baselines=1)[0].size == 8
    assert SearchConfig(finalists=9).rungs(200, baselines=1)[0].size == 9


def test_where_time_is_limited_there_are_more_finalists_than_it_allows() -> None:
    suited = SearchConfig(train_seconds=60.0).suited(load())
    assert suited.finalists == 64
    assert SearchConfig(train_seconds=60.0, finalists=5).suited(load()).finalists == 5


def test_few_samples_are_trained_on_with_their_recipe() -> None:
    data, few = load(), toy_data(images=600)
    assert SearchConfig().suited(data).recipe == "plain"
    assert SearchConfig().suited(few).training(few).batch_size == 32
    assert SearchConfig(recipe="plain").training(few) == default_training(few.task)


def test_a_recipe_is_known_and_suits_the_task() -> None:
    with pytest.raises(UnknownNameError, match=r"recipe 'plane'\. Did you mean 'plain'"):
        SearchConfig(recipe="plane")
    with pytest.raises(ConfigError, match="mixup cannot be used for this task"):
        SearchConfig(recipe="long").training(communities())


def test_an_unknown_start_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"unknown start 'defualt'\. Did you mean 'default'"):
        SearchConfig(init="defualt")


def test_a_budget_is_written_with_the_finalists_it_chose() -> None:
    document = SearchConfig(budget=90).to_dict()
    assert (document["budget"], document["finalists"], document["reduction"]) == (90, 9, 3)
    assert SearchConfig().to_dict()["finalists"] == 6


def test_as_json_in_full_spelling_and_without_passwords() -> None:
    config = SearchConfig(
        objectives=parse_objectives(("accuracy",)),
        constraints=parse_constraints(("params <= 2k",)),
        storage="postgresql://me:secret@host/db",
        out=Path("runs/a"),
    )
    document = json.loads(json.dumps(config.to_dict()))
    assert set(document) == set(SearchConfig.__dataclass_fields__)
    assert document["objectives"] == ["accuracy:max"]
    assert document["constraints"] == ["params<=2000"]
    assert document["storage"] == "postgresql://me:***@host/db"
    assert document["out"] == "runs/a"
    assert document["scoring"]["images"] == 384
