"""Old pickle files of plain data, read without running what they might hold."""

from __future__ import annotations

import io
import pickle
from typing import Any

from nas.errors import DataError

_MOVED = {
    "__builtin__": "builtins",
    "scipy.sparse.csr": "scipy.sparse",
    "scipy.sparse._csr": "scipy.sparse",
}
_ALLOWED = frozenset(
    {
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
        ("_codecs", "encode"),
        ("scipy.sparse", "csr_matrix"),
        ("collections", "defaultdict"),
        ("builtins", "list"),
    }
)
UNREADABLE = (
    pickle.UnpicklingError,
    OSError,
    EOFError,
    AttributeError,
    ImportError,
    IndexError,
    KeyError,
    TypeError,
    ValueError,
)
"""What reading a damaged or missing file raises."""


def read_pickle(content: bytes, *, encoding: str) -> Any:
    """Arrays, sparse matrices, dictionaries, lists, numbers and strings, and nothing else.

    Args:
        content: Of the file.
        encoding: How strings of Python 2 are read (``"latin1"``), or ``"bytes"``.

    Raises:
        DataError: It asks for anything else.
        Exception: One of :data:`UNREADABLE`: it is damaged.
    """
    return _ArrayUnpickler(io.BytesIO(content), encoding=encoding).load()


class _ArrayUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        place = _MOVED.get(module, module).replace("numpy.core", "numpy._core")
        if (place, name) not in _ALLOWED:
            raise DataError(f"the file asks for {module}.{name}, which no file of data needs")
        return super().find_class(place, name)
