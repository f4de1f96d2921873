"""The weights alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.exporting.exporters.exporter import EXPORTERS, Exporter, ExportOptions, Written
from nas.exporting.files import Files
from nas.files import write_tensors

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor

    from nas.exporting.exportable import Exportable


def write(network: Exportable, folder: Path, options: ExportOptions) -> Written:
    """Write ``model.safetensors``, under the names of the module."""
    file = Files(folder).weights
    write_tensors(file, network.module.state_dict(), network.metadata())
    return Written(file=file)


def weights(network: Exportable, inputs: tuple[Tensor, ...]) -> Sequence[Tensor]:
    """The tensors of the network, sorted by name."""
    return [tensor for _, tensor in sorted(network.module.state_dict().items())]


_USAGE = """The weights and running statistics alone:

```python
from safetensors.torch import load_file

network.load_state_dict(load_file("model.safetensors"))
```
"""


EXPORTERS.register("safetensors")(
    Exporter(
        write=write,
        reader="""
def load(folder):
    from safetensors.numpy import load_file

    weights = load_file(f"{folder}/model.safetensors")
    return lambda *inputs: [weights[name] for name in sorted(weights)]
""",
        usage=lambda network: _USAGE,
        rows=(),
        answers=weights,
    )
)
