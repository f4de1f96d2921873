"""Images beyond the memory: peak memory and images per second while they are prepared and read.

    python -m benchmarks.streaming.run                      # 50,000 images of 224 pixels
    python -m benchmarks.streaming.run --images 2000 --memory 0.5

Photographs of noise over soft colours are written as JPEG files and read as a user's folder is;
then all training images pass once in shuffled batches, as in an epoch of training. Everything is
deleted at the end. --memory sets the gigabytes that the program takes the machine to have, so that
fewer images stay in their file as well.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import numpy as np
from PIL import Image

from nas.allocator import memory
from nas.data import load_images
from nas.data.images.stored_images import StoredImages
from nas.data.split import Split
from nas.seeding import generator

if TYPE_CHECKING:
    from collections.abc import Sequence

SIDE = 224
CLASSES = 10
BATCH = 128


def main(arguments: Sequence[str] | None = None) -> None:
    """Print what each step takes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--images", type=int, default=50_000, help="number of images")
    add("--memory", type=float, help="gigabytes that the machine is taken to have")
    add("--scratch", type=Path, help="folder of the images and of the cache")
    options = parser.parse_args(arguments)
    assumed = memory() if options.memory is None else 1e9 * options.memory
    with (
        tempfile.TemporaryDirectory(dir=options.scratch) as place,
        patch("nas.data.images.memory.memory", return_value=assumed),
    ):
        os.environ["NAS_CACHE_DIR"] = str(Path(place) / "cache")
        folder = Path(place) / "images"
        paint(folder, options.images)
        print(f"{options.images:,} images, {options.images * 3 * SIDE**2 / 1e9:.2f} GB decoded")
        print(f"{'before':12} {peak():6.2f} GB")
        began = time.perf_counter()
        train = load_images(folder).train
        report("preparing", options.images, began)
        began = time.perf_counter()
        train = load_images(folder).train
        report("opening", options.images, began)
        assert isinstance(train, Split)
        print("images are in their file" if isinstance(train.held, StoredImages) else "in memory")
        began = time.perf_counter()
        count = sum(len(labels) for _, labels in train.batches(BATCH, generator(0, "epoch")))
        report("an epoch", count, began)


def paint(folder: Path, count: int) -> None:
    """Images of a size that JPEG files of photographs have."""
    draw = np.random.default_rng(0)
    for number in range(count):
        file = folder / f"class{number % CLASSES}" / f"{number:06}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        soft = Image.fromarray(draw.integers(0, 256, (14, 14, 3), dtype=np.uint8))
        pixels = np.asarray(soft.resize((SIDE, SIDE), Image.Resampling.BILINEAR), dtype=np.int16)
        noise = draw.integers(-12, 13, (SIDE, SIDE, 1), dtype=np.int16)
        Image.fromarray((pixels + noise).clip(0, 255).astype(np.uint8)).save(file, quality=90)


def report(step: str, images: int, began: float) -> None:
    """Peak memory so far, and images per second of one step."""
    taken = time.perf_counter() - began
    print(f"{step:12} {peak():6.2f} GB  {images / taken:8.0f} images/s", flush=True)


def peak() -> float:
    """The most memory of this process so far, in gigabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


if __name__ == "__main__":
    main()
