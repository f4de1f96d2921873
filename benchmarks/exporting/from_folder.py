"""From a folder of photographs to a trained ONNX model with three commands: how long it takes.

    python -m benchmarks.exporting.from_folder --data-dir DATA

The folder holds 300 photographs of CIFAR-10 (three classes, 32 pixels) as JPEG files, each class
in a sub-folder; --data-dir names the folder of ``cifar10-jpeg.tar.xz``. The commands look at it,
search with half a minute for trainings, and export; the last one loads its file in a new process
and compares it with the network. Seconds include the start of Python; those of the processor
count on a machine that does other work.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

IMAGES = 300
CLASSES = ("airplane", "automobile", "ship")
NAS = (sys.executable, "-c", "from cli.main import main; main()")


def main(arguments: Sequence[str] | None = None) -> None:
    """Time the commands and print them with their seconds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--data-dir", type=Path, required=True, help="folder of cifar10-jpeg.tar.xz")
    add("--images", type=int, default=IMAGES, help="number of photographs")
    add("--n-trials", type=int, default=60, help="candidates of the search")
    add("--train-seconds", type=int, default=30, help="limit of the trainings of the search")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as place:
        folder, run = Path(place) / "photographs", Path(place) / "run"
        unpack(options.data_dir / "cifar10-jpeg.tar.xz", folder, options.images)
        lengths = ("--n-trials", options.n_trials, "--train-seconds", options.train_seconds)
        print("  wall  processor")
        looked, _ = timed("datasets", folder)
        searched, answer = timed("search", "--dataset", folder, *lengths, "--out", run)
        exported, _ = timed("export", run, "--format", "onnx", "--with-preprocessing")
        print_row([sum(each) for each in zip(looked, searched, exported, strict=True)], "in all")
    best = answer["best"]
    accuracy = best["trained"]["test_accuracy"]
    print(f"test accuracy {accuracy:.1%}, {best['params']:,} parameters")


def unpack(archive: Path, folder: Path, count: int) -> None:
    """Equally many photographs of each class as files, the first ones of the archive."""
    missing = Counter({name: count // len(CLASSES) for name in CLASSES})
    with tarfile.open(archive) as file:
        for member in file:
            name = PurePosixPath(member.name)
            if member.isfile() and name.suffix == ".jpg" and missing[name.parent.name] > 0:
                content = file.extractfile(member)
                assert content is not None
                target = folder / name.parent.name / name.name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content.read())
                missing[name.parent.name] -= 1
            if not missing.total():
                return
    raise SystemExit(f"{archive} holds too few photographs of {', '.join(+missing)}")


def timed(*words: object) -> tuple[tuple[float, float], Any]:
    """Seconds of a command, wall clock and processor, and its answer."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [*NAS, *map(str, words), "--json"], check=True, stdout=subprocess.PIPE, text=True
    )
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    names = (word.name if isinstance(word, Path) else str(word) for word in words)
    print_row((wall, processor), " ".join(("nas", *names)))
    return (wall, processor), json.loads(done.stdout)


def print_row(taken: Sequence[float], text: str) -> None:
    """Seconds of wall clock and processor, and what took them."""
    wall, processor = taken
    print(f"{wall:6.1f} {processor:10.1f}  {text}", flush=True)


if __name__ == "__main__":
    main()
