from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.program import ARCHITECTURE, ON_DIGITS, SCORES_ONLY, nas


def test_json_lists_the_data_sets():
    answer = nas("datasets", "--json")

    assert (answer.code, answer.err) == (0, "")
    assert {"digits", "cifar10"} <= {row["name"] for row in answer.document}


def test_the_table_says_that_own_data_work_too():
    answer = nas("datasets")

    assert "digits" in answer.out
    for words in (
        "folder or archive",
        "table of images",
        "arrays of images",
        "graph",
        "save_to_disk",
    ):
        assert words in answer.out


def test_digits_is_described_as_it_is_read():
    document = nas("datasets", "digits", "--json").document

    assert (document["classes"], document["channels"], document["resolution"]) == (10, 1, 8)
    assert document["train"] + document["val"] + document["test"] == 1797


def test_a_graph_is_described_by_its_features():
    document = nas("datasets", "digits-knn", "--json").document

    assert (document["classes"], document["features"], document["train"]) == (10, 64, 100)
    assert "resolution" not in document


def test_a_folder_of_images_is_described_as_it_is_read(images):
    document = nas("datasets", images, "--json").document

    assert (document["classes"], document["channels"], document["resolution"]) == (2, 3, 8)
    assert document["train"] + document["val"] + document["test"] == 40
    assert "resolution" in nas("datasets", images).out


def test_a_misspelt_name_suggests_the_nearest():
    answer = nas("datasets", "digit")

    assert answer.code == 2
    assert "unknown data set 'digit'. Did you mean 'digits' or 'digits-knn'?" in answer.error


def test_missing_files_say_where_to_put_them():
    answer = nas("datasets", "cifar10", "--data-dir", "nowhere")

    assert answer.code == 1
    assert "nowhere" in answer.error
    assert "cifar-10-batches-py" in answer.err


@pytest.mark.parametrize("content", [None, b"no picture"])
def test_a_folder_without_readable_images_is_an_error(content):
    for label in "ab":
        Path("images", label).mkdir(parents=True)
        if content:
            Path("images", label, "1.png").write_bytes(content)
    answer = nas("datasets", "images")

    assert answer.code == 1
    assert "'images'" in answer.error
    assert " object at 0x" not in answer.error


def test_a_file_that_is_no_archive_is_an_error():
    Path("images.zip").write_bytes(b"no archive")
    answer = nas("datasets", "images.zip")

    assert answer.code == 1
    assert "'images.zip'" in answer.error


def test_classes_are_counted_in_each_split_and_skipped_files_are_shown(images):
    for name in ("dark/labels.txt", "a.txt", "light/clip.mp4"):
        (images / name).write_text("none")
    document = nas("datasets", images, "--json").document

    assert document["by_class"] == [
        {"name": "dark", "train": 14, "val": 2, "test": 4},
        {"name": "light", "train": 14, "val": 2, "test": 4},
    ]
    assert document["skipped"] == {".txt": 2, ".mp4": 1}
    assert document["notes"][0] == "3 files skipped: 2 .txt, 1 .mp4."
    answer = nas("datasets", images)
    assert "3 files skipped: 2 .txt, 1 .mp4." in answer.out
    assert ["dark", "14", "2", "4"] in [line.split() for line in answer.out.splitlines()]


def test_classes_with_few_images_are_pointed_out(images):
    for number in range(15, 20):
        (images / "dark" / f"{number}.png").unlink()
    for number in range(6, 20):
        (images / "light" / f"{number}.png").unlink()

    assert "Few training images: 'light' has 4" in nas("datasets", images).out


def test_what_should_be_known_of_the_images_is_said_before_they_are_used(images, hypernet):
    (images / "dark" / "labels.txt").write_text("none")
    answer = nas("search", *ON_DIGITS, "--dataset", images, "--weights", hypernet, *SCORES_ONLY)

    assert "1 file skipped: 1 .txt." in answer.err


def test_names_of_any_bytes_are_shown(images):
    (images / "dark").rename(os.fsdecode(os.fsencode(images) + b"/\xe9\xff"))

    assert nas("datasets", images, "--json").document["by_class"][1]["name"] == "\\xe9\\xff"


def test_a_regression_has_targets_in_place_of_classes(tmp_path):
    rows = ["file,shade"]
    for number in range(30):
        Image.fromarray(np.full((8, 8), 5 * number, np.uint8)).save(tmp_path / f"{number}.png")
        rows.append(f"{number}.png,{number}")
    (tmp_path / "targets.csv").write_text("\n".join(rows))
    answer = nas("datasets", tmp_path)
    assert "targets      shade" in answer.out
    assert "class" not in answer.out
    assert nas("datasets", tmp_path, "--json").document["by_class"] == []


def test_sizes_balance_and_splits_are_shown(images):
    Image.fromarray(np.zeros((8, 12, 3), np.uint8)).save(images / "dark" / "wide.png")
    (images / "light" / "0.png").unlink()
    document = nas("datasets", images, "--json").document

    assert document["found"] == {
        "sizes": {"8x8": 39, "12x8": 1},
        "split_off": ["val", "test"],
        "equal": [],
    }
    assert document["balance"] == pytest.approx(14 / 15, abs=0.08)
    note, _ = document["notes"]
    assert note == "1 of 40 images are not square: 12x8 images are cropped to 8x8."
    shown = nas("datasets", images).out
    assert "8x8 (39), 12x8 (1)" in shown
    assert "val and test drawn by seed" in shown
    assert " (light) to 15 (dark)" in shown
    assert note in shown


def test_the_resolution_may_be_chosen(images):
    document = nas("datasets", images, "--resolution", 4, "--json").document
    refused = nas("datasets", "digits", "--resolution", 4)

    assert document["resolution"] == 4
    assert refused.code == 1
    assert "'digits' is a data set of its own size" in refused.error
    assert nas("datasets", images, "--resolution", 0).code == 2


def test_what_was_found_is_said_before_a_search_and_a_training(images, hypernet):
    words = (*ON_DIGITS, "--dataset", images, "--resolution", 4)
    searched = nas("search", *words, "--weights", hypernet, *SCORES_ONLY)
    trained = nas("train", ARCHITECTURE, *words, "--max-epochs", 1, "--json")

    said = (
        "images: 40 images of 2 classes (28 train, 4 val, 8 test; val and test drawn by seed). "
        "Images of 8x8 (40), read at 4x4. Training images of a class: 14 (dark) to 14 (light)."
    )
    assert said in searched.err
    assert said in trained.err
    assert trained.code == 0, trained.err
    digits = nas("train", ARCHITECTURE, *ON_DIGITS, "--max-epochs", 1, "--out", "other")
    assert "drawn by seed" not in digits.err


def test_the_share_of_the_ranking_split_may_be_chosen(images):
    document = nas("datasets", images, "--val-fraction", 0.25, "--json").document
    refused = nas("datasets", "digits", "--val-fraction", 0.25)

    assert (document["train"], document["val"], document["test"]) == (24, 8, 8)
    assert refused.code == 1
    assert "'digits' is a data set with a ranking split of its own" in refused.error
    assert "between 0 and 1" in nas("datasets", images, "--val-fraction", 2).error


def test_equal_images_are_shown(images):
    shutil.copy(images / "dark" / "0.png", images / "light" / "copy.png")
    document = nas("datasets", images, "--json").document
    shown = nas("datasets", images).out

    assert document["found"]["equal"] == [["dark/0.png", "light/copy.png"]]
    assert ["duplicates", "1"] in [line.split() for line in shown.splitlines()]
    assert "Equal images are in two classes: 'dark/0.png' (dark) = 'light/copy.png'" in shown


def test_a_table_is_described_like_a_folder(images):
    rows = [f"{file.relative_to(images)},{file.parent.name}" for file in images.rglob("*.png")]
    (images / "labels.csv").write_text("\n".join(["file,label", *sorted(rows)]))
    table = nas("datasets", images / "labels.csv", "--json").document
    folder = nas("datasets", images, "--json").document

    assert {**table, "name": "images", "skipped": {".csv": 1}, "notes": folder["notes"]} == folder


def test_arrays_and_graphs_are_described(tmp_path):
    draw = np.random.default_rng(0)
    pixels, labels = draw.integers(0, 256, (40, 8, 8), dtype=np.uint8), np.arange(40) % 2
    np.savez(tmp_path / "own.npz", x=pixels, y=labels)
    ring = np.stack([np.arange(40), (np.arange(40) + 1) % 40])
    np.savez(tmp_path / "ring.npz", x=np.eye(40), edge_index=ring, y=labels)
    arrays = nas("datasets", tmp_path / "own.npz", "--json").document
    graph = nas("datasets", tmp_path / "ring.npz", "--json").document
    shown = nas("datasets", tmp_path / "ring.npz").out

    assert arrays["by_class"][0] == {"name": "0", "train": 14, "val": 2, "test": 4}
    assert arrays["found"]["sizes"] == {"8x8": 40}
    assert [graph[key] for key in ("nodes", "edges", "features", "train")] == [40, 40, 40, 24]
    assert graph["found"] == {"sizes": {}, "split_off": ["train", "val", "test"], "equal": []}
    assert "all drawn by seed" in shown
    assert "sizes" not in shown
