"""Load a state into a module, or say how they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.errors import CheckpointError, counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from torch import Tensor, nn


def load_state(module: nn.Module, state: Mapping[str, Tensor], file: Path) -> None:
    """Load tensors into a module whose state has the same names and shapes.

    Args:
        module: The module.
        state: Tensors by name.
        file: Where they were read, for the message.

    Raises:
        CheckpointError: Names or shapes differ.
    """
    own = module.state_dict()
    differing = [name for name in own if name in state and own[name].shape != state[name].shape]
    faults = [
        *_listed("they lack", (name for name in own if name not in state)),
        *_listed("they have", (name for name in state if name not in own), "which it lacks"),
        *(f"{n!r} is {tuple(state[n].shape)}, not {tuple(own[n].shape)}" for n in differing[:1]),
    ]
    if faults:
        raise CheckpointError(
            f"the weights {str(file)!r} are of another architecture: {'; '.join(faults)}"
        )
    module.load_state_dict(state)


def _listed(verb: str, names: Iterable[str], after: str = "") -> list[str]:
    found = list(names)
    if not found:
        return []
    return [f"{verb} {counted(len(found), 'tensor')} such as {found[0]!r} {after}".rstrip()]
