from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nas.study.record.storage import quiet_optuna

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """No line from Optuna for each study and trial."""
    with quiet_optuna():
        yield
