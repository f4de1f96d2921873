"""Commands that only print import nothing that computes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUN = str(ROOT / "tests/golden/written/run")
LIGHT = (
    ("--help",),
    ("search", "--help"),
    ("best", RUN),
    ("best", RUN, "--json"),
    ("trials", RUN),
    ("trials", RUN, "--json"),
    ("hypernets",),
    ("hypernets", "--json"),
    ("hypernets", "nasnet-digits"),
    ("spaces",),
    ("spaces", "--json"),
    ("datasets",),
    ("datasets", "--json"),
)
HEAVY = ("torch", "numpy", "optuna", "sklearn", "scipy", "torch_geometric", "networkx", "PIL")
PROGRAM = """
import contextlib, io, json, sys
from cli.main import run
light, heavy = json.loads(sys.argv[1])
imported = {}
for words in light:
    with contextlib.redirect_stdout(io.StringIO()):
        assert run(words) == 0, words
    for name in heavy:
        if name in sys.modules:
            imported.setdefault(name, words)
print(json.dumps(imported))
"""


def test_commands_that_only_print_import_nothing_that_computes() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps([LIGHT, HEAVY])],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {}
