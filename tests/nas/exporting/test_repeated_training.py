from __future__ import annotations

from dataclasses import replace
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

import pytest
import torch
from safetensors.torch import load_file

from nas.errors import ConfigError, StudyError
from nas.events import Advanced, Event
from nas.exporting.files import Files
from nas.exporting.final_training import train_and_save
from nas.exporting.repeated_training import train_repeatedly
from nas.training.config import TrainConfig
from tests.nas.training.train_toys import toy_data, toy_graph

if TYPE_CHECKING:
    from pathlib import Path

    from nas.exporting.final_training import FinalTraining

SHORT = TrainConfig(epochs=2, batch_size=8)


def run(directory: Path, repeats: int = 3, **options: Any) -> tuple[FinalTraining, list[Event]]:
    heard: list[Event] = []
    given = {"config": SHORT, "seed": 4, "listen": heard.append, **options}
    return train_repeatedly(toy_graph(), toy_data(), directory, repeats=repeats, **given), heard


def epochs(heard: list[Event]) -> int:
    return sum(isinstance(event, Advanced) and event.stage == "train" for event in heard)


def test_the_best_on_the_ranking_split_is_written(tmp_path: Path) -> None:
    result, _ = run(tmp_path)
    alone = [
        train_and_save(toy_graph(), toy_data(), tmp_path / f"alone{seed}", SHORT, seed=seed)
        for seed in (4, 5, 6)
    ]
    assert [one.seed for one in result.repeats] == [4, 5, 6]
    assert [one.test_accuracy for one in result.repeats] == [one.test_accuracy for one in alone]
    best = max(alone, key=lambda one: one.val_accuracy)
    assert (result.val_accuracy, result.test_accuracy) == (best.val_accuracy, best.test_accuracy)
    found, expected = (
        load_file(Files(folder).weights)
        for folder in (tmp_path, tmp_path / f"alone{4 + alone.index(best)}")
    )
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    tested = [one.test_accuracy for one in alone]
    spread = result.spread("test")
    assert (spread.mean, spread.deviation) == pytest.approx((fmean(tested), stdev(tested)))
    assert "mean test accuracy" in Files(tmp_path).card.read_text()


def test_they_go_on_where_they_were_interrupted_and_are_extended(tmp_path: Path) -> None:
    whole, heard = run(tmp_path / "whole")
    assert epochs(heard) == 6

    def interrupt(event: Event) -> None:
        heard.append(event)
        if epochs(heard) == 4:
            raise KeyboardInterrupt

    heard.clear()
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "parts", listen=interrupt)
    resumed, heard = run(tmp_path / "parts")
    assert epochs(heard) == 3  # the fourth was not stored
    assert [one.val_accuracy for one in resumed.repeats] == [
        one.val_accuracy for one in whole.repeats
    ]
    again, heard = run(tmp_path / "parts")
    assert (again, heard) == (resumed, [])
    longer, heard = run(tmp_path / "parts", repeats=4)
    assert epochs(heard) == 2
    assert longer.repeats[:3] == resumed.repeats


def test_one_training_and_several_are_different(tmp_path: Path) -> None:
    run(tmp_path / "several", repeats=2)
    with pytest.raises(StudyError, match='other repeats: "several", not "one"'):
        train_and_save(toy_graph(), toy_data(), tmp_path / "several", SHORT, seed=4)
    train_and_save(toy_graph(), toy_data(), tmp_path / "one", SHORT, seed=4)
    with pytest.raises(StudyError, match='other repeats: "one", not "several"'):
        run(tmp_path / "one")


def test_a_method_that_cannot_be_used_leaves_nothing_behind(tmp_path: Path) -> None:
    config, said = replace(SHORT, drop_path=0.1), "no branch beside an identity shortcut"
    with pytest.raises(ConfigError, match=said):
        run(tmp_path, config=config)
    with pytest.raises(ConfigError, match=said):
        train_and_save(toy_graph(), toy_data(), tmp_path, config)
    assert list(tmp_path.iterdir()) == []
