"""Packages that users' models need and this program does not: whether they can be imported."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import NamedTuple

from nas.raised import error_text

OPTIONAL = {"torchvision": "torchvision", "timm": "timm", "torch-geometric": "torch_geometric"}
"""Modules by the name of their package, in the order in which they import each other."""
_SIGNS = ("operator torchvision::", "PyTorch and torchvision were compiled with")
"""What torchvision says where its binary part does not fit torch."""


class Problem(NamedTuple):
    """What is wrong with a package, in a sentence, and what to do about it."""

    message: str
    hint: str


def torchvision_problem(error: BaseException | None) -> Problem | None:
    """The problem behind an error, if it is that torchvision does not match torch."""
    while error is not None:
        if any(sign in str(error) for sign in _SIGNS):
            return _mismatch()
        error = error.__cause__ or error.__context__
    return None


def problem_of(package: str) -> Problem | None:
    """Why an installed package cannot be imported; None if it can, or is not installed."""
    module = OPTIONAL[package]
    if find_spec(module) is None:
        return None
    try:
        import_module(module)
    except Exception as error:  # a package may raise anything
        found = torchvision_problem(error)
        if found is not None and package != "torchvision":
            return Problem(f"{package} imports torchvision: {found.message}", found.hint)
        return found or Problem(
            f"{package} cannot be imported: {error_text(error)}",
            f"Install it again: pip install --force-reinstall --no-deps {package}",
        )
    return None


def installed_version(package: str) -> str | None:
    """The version of a package; None if it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _mismatch() -> Problem:
    import torch

    own = installed_version("torchvision") or "here"
    build = torch.__version__.partition("+")[2]
    index = f" --index-url https://download.pytorch.org/whl/{build}" if build else ""
    return Problem(
        f"torchvision {own} does not match torch {torch.__version__}: its operators were built "
        "for another build of torch",
        "Install the build that matches: pip install --force-reinstall --no-deps torchvision"
        f"{index}",
    )
