from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.auto_gnn.run import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_every_seed_is_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--dataset", "digits-knn", "--n-trials", "6", "--max-epochs", "1"]
    words += ["--constraint", "params<=3000", "--out", str(tmp_path), "--seeds", "0", "1"]
    main(words)
    first = capsys.readouterr().out
    lines = [row for row in first.splitlines() if row.startswith(("| 0 ", "| 1 "))]
    assert len(lines) == 2
    assert "mean test accuracy" in first
    main(words)
    assert capsys.readouterr().out == first  # nothing is searched twice
