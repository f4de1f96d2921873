"""Standard output holds only results, and its reader may stop early."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.standard_streams import results_apart
from tests.cli.program import nas

DIGITS = ("--dataset", "digits")
NOISY = """
import os
print("at import")
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        print("in the factory")
        self.layer = nn.Linear(64, 10)

    def forward(self, x):
        print("in forward")
        return self.layer(x.flatten(1))

def build(trial, data):
    print("in build")
    trial.suggest_int("depth", 1, 3)
    return Net()
"""


def shell(line: str) -> subprocess.CompletedProcess[str]:
    """A line in which ``nas`` is the program."""
    program = f"{sys.executable} -c 'from cli.main import main; main()'"
    where = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    script = f'set -o pipefail; nas() {{ {program} "$@"; }}; {line}'
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=where)


@pytest.mark.parametrize(
    "words",
    [
        ("predict", "noisy.py:Net", "--evaluate"),
        ("train", '{"depth":2}', "--space", "noisy.py:build", *DIGITS, "--max-epochs", 1),
        ("spaces", "noisy.py:build", *DIGITS),
    ],
)
def test_printing_of_user_code_does_not_reach_the_json_document(words, hypernet):
    Path("noisy.py").write_text(NOISY)
    weights = ("--weights", hypernet) if words[0] == "predict" else ()
    answer = nas(*words, *weights, "--json", "--quiet")

    assert answer.code == 0, answer.err
    assert isinstance(answer.document, dict)
    assert "at import" in answer.err
    assert ("in build" in answer.err) is (words[0] != "predict")


_DESCRIPTORS = """
import os, sys
from cli.standard_streams import results_apart
print("before")
with results_apart() as results:
    print("printed")
    os.system("echo started")
    os.write(1, b"written\\n")
    results.write("results\\n")
print("after")
"""


def test_programs_of_the_user_write_to_standard_error():
    ended = subprocess.run([sys.executable, "-c", _DESCRIPTORS], capture_output=True, text=True)

    assert ended.stdout == "before\nresults\nafter\n"
    assert sorted(ended.stderr.split()) == ["printed", "started", "written"]


def test_without_descriptors_results_are_apart_too(capsys):
    with results_apart() as results:
        print("printed")
        results.write(json.dumps({}))
        results.flush()
    print("after")

    assert capsys.readouterr() == ("{}after\n", "printed\n")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("nas --help | true", 141),
        ("nas serch 2>&1 >/dev/null | true", 141),
        ("nas --version >&-", 0),
        ("nas serch 2>&-", 2),
        ("nas --help >&- 2>&- <&-", 0),
        pytest.param("nas spaces | true", 141, marks=pytest.mark.slow),
        pytest.param("nas spaces --json | true", 141, marks=pytest.mark.slow),
        pytest.param("nas spaces >&- 2>&-", 0, marks=pytest.mark.slow),
    ],
)
def test_closed_output_is_no_failure_to_report(line, code):
    ended = shell(line)

    assert ended.returncode == code
    assert "rror" not in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.slow
def test_files_are_not_taken_for_closed_streams():
    ended = shell("nas spaces nb201 --out drawing.svg --quiet >&- 2>&-")

    assert ended.returncode == 0
    assert Path("drawing.svg").read_text().strip().endswith("</svg>")
