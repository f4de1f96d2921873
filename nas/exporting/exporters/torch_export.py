"""A program of torch.export."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import torch

from nas.exporting.exporters.exporter import (
    EXPORTERS,
    OF_TORCH,
    Exporter,
    ExportOptions,
    Written,
)
from nas.exporting.program import described_inputs, program_of, quiet_torch

if TYPE_CHECKING:
    from pathlib import Path

    from nas.exporting.exportable import Exportable


def write(network: Exportable, folder: Path, options: ExportOptions) -> Written:
    """Write ``model.pt2``, with the description of the network in its extra file."""
    file = folder / "model.pt2"
    program = program_of(network)
    with quiet_torch():
        torch.export.save(
            program.exported, file, extra_files={"metadata.json": json.dumps(network.metadata())}
        )
    return Written(file=file, any_batch=program.any_batch, any_size=program.any_size)


_USAGE = """A program of torch.export, which needs torch only:

```python
import torch

network = torch.export.load("model.pt2").module()
outputs = network({inputs})
```

{described}

Its extra file `metadata.json` holds the names of the classes and the normalisation.
"""


def usage(network: Exportable) -> str:
    """How to load and call the program."""
    return _USAGE.format(
        inputs=", ".join(network.inputs),
        described=described_inputs(network),
    )


EXPORTERS.register("torch-export")(
    Exporter(
        options=frozenset({"with_preprocessing"}),
        write=write,
        reader=OF_TORCH
        + """
def load(folder):
    import torch

    return of_torch(torch.export.load(f"{folder}/model.pt2").module())
""",
        usage=usage,
    )
)
