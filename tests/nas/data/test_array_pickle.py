from __future__ import annotations

import pickle
import struct
import tracemalloc
from collections import defaultdict
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix, random_array

from nas.data.array_pickle import UNREADABLE, StoredMatrix, read_pickle


def read(content: bytes) -> Any:
    return read_pickle(content, encoding="latin1")


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4])
def test_arrays_keep_their_numbers(protocol: int) -> None:
    for array in (np.arange(6).reshape(2, 3), np.ones((4, 2), dtype=np.float32).T):
        found = read(pickle.dumps(array, protocol=protocol))
        assert np.array_equal(found, array)
        assert found.dtype == array.dtype


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_sparse_matrices_and_lists_of_neighbours(protocol: int) -> None:
    matrix = csr_matrix(random_array((5, 7), density=0.4, rng=np.random.default_rng(0)))
    found = read(pickle.dumps(matrix, protocol=protocol))
    assert isinstance(found, StoredMatrix)
    assert found.shape == (5, 7)
    assert np.array_equal(found.dense(), matrix.toarray().astype(np.float32))
    neighbours = defaultdict(list, {0: [1, 2], 1: [0]})
    assert read(pickle.dumps(neighbours, protocol=protocol)) == neighbours


def stored(**changed: Any) -> StoredMatrix:
    """A matrix as a file describes it, with a wrong part."""
    matrix = csr_matrix(np.eye(4, dtype=np.float32))
    matrix.__dict__.update(changed)
    found = read(pickle.dumps(matrix, protocol=2))
    assert isinstance(found, StoredMatrix)
    return found


@pytest.mark.parametrize(
    "changed",
    [
        {"indices": np.array([0, 1, 2, 10**6])},
        {"indices": np.array([0, 1, 2, -5])},
        {"indptr": np.array([0, 1, 2, 3, 10**6])},
        {"indptr": np.array([0, 3, 2, 1, 4])},
        {"indptr": np.array([0, 4])},
        {"data": np.array(["a", "b", "c", "d"])},
        {"_shape": (4, 2)},
        {"_shape": (2, 4)},
        {"_shape": "ab"},
    ],
)
def test_sparse_matrices_whose_parts_do_not_fit_are_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(UNREADABLE):
        stored(**changed).dense()


class Called:
    """An object that is pickled as a call."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self._call = function, arguments

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self._call


def place_in_memo(number: int) -> bytes:
    return b"\x80\x02Kar" + struct.pack("<I", number) + b"."


def many_times_encoded(levels: int) -> bytes:
    """``encode(encode("0" * 100, "hex"), "hex")``... as calls in a file."""
    head = b"\x80\x02c_codecs\nencode\n"
    start, end = head[2:] * levels, b"X\x03\x00\x00\x00hex\x86R" * levels
    return b"\x80\x02" + start + b"C\x64" + b"0" * 100 + end + b"."


@pytest.mark.parametrize(
    "content",
    [
        place_in_memo(2**31 - 1),
        place_in_memo(10**7),
        b"\x80\x02" + b"p%d\n." % 10**9,
        pickle.dumps(Called(np.ndarray, (2**28,)), protocol=2),
        pickle.dumps(Called(csr_matrix, (2**26, 2**26)), protocol=2),
        pickle.dumps(Called(np.ndarray, (2**28,), np.dtype("u1")), protocol=2),
        many_times_encoded(24),
    ],
    ids=["memo", "smaller-memo", "text-memo", "array", "matrix", "bytes", "codec"],
)
def test_small_files_do_not_take_all_memory(content: bytes) -> None:
    tracemalloc.start()
    with pytest.raises(UNREADABLE):
        read(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**22


def test_deep_nesting_is_read() -> None:
    found = read(b"\x80\x02" + b"]" * 20_000 + b"a" * 19_999 + b".")
    assert isinstance(found, list)


@pytest.mark.parametrize("ends", [[0, 1431655766, -1431655764, 3], [0, -1, 1, 3], [0, 1, 2, 4]])
def test_rows_beyond_the_stored_values_are_refused(ends: list[int]) -> None:
    matrix = csr_matrix(np.eye(3, dtype=np.float32))
    matrix.indptr = np.array(ends, dtype=np.int32)  # the differences of the first overflow
    with pytest.raises(UNREADABLE):
        read(pickle.dumps(matrix, protocol=2)).dense()


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_damaged_files_are_read_or_refused(data: st.DataObject) -> None:
    matrix = csr_matrix(np.eye(3, dtype=np.float32))
    content = bytearray(pickle.dumps([matrix, {0: [1, 2]}, np.arange(3)], protocol=2))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(0, 2 * len(content))) :]
    with suppress(*UNREADABLE):
        found = read(bytes(content))
        if isinstance(found[0], StoredMatrix) and np.prod(found[0].shape) < 1e6:
            found[0].dense()
