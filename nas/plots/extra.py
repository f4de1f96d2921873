"""The packages of the extra ``report``."""

from __future__ import annotations

from importlib.util import find_spec

from nas.errors import ConfigError

_PACKAGES = {"altair": "altair", "vl_convert": "vl-convert-python"}
"""Names on the package index by name of the module."""


def check_installed() -> None:
    """Check that figures can be drawn.

    Raises:
        ConfigError: A package of the extra is missing.
    """
    missing = [name for module, name in _PACKAGES.items() if find_spec(module) is None]
    if missing:
        raise ConfigError(
            f"figures and reports need {' and '.join(missing)}, which is not installed",
            hint=f"pip install {' '.join(missing)}",
        )
