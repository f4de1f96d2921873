"""Processor time that a command line needs to start: click, typer and argparse, and ``nas``.

Each line is a fresh interpreter; the median of several, less that of an empty one. Processor time
counts, so other work of the machine matters little. A library that is not installed is left out.

    python -m benchmarks.startup.run
"""

from __future__ import annotations

import resource
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from statistics import median

RUN = Path(__file__).parents[2] / "tests" / "golden" / "written" / "run"
NAS = "import sys; sys.argv = {words!r}; from cli.main import main; main()"
LIBRARIES = {
    "argparse": "import argparse; argparse.ArgumentParser().parse_args([])",
    "click": "import click; click.command()(lambda: None)(standalone_mode=False)",
    "typer": (
        "import typer; a = typer.Typer(); a.command()(lambda: None); a(standalone_mode=False)"
    ),
    "torch": "import torch",
}
COMMANDS = (
    "--help",
    "search --help",
    "best RUN",
    "trials RUN",
    "hypernets",
    "spaces",
    "datasets",
)
REPEATS = 15


def seconds(program: str) -> float:
    """Median processor time of one interpreter."""
    taken = []
    for _ in range(REPEATS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", program], check=False, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return median(taken)


def command(words: str) -> str:
    """The program that runs one command of ``nas``."""
    return NAS.format(words=["nas", *words.replace("RUN", str(RUN)).split()])


def main() -> None:
    """Print milliseconds on top of an empty interpreter."""
    base = seconds("pass")
    print(f"{'empty interpreter':18} {1e3 * base:6.0f} ms")
    programs = {name: program for name, program in LIBRARIES.items() if find_spec(name)}
    programs |= {f"nas {words}": command(words) for words in COMMANDS}
    for name, program in programs.items():
        print(f"{name:18} {1e3 * (seconds(program) - base):+6.0f} ms", flush=True)


if __name__ == "__main__":
    main()
