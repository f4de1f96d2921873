"""Configurations: frozen dataclasses read from TOML or JSON, unknown keys refused."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from numbers import Integral, Real
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeVar

from nas.errors import ConfigError, nearest

if TYPE_CHECKING:
    from dataclasses import Field
    from pathlib import Path

T = TypeVar("T")

_LARGEST = 2**63 - 1
"""Largest accepted whole number; it is also compared and divided as a float."""

_KINDS: dict[str, type | tuple[type, ...]] = {
    "bool": bool,
    "int": Integral,
    "float": Real,
    "str": str,
    "list": list,
    "dict": dict,
    "Mapping": Mapping,
    "Path": (str, PathLike),
}


def from_mapping(cls: type[T], values: Mapping[str, Any]) -> T:
    """An instance of a dataclass from its fields by name.

    Raises:
        ConfigError: A key is unknown, a key without a default is missing, or a value does not have
            the type of its field.
    """
    if not isinstance(values, Mapping):
        raise ConfigError(f"{cls.__name__} must be read from keys and values, got {values!r}")
    known = {field.name: field for field in fields(cls)}  # type: ignore[arg-type]
    for key in values:
        if key not in known:
            raise ConfigError(
                f"{cls.__name__} has no key {key!r}. "
                + (nearest(key, known) or f"It has {', '.join(known)}.")
            )
    for key, value in values.items():
        _check_kind(cls, known[key], value)
    for name, field in known.items():
        required = field.default is MISSING and field.default_factory is MISSING
        if required and name not in values:
            raise ConfigError(f"{cls.__name__} needs the key {name!r}")
    return cls(**values)


def changed(config: T, values: Mapping[str, Any]) -> T:
    """A dataclass with some fields changed by name.

    Raises:
        ConfigError: A key or a value is wrong; see :func:`from_mapping`.
    """
    if not is_dataclass(config):
        raise ConfigError(
            f"expected a configuration, got {config!r}",
            hint="Give options by name, such as n_trials=200.",
        )
    known = {field.name: getattr(config, field.name) for field in fields(config)}
    return from_mapping(type(config), {**known, **values})


def check_kinds(config: object) -> None:
    """Raise unless the fields of a dataclass hold values of their annotated plain types.

    Numbers of numpy are valid, truth values are no numbers, and ``1.5`` is no whole number.

    Raises:
        ConfigError: A field holds a value of another type.
    """
    for field in fields(config):  # type: ignore[arg-type]
        _check_kind(type(config), field, getattr(config, field.name))


def _check_kind(cls: type, field: Field[Any], value: object) -> None:
    """Raise unless a value has the annotated plain type of its field; others are not checked.

    The annotation is read as text, since ``typing.get_type_hints`` fails on names that modules
    import for type checking only.
    """
    plain, _, optional = str(field.type).partition(" | ")
    inner = field.default_factory if is_dataclass(field.default_factory) else None
    kind = _KINDS.get(plain.partition("[")[0]) or inner
    if kind is None or optional not in ("", "None") or (optional and value is None):
        return
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ConfigError(f"{cls.__name__}: {field.name} must be {field.type}, got {value!r}")
    if isinstance(value, Integral) and abs(int(value)) > _LARGEST:
        raise ConfigError(
            f"{cls.__name__}: {field.name} must be at most {_LARGEST:,}, got a number of "
            f"{int(value).bit_length():,} bits"
        )


def read_toml(path: Path) -> dict[str, Any]:
    """The keys of a TOML file.

    Raises:
        ConfigError: The file is missing or malformed.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read the configuration {str(path)!r}: {error}") from None
    except RecursionError:
        raise ConfigError(f"{str(path)!r} is no TOML: brackets nested too deeply") from None
    except ValueError as error:  # wrong syntax or encoding, or a number that is too long
        raise ConfigError(f"{str(path)!r} is no TOML: {error}") from None
