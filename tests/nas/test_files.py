from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from nas.errors import ConfigError, NasError
from nas.files import (
    digest,
    parse_json,
    read_json,
    read_tensor_shapes,
    read_tensors,
    scratch_folder,
    write_bytes,
    write_json,
    write_tensors,
    write_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WRITERS: dict[str, Callable[[Path], object]] = {
    "bytes": lambda path: write_bytes(path, b"abc"),
    "text": lambda path: write_text(path, "abc"),
    "json": lambda path: write_json(path, {"a": 1}),
    "tensors": lambda path: write_tensors(path, {"a": torch.ones(2)}),
}


@pytest.fixture(params=[0o022, 0o077, 0o002])
def mask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.mark.parametrize("kind", WRITERS)
def test_files_have_the_permissions_of_the_mask(kind: str, mask: int, tmp_path: Path) -> None:
    WRITERS[kind](tmp_path / "file")
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o666 & ~mask


@pytest.mark.parametrize("kind", WRITERS)
def test_folders_are_made_and_nothing_else_is_left(kind: str, tmp_path: Path) -> None:
    WRITERS[kind](tmp_path / "a" / "b" / "file")
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["file"]


def test_what_cannot_be_moved_leaves_the_former_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_text(tmp_path / "file", "old")

    def fail(descriptor: int) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="full"):
        write_text(tmp_path / "file", "new")
    assert (tmp_path / "file").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_texts_are_utf8_with_their_own_line_ends(tmp_path: Path) -> None:
    write_text(tmp_path / "file", "Käfer\r\nτ\n")
    assert (tmp_path / "file").read_bytes() == "Käfer\r\nτ\n".encode()


def test_json_is_for_people_and_ends_with_a_line_end(tmp_path: Path) -> None:
    write_json(tmp_path / "file", {"a": [1, 2]})
    text = (tmp_path / "file").read_text()
    assert json.loads(text) == {"a": [1, 2]}
    assert text.startswith('{\n  "a"')
    assert text.endswith("\n")


def test_tensors_of_any_layout_come_back_with_metadata(tmp_path: Path) -> None:
    images = torch.randn(2, 3, 4, 4).contiguous(memory_format=torch.channels_last)
    weight = torch.nn.Parameter(torch.randn(3, 2)).mT
    write_tensors(tmp_path / "file", {"images": images, "weight": weight}, {"step": "3"})
    found = load_file(tmp_path / "file")
    assert torch.equal(found["images"], images)
    assert torch.equal(found["weight"], weight)
    with safe_open(tmp_path / "file", "pt") as content:
        assert content.metadata() == {"step": "3", "digest": digest(found)}


def test_the_same_tensors_and_texts_are_the_same_bytes(tmp_path: Path) -> None:
    texts = {name: f"é {name}" for name in "gfedcba"}
    for name in ("first", "second"):
        write_tensors(tmp_path / name, {"b": torch.ones(3), "a": torch.zeros(2, 2)}, texts)
        texts = dict(reversed(texts.items()))
    content = (tmp_path / "first").read_bytes()
    assert content == (tmp_path / "second").read_bytes()
    tensors, found = read_tensors(tmp_path / "first", refused)
    assert found == {**texts, "digest": digest(tensors)}
    assert list(tensors) == ["a", "b"]


def test_a_tensor_with_two_names_is_written_under_both(tmp_path: Path) -> None:
    weight = torch.randn(3, 2)
    write_tensors(tmp_path / "file", {"a": weight, "b": weight, "c": weight[0]})
    found = load_file(tmp_path / "file")
    assert torch.equal(found["a"], weight)
    assert torch.equal(found["b"], weight)
    assert torch.equal(found["c"], weight[0])


def refused(why: str) -> NasError:
    return ConfigError(f"cannot read: {why}")


@pytest.mark.parametrize("text", ['{"a": [1, 2.5, null, true], "b": "\\u00e9"}', '{"a": NaN}'])
@pytest.mark.parametrize("form", [str, str.encode])
def test_json_is_read_from_text_and_bytes(form: Callable[[str], str | bytes], text: str) -> None:
    assert repr(parse_json(form(text), dict, refused)) == repr(json.loads(text))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no JSON: Expecting value"),
        (b'{"a": 1', "no JSON: Expecting"),
        (b"\xff", "it is no text in UTF-8"),
        (b'{"a": "\\ud800"}', "it is no text in UTF-8"),
        (b"[" * 100_000, "its brackets are nested too deeply"),
        (b'{"a":' * 100_000, "its brackets are nested too deeply"),
        (b'{"a": ' + b"[" * 300 + b"]" * 300 + b"}", "its brackets are nested too deeply"),
        (b'{"a": ' + b"9" * 5000 + b"}", "one of its numbers is too long"),
        (b"[]", "expected an object, got a list"),
        (b"3.5", "expected an object, got a number"),
        (b"null", "expected an object, got null"),
    ],
)
def test_json_that_cannot_be_read_is_the_error_of_the_reader(content: bytes, why: str) -> None:
    with pytest.raises(ConfigError, match=f"^cannot read: {why}"):
        parse_json(content, dict, refused)


def test_names_of_files_that_are_no_text_come_back(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9")
    write_json(tmp_path / "file", {"out": name})
    assert read_json(tmp_path / "file", dict, refused) == {"out": name}


def test_a_folder_or_nothing_is_the_error_of_the_reader(tmp_path: Path) -> None:
    for path, why in ((tmp_path, "Is a directory"), (tmp_path / "none", "No such file")):
        with pytest.raises(ConfigError, match=why):
            read_json(path, dict, refused)
        with pytest.raises(ConfigError, match=why):
            read_tensors(path, refused)


TENSORS = {"a.weight": torch.arange(6.0).reshape(2, 3), "b": torch.tensor(3, dtype=torch.int64)}


def test_a_digest_is_of_names_shapes_types_and_numbers() -> None:
    known = digest(TENSORS)
    assert known == digest(dict(reversed(TENSORS.items())))
    others = [
        {"a.weight": TENSORS["a.weight"], "c": TENSORS["b"]},
        {**TENSORS, "a.weight": TENSORS["a.weight"].reshape(3, 2)},
        {**TENSORS, "b": TENSORS["b"].view(torch.float64)},
        {**TENSORS, "b": TENSORS["b"] + 1},
        {**TENSORS, "c": torch.zeros(0)},
    ]
    assert len({known, *map(digest, others)}) == 1 + len(others)


def test_tensors_from_before_there_was_a_digest_are_read(tmp_path: Path) -> None:
    save_file(TENSORS, tmp_path / "file", {"step": "3"})
    found, texts = read_tensors(tmp_path / "file", refused)
    assert digest(found) == digest(TENSORS)
    assert texts == {"step": "3"}


def test_shapes_are_known_without_the_tensors(tmp_path: Path) -> None:
    write_tensors(tmp_path / "file", TENSORS)
    assert read_tensor_shapes(tmp_path / "file", refused) == {"a.weight": (2, 3), "b": ()}


def test_every_mutated_byte_is_refused_or_changes_no_tensor(tmp_path: Path) -> None:
    file = tmp_path / "file"
    write_tensors(file, TENSORS)
    content = file.read_bytes()
    taken = 0
    for index in range(len(content)):
        for mask in (0x01, 0x20, 0x80):
            mutated = bytearray(content)
            mutated[index] ^= mask
            file.write_bytes(mutated)
            with suppress(ConfigError):
                found, _ = read_tensors(file, refused)
                assert digest(found) == digest(TENSORS)
                taken += 1
    assert taken < len(content) / 10, "most mutations are seen"


_KILLED = """
import os, signal, sys
from pathlib import Path
from nas.files import scratch_folder, write_bytes

def kill(descriptor):
    os.kill(os.getpid(), signal.SIGKILL)

with scratch_folder(Path(sys.argv[1])) as scratch:
    (scratch / "inner").touch()
    os.fsync = kill
    write_bytes(Path(sys.argv[1], "file"), b"new")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_what_a_killed_process_left_is_removed_by_the_next_one(tmp_path: Path) -> None:
    write_bytes(tmp_path / "file", b"old")
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path)])
    assert killed.returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 5  # the file, two unfinished and their locks
    assert (tmp_path / "file").read_bytes() == b"old"

    (tmp_path / ".mine.part").touch()
    write_bytes(tmp_path / "other", b"new")
    assert {path.name for path in tmp_path.iterdir()} == {"file", "other", ".mine.part"}


def test_what_is_being_written_is_not_removed(tmp_path: Path) -> None:
    with scratch_folder(tmp_path) as scratch:
        write_bytes(scratch / "inner", b"x")
        write_bytes(tmp_path / "file", b"new")
        with scratch_folder(tmp_path) as other:
            assert other != scratch
        assert (scratch / "inner").read_bytes() == b"x"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_writers_of_one_file_do_not_meet(tmp_path: Path) -> None:
    contents = [bytes([number]) * 100_000 for number in range(8)]

    def write(content: bytes) -> None:
        for _ in range(20):
            write_bytes(tmp_path / "file", content)

    with ThreadPoolExecutor(len(contents)) as pool:
        list(pool.map(write, contents))
    assert (tmp_path / "file").read_bytes() in contents
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
