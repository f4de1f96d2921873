from __future__ import annotations

from contextlib import suppress

import pytest
from torch import nn

from nas.modules.mode import evaluating


@pytest.mark.parametrize("containers", [True, False])
def test_every_part_returns_to_its_own_mode(containers: bool) -> None:
    module = nn.Sequential(nn.Dropout(), nn.Sequential(nn.Dropout()))
    module[1].eval()
    before = [part.training for part in module.modules()]
    with suppress(KeyError), evaluating(module, containers=containers):
        assert not module[0].training
        assert module.training is module[1].training is not containers
        raise KeyError
    assert [part.training for part in module.modules()] == before
