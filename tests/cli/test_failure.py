from __future__ import annotations

import errno
import sys
from textwrap import dedent

import click
import pytest

from cli.failure import show
from nas.errors import ConfigError, DataError, InfeasibleError, UnknownNameError
from nas.raised import PACKAGES
from tests.cli.program import nas


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DataError("no images", hint="Look elsewhere."), 1),
        (ConfigError("too many", hint="Look elsewhere."), 2),
        (UnknownNameError("never heard of it", hint="Look elsewhere."), 2),
        (InfeasibleError("too small", hint="Look elsewhere."), 3),
    ],
)
def test_an_expected_failure_is_one_line_and_its_hint(error, code, capsys):
    assert show(error) == code
    assert capsys.readouterr().err == f"error: {error.message}\nhint: Look elsewhere.\n"


def test_without_a_hint_of_its_own_the_help_of_the_command_is_the_hint(capsys):
    show(DataError("no images"), "rank")

    assert "hint: `nas rank --help`" in capsys.readouterr().err


def test_a_message_of_several_lines_becomes_one(capsys):
    show(DataError("no\n  images", hint="x"))

    assert capsys.readouterr().err == "error: no images\nhint: x\n"


def test_text_from_files_in_a_message_does_not_control_the_terminal(capsys):
    show(DataError("bad \x1b]0;name\x07", hint="caf\udce9"))

    assert capsys.readouterr().err == "error: bad \\x1b]0;name\\x07\nhint: caf\\udce9\n"


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (FileNotFoundError(errno.ENOENT, "No such file", "a/b"), "cannot use 'a/b': no such file"),
        (OSError(errno.ENOSPC, "No space left on device"), "no space left on device"),
    ],
)
def test_a_refusal_of_the_file_system_is_an_error_of_one_line(error, line, capsys):
    assert show(error) == 1
    assert capsys.readouterr().err.startswith(f"error: {line}\nhint: ")


def test_a_bad_value_keeps_the_exit_code_of_wrong_usage(capsys):
    assert show(click.BadParameter("Too large.")) == 2
    assert "error: invalid value: Too large." in capsys.readouterr().err


@pytest.fixture
def _faulty(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**options):
        return options["missing"]

    monkeypatch.setattr("cli.commands.spaces.command.callback", fail)
    monkeypatch.setattr("nas.raised.PACKAGES", (*PACKAGES, "tests"))  # of the program, that is


@pytest.mark.usefixtures("_faulty")
def test_a_fault_of_the_program_is_one_line_that_says_where_to_see_more():
    answer = nas("spaces")

    assert answer.code == 1
    assert answer.error == "error: unexpected KeyError: 'missing'"
    assert "NAS_DEBUG=1" in answer.err


def test_code_that_wants_to_end_the_program_is_an_error(monkeypatch):
    monkeypatch.setattr("cli.commands.spaces.command.callback", lambda **_: sys.exit(0))
    answer = nas("spaces")

    assert answer.code == 1
    assert answer.error.startswith("error: your code raised SystemExit: 0 (")


@pytest.mark.parametrize("end", ["sys.exit(0)", "raise SystemExit"])
def test_no_build_or_forward_ends_a_command_as_if_all_were_well(end, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = f"""
        import sys
        from torch import nn

        class Net(nn.Module):
            def forward(self, x):
                {end}

        def build(trial, data):
            {end}
        """
    (tmp_path / "ends.py").write_text(dedent(text))
    for words in (("spaces", "ends.py:build"), ("predict", "ends.py:Net")):
        answer = nas(*words)
        assert answer.code == 1
        assert "raised SystemExit" in answer.error


@pytest.mark.usefixtures("_faulty")
def test_nas_debug_shows_the_traceback_of_a_fault(monkeypatch):
    monkeypatch.setenv("NAS_DEBUG", "1")
    answer = nas("spaces")

    assert answer.code == 1
    assert 'return options["missing"]' in answer.err
    assert answer.err.rstrip().splitlines()[-2] == "error: unexpected KeyError: 'missing'"
