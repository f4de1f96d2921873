"""Spaces, data and predictors given by name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset
from torch_geometric.data import Data

import nas
from nas.data.digits import load
from nas.data.map_style import from_map_style
from nas.errors import ConfigError, UnknownNameError
from nas.evaluate import named
from nas.evaluate.named import data_of, predictor_of, space_of
from nas.events import Noted, ignore
from tests.nas.study.study_toys import DIGITS, ToyPredictor, ToySpace, toy_space

if TYPE_CHECKING:
    from pathlib import Path

    from nas.events import Event


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


def test_objects_of_other_libraries_are_taken_and_their_notes_heard() -> None:
    heard: list[Event] = []
    images = torch.arange(240).reshape(60, 1, 2, 2).to(torch.uint8)
    pairs = TensorDataset(images, torch.arange(60) % 2)
    assert data_of(pairs, heard.append).fingerprint == from_map_style(pairs).fingerprint
    ring = torch.stack([torch.arange(60), torch.arange(1, 61) % 60])
    graph = Data(x=torch.eye(60), edge_index=ring, y=torch.arange(60) % 2)
    assert data_of(graph, heard.append).task.kind == "node-classification"
    texts = [event.text for event in heard if isinstance(event, Noted)]
    assert any("The ranking split has 4 images" in text for text in texts)
    assert any("60 edges of 60 have no reverse" in text for text in texts)
    with pytest.raises(ConfigError, match="a map-style data set of torch or a Data of"):
        data_of([(images, 0)], ignore)


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
