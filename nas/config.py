"""Configurations: frozen dataclasses read from TOML or JSON, unknown keys refused."""

from __future__ import annotations

import tomllib
from dataclasses import MISSING, fields
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar

from nas.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

T = TypeVar("T")


def from_mapping(cls: type[T], values: Mapping[str, Any]) -> T:
    """An instance of a dataclass from its fields by name.

    Raises:
        ConfigError: A key is unknown, or one without a default is missing.
    """
    known = {field.name: field for field in fields(cls)}  # type: ignore[arg-type]
    for key in values:
        if key not in known:
            near = get_close_matches(key, known, 1)
            raise ConfigError(
                f"{cls.__name__} has no key {key!r}"
                + (f"; did you mean {near[0]!r}?" if near else f"; it has {', '.join(known)}")
            )
    for name, field in known.items():
        required = field.default is MISSING and field.default_factory is MISSING
        if required and name not in values:
            raise ConfigError(f"{cls.__name__} needs the key {name!r}")
    return cls(**values)


def read_toml(path: Path) -> dict[str, Any]:
    """The keys of a TOML file.

    Raises:
        ConfigError: The file is missing or malformed.
    """
    try:
        return tomllib.loads(path.read_text())
    except OSError as error:
        raise ConfigError(f"cannot read the configuration {str(path)!r}: {error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{str(path)!r} is no TOML: {error}") from None
