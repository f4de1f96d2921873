"""Files written in one step: a reader sees all of the new one or all of the former one."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file in one step, with the permissions of the user's mask; it is then on the disk.

    The folder is made if need be.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def write_text(path: Path, text: str) -> None:
    """Write a text in one step, line ends as they are."""
    write_bytes(path, text.encode())


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a JSON document in one step."""
    write_text(path, json.dumps(document, indent=2) + "\n")


def write_tensors(
    path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None
) -> None:
    """Write tensors of any device as safetensors in one step.

    Args:
        path: The file.
        tensors: By name; one that has several names is written under each of them.
        metadata: Texts that lie in the file's head.
    """
    from safetensors.torch import save

    state, places = {}, set()
    for name, tensor in tensors.items():
        stored = tensor.detach().cpu().contiguous()
        place = stored.untyped_storage().data_ptr()
        state[name] = stored.clone() if place in places else stored
        places.add(place)
    write_bytes(path, save(state, dict(metadata) if metadata else None))
