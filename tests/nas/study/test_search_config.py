from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nas.errors import ConfigError, UnknownNameError
from nas.study.constraints import parse_constraints
from nas.study.objectives import parse_objectives
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
    ],
)
def test_settings_out_of_range(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        SearchConfig(**settings)


def test_unknown_sampler() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'random'"):
        SearchConfig(sampler="randon")


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
    assert document["scoring"]["images"] == 1024
