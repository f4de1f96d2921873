"""Old pickle files of plain data, read without running what they might hold."""

from __future__ import annotations

import io
import pickle
import pickletools
from collections import defaultdict
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

_MOVED = {
    "__builtin__": "builtins",
    "scipy.sparse.csr": "scipy.sparse",
    "scipy.sparse._csr": "scipy.sparse",
}
UNREADABLE = (
    pickle.UnpicklingError,
    ArithmeticError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)
"""What reading a missing, damaged or hostile file raises."""


def read_pickle(content: bytes, *, encoding: str) -> Any:
    """Arrays, sparse matrices, dictionaries, lists, numbers and strings, and nothing else.

    Sparse matrices are read as :class:`StoredMatrix`. No more memory is taken than the content
    fills.

    Args:
        content: Of the file.
        encoding: How strings of Python 2 are read (``"latin1"``), or ``"bytes"``.

    Raises:
        Exception: One of :data:`UNREADABLE`: it is damaged, or asks for anything else.
    """
    for code, argument, _ in pickletools.genops(content):
        if code.name in ("PUT", "BINPUT", "LONG_BINPUT") and (argument or 0) > len(content):
            raise pickle.UnpicklingError(f"place {argument} in a file of {len(content)} bytes")
    return _ArrayUnpickler(io.BytesIO(content), encoding=encoding).load()


class StoredMatrix:
    """A sparse matrix by rows as a file describes it, which may be wrong.

    Attributes:
        _shape: Rows and columns.
        data: Values that are stored.
        indices: Column of each.
        indptr: Where the values of each row begin, and where they end.
    """

    _shape: tuple[int, int]
    data: np.ndarray
    indices: np.ndarray
    indptr: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = self._shape
        return rows, columns

    def dense(self) -> np.ndarray:
        """The whole matrix, float32.

        Raises:
            Exception: One of :data:`UNREADABLE`: its parts do not fit each other.
        """
        parts = (np.asarray(self.data, dtype=np.float32), self.indices, self.indptr)
        matrix = csr_matrix(parts, shape=self.shape)
        matrix.check_format(full_check=True)
        whole: np.ndarray = matrix.toarray()
        return whole


def _empty_array(kind: str, shape: object, dtype: object) -> np.ndarray:
    """The array that is then filled; one of any size would take memory that no file fills."""
    return np.ndarray((0,), np.int8)


def _encoded(text: str, encoding: str) -> bytes:
    """The bytes of an array in a text; other codecs multiply what they are given."""
    if encoding not in ("latin1", "latin-1"):
        raise pickle.UnpicklingError(f"bytes in encoding {encoding!r}, expected latin1")
    return text.encode("latin-1")


_ALLOWED = {
    ("numpy._core.multiarray", "_reconstruct"): _empty_array,
    ("numpy", "ndarray"): "numpy.ndarray",  # named as what is to be made, and not called itself
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): _encoded,
    ("scipy.sparse", "csr_matrix"): StoredMatrix,
    ("collections", "defaultdict"): defaultdict,
    ("builtins", "list"): list,
}


class _ArrayUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        place = _MOVED.get(module, module).replace("numpy.core", "numpy._core")
        if (place, name) not in _ALLOWED:
            raise pickle.UnpicklingError(
                f"it asks for {module}.{name}, which no file of data needs"
            )
        return _ALLOWED[place, name]
