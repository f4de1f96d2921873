from __future__ import annotations

import logging
import subprocess
import sys
import warnings

import pytest

from nas.importers.silence import torch_silenced

_REFUSED = """
import torch
from torch import nn
from nas.errors import ImportingError
from nas.importers.from_module import from_module

class Unreadable(nn.Module):
    def forward(self, x):
        y = x + 1
        row = y.view(-1, 12)
        row.mul_(2)
        return y + row if float(row.sum()) > 0 else row

try:
    from_module(Unreadable(), torch.rand(2, 3, 4))
except ImportingError:
    print("refused")
"""


@pytest.mark.slow
def test_a_failed_attempt_of_torch_export_prints_nothing() -> None:
    """In a new process, as torch logs to the stream that existed when it was imported."""
    done = subprocess.run([sys.executable, "-c", _REFUSED], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("refused\n", "")


def test_afterwards_torch_prints_again(capsys: pytest.CaptureFixture[str]) -> None:
    log = logging.getLogger("torch")
    levels = [handler.level for handler in log.handlers]
    with torch_silenced():
        warnings.warn("unheard", stacklevel=1)
        print("unheard", file=sys.stderr)
        assert all(handler.level > logging.CRITICAL for handler in log.handlers)
    print("heard", file=sys.stderr)
    assert capsys.readouterr().err == "heard\n"
    assert [handler.level for handler in log.handlers] == levels
    with pytest.warns(UserWarning, match="heard"):
        warnings.warn("heard", stacklevel=1)
