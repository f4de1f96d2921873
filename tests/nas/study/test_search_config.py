from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nas.errors import ConfigError, UnknownNameError
from nas.study.constraints import Constraint
from nas.study.objectives import Objective
from nas.study.search_config import SearchConfig


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_trials": 0}, "n_trials must be at least 1, got 0"),
        ({"generation": 0}, "generation must be at least 1"),
        ({"timeout": 0.0}, "timeout must be positive"),
        ({"finalists": -1}, "finalists must not be negative, got -1"),
        ({"max_epochs": -2}, "max_epochs must not be negative"),
        ({"finalist_epochs": 0}, "finalist_epochs must be at least 1"),
        ({"objectives": ()}, "at least one objective"),
        ({"objectives": ("speed",)}, "unknown objective 'speed'"),
        ({"constraints": ("params=3",)}, "cannot read the constraint"),
    ],
)
def test_settings_out_of_range(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        SearchConfig(**settings)


def test_unknown_sampler() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'random'"):
        SearchConfig(sampler="randon")


def test_what_the_first_stage_is_told() -> None:
    config = SearchConfig(
        objectives=("accuracy", "params"), constraints=("macs<=2M",), n_trials=7, seed=3
    )
    exploration = config.exploration()
    assert exploration.objectives == (
        Objective("accuracy", "maximize"),
        Objective("params", "minimize"),
    )
    assert exploration.constraints == (Constraint("macs", "<=", 2e6),)
    assert (exploration.n_trials, exploration.seed, exploration.sampler) == (7, 3, "evolution")


def test_as_json_in_full_spelling_and_without_passwords() -> None:
    config = SearchConfig(
        objectives=("accuracy",),
        constraints=("params <= 2k",),
        storage="postgresql://me:secret@host/db",
        out=Path("runs/a"),
    )
    document = json.loads(json.dumps(config.to_dict()))
    assert set(document) == set(SearchConfig.__dataclass_fields__)
    assert document["objectives"] == ["accuracy:max"]
    assert document["constraints"] == ["params<=2000"]
    assert document["storage"] == "postgresql://me:***@host/db"
    assert document["out"] == "runs/a"
    assert document["scoring"]["images"] == 1024
