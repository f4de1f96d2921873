"""Names for things that a string must choose, and names that packages offer."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from nas.errors import ConfigError, UnknownNameError, described, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

T = TypeVar("T")


class Registry(Generic[T]):
    """A mapping from unique names to things of one kind.

    Args:
        kind: What is registered, for messages (``"search space"``).
        holds: The class of all of them, if there is one.

    Example:
        >>> colours: Registry[int] = Registry("colour")
        >>> _ = colours.register("red")(0xFF0000)
        >>> colours.names()
        ['red']
    """

    def __init__(self, kind: str, holds: type[T] | None = None) -> None:
        self.kind = kind
        self._holds = holds
        self._things: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Decorator that adds a thing under a name.

        Raises:
            ConfigError: The name is taken, or is no text; or what is registered is of another
                kind.
        """
        if not isinstance(name, str):
            raise ConfigError(
                f"expected the name of a {self.kind} to register it under, got {described(name)}",
                hint='Write register("name")(thing).',
            )

        def add(thing: T) -> T:
            if name in self._things:
                raise ConfigError(f"{self.kind} {name!r} is registered already")
            if self._holds is not None and not isinstance(thing, self._holds):
                raise ConfigError(
                    f"expected {self._holds.__name__} as {self.kind} {name!r}, got "
                    f"{described(thing)}"
                )
            self._things[name] = thing
            return thing

        return add

    @contextmanager
    def temporarily(self, name: str, thing: T) -> Iterator[None]:
        """While active, a thing is registered under a name.

        Raises:
            ConfigError: As :meth:`register`.
        """
        self.register(name)(thing)
        try:
            yield
        finally:
            del self._things[name]

    def get(self, name: str) -> T:
        """The thing of that name.

        Raises:
            UnknownNameError: There is none; the message suggests the nearest names.
        """
        if name not in self._things:
            raise UnknownNameError(
                f"unknown {self.kind} {name!r}. {nearest(name, self._things)}".rstrip(),
                hint=f"Known: {', '.join(self.names())}.",
            )
        return self._things[name]

    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted(self._things)

    def in_order(self) -> list[str]:
        """All names, in the order in which they were registered."""
        return list(self._things)

    def __contains__(self, name: object) -> bool:
        return name in self._things

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __len__(self) -> int:
        return len(self._things)


def lazy_names(
    package: str, homes: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` of a package whose names are imported when first used.

    Args:
        package: Its name.
        homes: The module of each name; the name in it follows after a colon if it differs.
    """

    def get(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        home, _, inner = homes[name].partition(":")
        value = getattr(import_module(home), inner or name)
        setattr(sys.modules[package], name, value)
        return value

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *homes})

    return get, names
