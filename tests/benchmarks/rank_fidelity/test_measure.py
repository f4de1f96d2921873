from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

import nas
from benchmarks.rank_fidelity import measure as measuring
from benchmarks.rank_fidelity import store
from benchmarks.rank_fidelity.pool import pools
from benchmarks.truth import table as truth
from nas.events import ignore

if TYPE_CHECKING:
    from pathlib import Path

    from nas.data.dataset import Dataset


def photographs() -> Dataset:
    draws = torch.Generator().manual_seed(0)
    images = torch.randint(256, (300, 3, 32, 32), dtype=torch.uint8, generator=draws)
    rows = torch.arange(300)
    return nas.make_dataset(
        "noise", images, rows % 10, classes=10, parts=(rows[:160], rows[160:230], rows[230:])
    )


@pytest.mark.slow
def test_measuring_goes_on_where_it_was_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, data = truth.read("nb201"), photographs()
    measuring.measure(table, data, 2, 0, tmp_path, ignore)
    first = store.read(tmp_path / f"nb201{store.SUFFIX}")["rows"]
    measuring.measure(table, data, 3, 0, tmp_path, ignore)
    rows = store.read(tmp_path / f"nb201{store.SUFFIX}")["rows"]
    assert (len(first), len(rows)) == (2, 3)
    assert rows[:2] == first
    (pool,) = pools(tmp_path)
    for name in ("general:readout", "own:score", "untrained:naswot"):
        assert len(pool.figures[name]) == 3

    monkeypatch.setattr(measuring, "_measured", lambda *_: pytest.fail("measured again"))
    measuring.measure(table, data, 3, 0, tmp_path, ignore)
