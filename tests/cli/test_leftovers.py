"""Commands leave no files behind when killed, and do not write to the same place."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.setup import alone
from tests.cli.program import ARCHITECTURE, ON_DIGITS, nas, process

TINY = ("--settings", "hidden=8", "--proxy", "channels=4,cells=1,resolution=8")
COMMANDS = {
    "train": ("train", ARCHITECTURE, *ON_DIGITS, "--max-epochs", 1),
    "train-hypernet": ("train-hypernet", *ON_DIGITS, "--steps", 2, "--batch-size", 16, *TINY),
    "predict": ("predict", ARCHITECTURE, *ON_DIGITS),
}
_KILL = """
import os, signal
from cli.main import main
from nas import files

def kill(descriptor, written=[]):
    written.append(descriptor)
    if len(written) > {}:
        os.kill(os.getpid(), signal.SIGKILL)

os.fsync = kill
main()
"""


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_place_in_use_is_one_clear_sentence(command, hypernet):
    out = Path("out")
    if command != "predict":
        out.mkdir()
    words = ("--weights", hypernet) if command == "predict" else ()
    with alone(out):
        answer = nas(*COMMANDS[command], *words, "--out", out)

    assert answer.code == 1
    assert answer.error == "error: 'out' is being written by another process"


@pytest.mark.parametrize("command", [*COMMANDS, "search", "spaces", "compare"])
@pytest.mark.parametrize("place", ["", " "])
def test_an_empty_place_is_wrong_usage(command, place):
    words = {"search": ("search",), "spaces": ("spaces", "nb201")}
    words["compare"] = ("spaces", "compare", "nb201", "nasnet")
    answer = nas(*{**COMMANDS, **words}[command], "--out", place)

    assert answer.code == 2
    assert f"expected a path, got {place!r}" in answer.error


@pytest.mark.parametrize("option", ["--dataset", "--space", "--weights", "--data-dir"])
def test_an_empty_name_is_wrong_usage(option):
    answer = nas("search", option, "")

    assert answer.code == 2
    assert "got ''" in answer.error


@pytest.mark.slow
@pytest.mark.parametrize("command", ["train", "train-hypernet"])
def test_a_killed_command_leaves_nothing_once_it_is_repeated(command, hypernet):
    whole = nas(*COMMANDS[command], "--out", "whole/out", "--json", "--quiet")
    assert whole.code == 0, whole.err
    for writes in range(0, 12, 3):
        with process(
            *COMMANDS[command], "--out", f"{writes}/out", code=_KILL.format(writes)
        ) as killed:
            killed.communicate()
        if killed.returncode == 0:
            break
        assert nas(*COMMANDS[command], "--out", f"{writes}/out", "--quiet").code == 0
        assert names(Path(str(writes))) == names(Path("whole"))
        weights = "model.safetensors"
        assert (
            Path(f"{writes}/out", weights).read_bytes() == Path("whole/out", weights).read_bytes()
        )
    assert writes
