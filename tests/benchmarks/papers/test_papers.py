from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks.papers import mip, neumeta, sequences
from benchmarks.papers.results_file import FOLDER, ResultsFile
from nas.data import catalog

if TYPE_CHECKING:
    from pathlib import Path


def test_a_row_is_measured_once_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    results = ResultsFile(file)
    assert results.row("one", lambda value: {"a": value}, 1.0) == {"a": 1.0}
    assert ResultsFile(file).row("one", lambda: {"a": 2.0}) == {"a": 1.0}


@pytest.mark.parametrize("module", [mip, neumeta, sequences])
def test_the_tables_of_the_readme_are_printed_from_kept_results(
    module, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["run"])
    kept = {file: file.read_bytes() for file in FOLDER.iterdir()}
    module.main()
    assert capsys.readouterr().out
    assert {file: file.read_bytes() for file in FOLDER.iterdir()} == kept


def test_a_short_training_ends_at_its_target(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mip, "TARGET", 0.0)
    assert mip.measured("mip", 1e-3, 1)["steps"] == 10 * mip.RECENT


def test_models_of_sequences_are_equally_large_and_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequences, "LENGTH", 8)
    rows = [sequences.measured(name, 4e-3, 1, 6) for name in sequences.MODELS]
    for row in rows:
        assert row["parameters"] == pytest.approx(sequences.PARAMETERS, rel=0.03)
        assert (row["bits"] or 9) < 6.6  # of equal probability for all 94 characters: 6.55


def test_a_hypernetwork_predicts_widths_it_was_not_trained_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(neumeta, "HYPERNET_STEPS", 2)
    data = catalog.load("digits").at(8)
    row = neumeta.predicted(data, 1)
    assert {str(width) for width in neumeta.GRAPHS} < row.keys()


def test_inner_channels_alone_depend_on_the_width() -> None:
    narrow, wide = (neumeta.GRAPHS[width].parameters() for width in (5, 10))
    changed = {name for name, spec in narrow.items() if spec.shape != wide[name].shape}
    assert narrow.keys() == wide.keys()
    assert len(changed) == 4 * len(neumeta.STREAM) * neumeta.DEPTH
