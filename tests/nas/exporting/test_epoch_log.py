from __future__ import annotations

import csv
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from nas.errors import ConfigError
from nas.exporting.epoch_log import CSV_FILE, LOGS, TENSORBOARD_FOLDER
from nas.training.train import Epoch

if TYPE_CHECKING:
    from pathlib import Path

EPOCHS = [Epoch(1 / number, 0.5, 2.0, rate=0.1, seconds=3.0) for number in (1, 2, 3)]


def write(name: str, folder: Path, counts: tuple[int, ...]) -> None:
    with LOGS.get(name).open(folder) as log:
        for count in counts:
            log(EPOCHS[:count])


def test_the_table_has_each_epoch_once_after_a_resumption(tmp_path: Path) -> None:
    write("csv", tmp_path, (1, 2))
    write("csv", tmp_path, (2, 3))  # the second one was not stored
    rows = list(csv.DictReader((tmp_path / CSV_FILE).read_text().splitlines()))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert set(rows[0]) == {"epoch", *(field.name for field in fields(Epoch))}
    assert [float(row["train_loss"]) for row in rows] == [epoch.train_loss for epoch in EPOCHS]


def test_scalars_of_tensorboard(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="reads the events")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    write("tensorboard", tmp_path, (1, 2))
    write("tensorboard", tmp_path, (2, 3))
    events = EventAccumulator(str(tmp_path / TENSORBOARD_FOLDER))
    events.Reload()
    found = events.Scalars("train_loss")
    assert [event.step for event in found] == [1, 2, 3]
    assert [event.value for event in found] == pytest.approx([1, 1 / 2, 1 / 3])


def test_without_its_package_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nas.exporting.epoch_log.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="the log needs tensorboard") as caught:
        LOGS.get("tensorboard").check_installed()
    assert caught.value.hint == "pip install tensorboard"
    LOGS.get("csv").check_installed()
