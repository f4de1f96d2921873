from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from nas.data.catalog import load
from nas.data.formats import parquet
from nas.errors import DataError
from nas.testing.dataset import images_of
from tests.nas.data.pictures import paint_classes

if TYPE_CHECKING:
    from pathlib import Path

    from nas.data.dataset import Dataset

COLUMNS = ("file", "label", "split")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAS_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def pets(tmp_path: Path) -> list[tuple[str, str]]:
    """Names of 20 cats and 20 dogs below ``images``, with their classes."""
    paint_classes(tmp_path / "images", 20)
    return [
        (f"images/{label}/{number:03}.png", label)
        for number in range(20)
        for label in ("dog", "cat")
    ]


def write_csv(path: Path, head: str, rows: list[str]) -> Path:
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


def write_parquet(path: Path, columns: dict[str, Any], names: tuple[str, ...] = ()) -> Path:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow.parquet import write_table

    table = pyarrow.table(columns)
    if names:
        features = {"info": {"features": {"label": {"names": names, "_type": "ClassLabel"}}}}
        table = table.replace_schema_metadata({b"huggingface": json.dumps(features)})
    write_table(table, path)
    return path


def test_a_table_is_the_same_data_as_the_folder_that_it_lists(
    tmp_path: Path, pets: list[tuple[str, str]]
) -> None:
    table = write_csv(tmp_path / "pets.csv", "file,label", [",".join(row) for row in sorted(pets)])
    data = load(table)
    assert data.fingerprint == load(tmp_path / "images").fingerprint
    assert (data.name, data.class_names) == ("pets", ("cat", "dog"))
    assert data.found is not None
    assert data.found.split_off == ("val", "test")


@pytest.mark.parametrize(
    "head", ["file,label", "Image Path;Class", "target\tFILE_NAME", '"path","category","age"']
)
def test_columns_are_found_by_their_names(
    tmp_path: Path, pets: list[tuple[str, str]], head: str
) -> None:
    sign = next(sign for sign in "\t;," if sign in head)
    swapped = head.startswith("target")
    rows = [sign.join(reversed(row) if swapped else row) for row in pets]
    data = load(
        write_csv(tmp_path / "pets.csv", head, [row + ",3" * ('"age"' in head) for row in rows])
    )
    assert labels_agree(data, tmp_path)
    note = "The column 'path' holds the images and 'category' their classes; not read: 'age'."
    assert (note in data.notes) == ('"age"' in head)


def labels_agree(data: Dataset, root: Path) -> bool:
    """Whether each image has the class of the folder that holds it."""
    assert data.class_names is not None
    for split in (data.train, data.val, data.test):
        for image, label in zip(images_of(split).images, split.labels, strict=True):
            folder = root / "images" / data.class_names[int(label)]
            pixels = [np.asarray(Image.open(file)) for file in folder.iterdir()]
            if not any(np.array_equal(image.permute(1, 2, 0).numpy(), one) for one in pixels):
                return False
    return True


def test_a_column_may_hold_the_splits(tmp_path: Path, pets: list[tuple[str, str]]) -> None:
    splits = ["Training"] * 24 + ["valid"] * 6 + ["test"] * 10
    rows = [f"{file},{label},{split}" for (file, label), split in zip(pets, splits, strict=True)]
    data = load(write_csv(tmp_path / "pets.csv", "file,label,split", rows))
    assert (len(data.train), len(data.val), len(data.test)) == (24, 6, 10)
    assert data.found is not None
    assert data.found.split_off == ()
    rows[3] += "ing"
    with pytest.raises(DataError, match="has the split 'Traininging', expected one of train"):
        load(write_csv(tmp_path / "pets.csv", "file,label,split", rows))


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("name,label", "no column of images; its columns are 'name', 'label'"),
        ("file,breed", "no column of classes; its columns are 'file', 'breed'"),
        ("file,label,age", "line 2 of .* has 2 cells, expected 3"),
    ],
)
def test_tables_without_the_columns_are_refused(
    tmp_path: Path, pets: list[tuple[str, str]], head: str, said: str
) -> None:
    with pytest.raises(DataError, match=said) as caught:
        load(write_csv(tmp_path / "pets.csv", head, [",".join(row) for row in pets]))
    assert "A table of images has a header" in caught.value.hint


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (["cat", ""] * 20, "row 1 of .* has no class"),
        (["cat"] * 40, r"two or more classes in .*, found \['cat'\]"),
        ([f"{number}" for number in range(40)], "40 classes for 40 images.* these are no classes"),
        (["0.5", "1.5"] * 20, "these are no classes"),
    ],
)
def test_labels_that_are_no_classes_are_refused(
    tmp_path: Path, pets: list[tuple[str, str]], labels: list[str], said: str
) -> None:
    rows = [f"{file},{label}" for (file, _), label in zip(pets, labels, strict=True)]
    with pytest.raises(DataError, match=said):
        load(write_csv(tmp_path / "pets.csv", "file,label", rows))


def test_missing_and_broken_images_are_named(tmp_path: Path, pets: list[tuple[str, str]]) -> None:
    rows = [",".join(row) for row in pets]
    lost = write_csv(tmp_path / "lost.csv", "file,label", [*rows, "a.png,cat", "b\\c.png,dog"])
    with pytest.raises(DataError, match=r"names 2 files that cannot .*: 'a.png', 'b") as caught:
        load(lost)
    assert "with / between folders" in caught.value.hint
    for number in (3, 5):
        (tmp_path / f"images/cat/{number:03}.png").write_bytes(b"none")
    with pytest.raises(DataError, match=r"cannot read 2 images in .*: 'images/cat/003\.png' \("):
        load(write_csv(tmp_path / "pets.csv", "file,label", rows))


def test_a_table_that_changes_is_read_again(tmp_path: Path, pets: list[tuple[str, str]]) -> None:
    rows = [",".join(row) for row in pets]
    first = load(write_csv(tmp_path / "pets.csv", "file,label", rows))
    renamed = [row.replace(",cat", ",lion") for row in rows]
    second = load(write_csv(tmp_path / "pets.csv", "file,label", renamed))
    assert (first.class_names, second.class_names) == (("cat", "dog"), ("dog", "lion"))


@pytest.mark.parametrize("cells", ["paths", "bytes", "records", "records of paths"])
def test_parquet_holds_paths_bytes_or_records(
    tmp_path: Path, pets: list[tuple[str, str]], cells: str
) -> None:
    files = [file for file, _ in pets]
    contents = [(tmp_path / file).read_bytes() for file in files]
    images: dict[str, list[Any]] = {
        "paths": files,
        "bytes": contents,
        "records": [
            {"bytes": content, "path": file} for content, file in zip(contents, files, strict=True)
        ],
        "records of paths": [{"bytes": None, "path": file} for file in files],
    }
    columns = {"image": images[cells], "label": [label for _, label in pets]}
    data = load(write_parquet(tmp_path / "pets.parquet", columns))
    assert labels_agree(data, tmp_path)
    assert (data.class_names, len(data.train)) == (("cat", "dog"), 28)


def test_parquet_of_hugging_face_names_the_classes(
    tmp_path: Path, pets: list[tuple[str, str]]
) -> None:
    columns = {
        "image": [{"bytes": (tmp_path / file).read_bytes(), "path": None} for file, _ in pets],
        "label": [int(label == "dog") for _, label in pets],
        "split": ["train", "train", "test", "validation"] * 10,
    }
    data = load(write_parquet(tmp_path / "pets.parquet", columns, ("cat", "dog")))
    assert labels_agree(data, tmp_path)
    assert (len(data.train), len(data.val), len(data.test)) == (20, 10, 10)
    assert load(write_parquet(tmp_path / "pets.parquet", columns)).class_names == ("0", "1")


def test_broken_cells_are_named_by_their_rows(tmp_path: Path, pets: list[tuple[str, str]]) -> None:
    images: list[Any] = [
        {"bytes": (tmp_path / file).read_bytes(), "path": file} for file, _ in pets
    ]
    images[7], images[30] = {"bytes": b"none", "path": "a/b.png"}, None
    table = write_parquet(
        tmp_path / "pets.parquet", {"image": images, "label": [label for _, label in pets]}
    )
    with pytest.raises(DataError, match="cannot read 2 images") as caught:
        load(table)
    assert "'row 7 (b.png)' (its format is unknown)" in caught.value.message
    assert "'row 30' (the cell holds neither bytes nor a path)" in caught.value.message


def test_damaged_parquet_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    (tmp_path / "pets.parquet").write_bytes(b"PAR1 no table")
    with pytest.raises(DataError, match="as Parquet"):
        load(tmp_path / "pets.parquet")


def test_parquet_without_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(DataError, match="needs the package pyarrow") as caught:
        parquet.opened(tmp_path / "pets.parquet")
    assert "pip install pyarrow" in caught.value.hint
