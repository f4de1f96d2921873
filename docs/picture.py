"""Draw docs/search.svg: what ``nas search`` prints where there is no terminal.

python docs/picture.py
"""

from __future__ import annotations

import os
import subprocess
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

WIDTH = 118


def main() -> None:
    """Run the search in an empty folder and draw its output."""
    with TemporaryDirectory() as directory:
        printed = subprocess.run(
            ["nas", "search"],
            cwd=directory,
            env={**os.environ, "COLUMNS": str(WIDTH)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=True,
        ).stdout
    console = Console(record=True, width=WIDTH, file=StringIO(), highlight=False)
    console.print("[bold]$ nas search[/bold]")
    console.print(printed, markup=False)
    Path(__file__).with_name("search.svg").write_text(
        console.export_svg(title="nas search", font_aspect_ratio=0.61)
    )


if __name__ == "__main__":
    main()
