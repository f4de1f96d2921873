"""The program as a user meets it, run in process."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

from cli.main import run

SPACE = ("--space", "nb201:channels=4,cells=1")
ON_DIGITS = (*SPACE, "--dataset", "digits")
ARCHITECTURE = "|nor_conv_1x1~0|+|none~0|skip_connect~1|+|nor_conv_3x3~0|none~1|skip_connect~2|"
OTHER = "|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|"
SCORES_ONLY = ("--finalists", 0, "--max-epochs", 0, "--images", 32)


@dataclass(frozen=True)
class Answer:
    """The result of one command."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Standard output as the JSON document it must be."""
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """The line of the error; a hint must follow, and nothing else."""
        lines = [line for line in self.err.splitlines() if not line.startswith("Usage:")]
        assert len(lines) == 2, self.err
        assert lines[0].startswith("error: ")
        assert lines[1].startswith("hint: ")
        assert len(lines[1]) > len("hint: ")
        return lines[0]


def nas(*words: object) -> Answer:
    """Run one command line."""
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        code = run([str(word) for word in words])
    return Answer(code, out.getvalue(), err.getvalue())


def process(
    *words: object,
    code: str = "from cli.main import main; main()",
    own_group: bool = False,
    **environment: str,
) -> subprocess.Popen[str]:
    """Start one command line in a new process, through the program's entry point.

    Args:
        words: The command line.
        code: The program.
        own_group: Whether it leads a group of processes, as from a shell.
        environment: Variables beside those of this process.
    """
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
        start_new_session=own_group,
    )
