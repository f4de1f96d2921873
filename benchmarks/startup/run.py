"""What starting the command line costs: click, typer and argparse, and our own ``nas --help``.

Each line is a fresh interpreter; the median of several, less that of an empty one. A library that
is not installed is left out.

    python benchmarks/startup/run.py
"""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from statistics import median
from time import perf_counter

PROGRAMS = {
    "empty": "pass",
    "argparse": "import argparse; argparse.ArgumentParser().parse_args([])",
    "click": "import click; click.command()(lambda: None)(standalone_mode=False)",
    "typer": (
        "import typer; a = typer.Typer(); a.command()(lambda: None); a(standalone_mode=False)"
    ),
    "nas --help": "import sys; sys.argv = ['nas', '--help']; from cli.main import main; main()",
}
REPEATS = 15


def seconds(program: str) -> float:
    """Median wall time of one interpreter."""
    taken = []
    for _ in range(REPEATS):
        start = perf_counter()
        subprocess.run([sys.executable, "-c", program], check=False, stdout=subprocess.DEVNULL)
        taken.append(perf_counter() - start)
    return median(taken)


def main() -> None:
    """Print milliseconds on top of an empty interpreter."""
    base = seconds(PROGRAMS["empty"])
    print(f"{'empty interpreter':18} {1e3 * base:6.0f} ms")
    for name, program in PROGRAMS.items():
        if name != "empty" and (" " in name or find_spec(name)):
            print(f"{name:18} {1e3 * (seconds(program) - base):+6.0f} ms")


if __name__ == "__main__":
    main()
