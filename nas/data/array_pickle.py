"""Read old pickle files of plain data without running code in them."""

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
"""Exceptions raised by a missing, damaged or hostile file."""


def read_pickle(content: bytes, *, encoding: str) -> Any:
    """Read arrays, sparse matrices, dictionaries, lists, numbers and strings, nothing else.

    Sparse matrices are read as :class:`StoredMatrix`. Reading takes no more memory than the
    content fills.

    Args:
        content: The content of the file.
        encoding: The encoding of strings of Python 2 (``"latin1"``), or ``"bytes"``.

    Raises:
        Exception: One of :data:`UNREADABLE`, if it is damaged or asks for other classes.
    """
    for code, argument, _ in pickletools.genops(content):
        if code.name in ("PUT", "BINPUT", "LONG_BINPUT") and (argument or 0) > len(content):
            raise pickle.UnpicklingError(f"place {argument} in a file of {len(content)} bytes")
    return _ArrayUnpickler(io.BytesIO(content), encoding=encoding).load()


class StoredMatrix:
    """A sparse matrix by rows, as a file describes it; it may be invalid.

    Attributes:
        _shape: Rows and columns.
        data: Stored values.
        indices: Column of each stored value.
        indptr: Start and end of the values of each row.
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
        # the check above takes differences of the ends, which may overflow
        if not ((matrix.indptr >= 0) & (matrix.indptr <= len(matrix.indices))).all():
            raise ValueError("rows end outside of the stored values")
        whole: np.ndarray = matrix.toarray()
        return whole


def _empty_array(kind: str, shape: object, dtype: object) -> np.ndarray:
    """An empty array to fill; the given shape may be too large for memory."""
    return np.ndarray((0,), np.int8)


def _encoded(text: str, encoding: str) -> bytes:
    """The bytes of an array stored as text; other codecs could expand it."""
    if encoding not in ("latin1", "latin-1"):
        raise pickle.UnpicklingError(f"bytes in encoding {encoding!r}, expected latin1")
    return text.encode("latin-1")


_ALLOWED = {
    ("numpy._core.multiarray", "_reconstruct"): _empty_array,
    ("numpy", "ndarray"): "numpy.ndarray",  # an argument of _reconstruct, never called
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
