from __future__ import annotations

import json
import shlex
import subprocess
import sys
from importlib.metadata import version

import click
import pytest

from cli.main import COMMANDS, group
from tests.cli.program import nas, process

HEAVY = ("torch", "optuna", "rich", "numpy", "sklearn", "networkx")
_PROBE = """
import json, sys
from cli.main import run
loaded = {}
for words in json.loads(sys.argv[1]):
    assert run(words) == 0
    loaded[" ".join(words)] = [name for name in json.loads(sys.argv[2]) if name in sys.modules]
print(json.dumps(loaded), file=sys.stderr)
"""


def test_help_lists_every_command_with_its_purpose():
    answer = nas("--help")

    assert answer.code == 0
    for name, text in COMMANDS.items():
        assert f"  {name} " in answer.out
        assert text in answer.out


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself_and_its_common_options(command):
    answer = nas(command, "--help")

    assert answer.code == 0
    assert answer.out.startswith(f"Usage: nas {command} ")
    for option in ("--json", "--config", "--quiet", "--help"):
        assert option in answer.out


@pytest.mark.parametrize("name", COMMANDS)
def test_examples_in_the_help_are_accepted(name):
    command = group.get_command(click.Context(group), name)
    assert command is not None
    _, _, lines = str(command.epilog).partition("Examples:\n")
    commands = [shlex.split(line, comments=True) for line in lines.splitlines()]
    assert commands
    for words in commands:
        called = words[words.index("nas") + 1 :] if "nas" in words else ["completion", "bash"]
        assert called[0] == name
        command.make_context(name, called[1:], resilient_parsing=True)


def test_the_program_alone_shows_how_to_begin():
    answer = nas()
    assert answer.code == 2
    assert "nas search --dataset path/to/images" in answer.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_name_the_program(shell):
    answer = nas("completion", shell)
    assert (answer.code, "_NAS_COMPLETE" in answer.out) == (0, True)
    assert nas("completion", shell, "--json").document["script"] in answer.out


def test_commands_are_completed():
    asked = process(COMP_WORDS="nas tr", COMP_CWORD="1", _NAS_COMPLETE="bash_complete")
    out, err = asked.communicate()
    assert (asked.returncode, err) == (0, "")
    found = {line.partition(",")[2] for line in out.splitlines()}
    assert found == {"train", "train-hypernet", "trials"}


def test_version_is_that_of_the_package():
    answer = nas("--version")

    assert (answer.code, answer.out) == (0, f"nas, version {version('ghn-nas')}\n")


def test_help_appears_without_loading_anything_heavy():
    lines = [["--help"], ["--version"], *([command, "--help"] for command in COMMANDS)]
    probe = subprocess.run(
        [sys.executable, "-c", _PROBE, json.dumps(lines), json.dumps(HEAVY)],
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(probe.stderr) == {" ".join(words): [] for words in lines}


def test_without_a_command_the_help_is_shown_as_wrong_usage():
    answer = nas()

    assert (answer.code, answer.out) == (2, "")
    assert "train-hypernet" in answer.err


@pytest.mark.parametrize(
    ("words", "nearest"),
    [
        (["serch"], "search"),
        (["search", "--n-trial", "4"], "--n-trials"),
        (["rank", "--smaple", "4"], "--sample"),
    ],
)
def test_a_misspelt_word_is_wrong_usage_and_the_nearest_is_named(words, nearest):
    answer = nas(*words)

    assert answer.code == 2
    assert f"'{nearest}'" in answer.error


@pytest.mark.parametrize(
    "words",
    [["search", "--n-trials", "many"], ["best"], ["rank", "--sample", "0"], ["search", "surplus"]],
)
def test_wrong_usage_ends_with_the_usage_of_the_command(words):
    answer = nas(*words)

    assert answer.code == 2
    assert answer.err.startswith(f"Usage: nas {words[0]} ")
    assert answer.error
    assert f"`nas {words[0]} --help`" in answer.err


@pytest.mark.parametrize(
    ("command", "continues"), [("search", True), ("train", True), ("spaces", False)]
)
def test_an_interrupt_says_how_to_go_on_where_that_is_possible(command, continues, monkeypatch):
    def interrupt(**_):
        raise KeyboardInterrupt

    module = __import__(f"cli.commands.{command}", fromlist=["command"])
    monkeypatch.setattr(module.command, "callback", interrupt)
    answer = nas(command, *(["x"] if command == "train" else []))

    assert answer.code == 130
    assert ("repeat the command to go on" in answer.err) is continues
    assert "Traceback" not in answer.err


@pytest.mark.parametrize(("word", "code"), [("--version", 0), ("serch", 2)])
def test_the_process_ends_with_the_exit_code(word, code):
    with process(word) as running:
        assert running.wait() == code


def test_a_reader_that_leaves_early_is_no_failure_to_report():
    with process("--help") as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == ""
