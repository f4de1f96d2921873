"""Spaces, data and predictors given by name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from torch import nn

import nas
from nas.data.digits import load
from nas.errors import ConfigError, UnknownNameError
from nas.evaluate import named
from nas.evaluate.named import data_of, predictor_of, space_of
from nas.events import ignore
from tests.nas.study.study_toys import DIGITS, ToyPredictor, ToySpace, toy_space

if TYPE_CHECKING:
    from pathlib import Path


def build(trial: Any, data: Any) -> nn.Module:
    """One layer."""
    return nn.Sequential(nn.Flatten(), nn.Linear(data.resolution**2, data.classes))


def test_a_space_is_itself_made_or_named() -> None:
    space = toy_space()
    assert space_of(space, DIGITS) is space
    assert space_of(ToySpace, DIGITS) == ToySpace(task=DIGITS)
    assert space_of("nb201:cells=2", DIGITS).macro()["cells"] == 2
    assert space_of(partial(build), DIGITS).name == "build"


def test_a_class_has_the_sizes_for_the_task() -> None:
    by_name = space_of("nasnet", DIGITS)
    assert space_of(type(by_name), DIGITS) == by_name


def test_a_data_set_is_itself_or_loaded(tmp_path: Path) -> None:
    data = load()
    assert data_of(data, ignore) is data
    assert data_of("digits", ignore).fingerprint == data.fingerprint
    with pytest.raises(nas.NasError, match="no data at"):
        data_of(tmp_path / "none", ignore)


def test_a_predictor_is_itself_or_the_shipped_one() -> None:
    data, space = load(), space_of("nasnet", DIGITS)
    mine = ToyPredictor(space)
    assert predictor_of(mine, space, data, ignore) is mine
    for given in (None, "nasnet-digits"):
        assert predictor_of(given, space, data, ignore).card.name == "nasnet-digits"


def test_names_need_the_package_that_knows_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(named, "entry_points", lambda **_: ())
    with pytest.raises(ConfigError, match="no installed package knows the names of a space"):
        space_of("nasnet", DIGITS)


def test_unknown_names_suggest_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'nasnet'"):
        space_of("nasnett", DIGITS)
    with pytest.raises(UnknownNameError, match="Did you mean 'digits'"):
        data_of("digit", ignore)


def test_a_ranking_by_names() -> None:
    ranked = nas.rank("nasnet:channels=4,cells=1", "digits", sample=3)
    assert len(ranked) == 3
    assert ranked[0].candidate.space.name == "nasnet"
