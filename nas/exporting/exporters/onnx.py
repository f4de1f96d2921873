"""ONNX, through torch's exporter."""

from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING

import torch

from nas.errors import ConfigError, ExportError
from nas.exporting.comparison import first_line
from nas.exporting.exporters.exporter import EXPORTERS, Exporter, ExportOptions, Written
from nas.exporting.program import described_inputs, program_of, quiet_torch

if TYPE_CHECKING:
    from pathlib import Path

    from nas.exporting.exportable import Exportable


def write(network: Exportable, folder: Path, options: ExportOptions) -> Written:
    """Write ``model.onnx``, with the description of the network in its metadata.

    Raises:
        ConfigError: onnx or onnxscript is not installed.
        ExportError: The network uses an operation that ONNX lacks.
    """
    check_installed()
    file = folder / "model.onnx"
    program = program_of(network)
    try:
        with quiet_torch(), redirect_stdout(StringIO()):
            written = torch.onnx.export(
                program.exported,
                dynamo=True,
                verbose=False,
                input_names=program.inputs,
                output_names=program.outputs,
                dynamic_shapes=dict(zip(program.inputs, program.open, strict=True)),
                opset_version=options.opset,
            )
            assert written is not None
            written.model.metadata_props.update(network.metadata())
            written.save(file)
    except Exception as error:  # torch raises errors of many kinds
        raise ExportError(
            f"the network cannot be written as ONNX: {first_line(error)}",
            hint="Export it as python or torch-export.",
        ) from error
    found = written.model.opset_imports[""]
    if options.opset not in (None, found):
        raise ExportError(
            f"the network cannot be written with opset {options.opset}, but with {found}",
            hint=f"Leave out --opset, or give {found} or higher.",
        )
    return Written(file=file, any_batch=program.any_batch, any_size=program.any_size)


def check_installed() -> None:
    """Raise unless onnx, onnxscript and onnxruntime are installed.

    Raises:
        ConfigError: One of them is missing.
    """
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            f"the format onnx needs the package {error.name!r}",
            hint="Install it with `pip install 'ghn-nas[onnx]'`.",
        ) from None


_USAGE = """ONNX, for example with onnxruntime:

```python
import onnxruntime

session = onnxruntime.InferenceSession("model.onnx")
outputs = session.run(None, {{{inputs}}})  # numpy arrays
```

{described}

Its metadata hold the names of the classes and the normalisation, as JSON.
"""


def usage(network: Exportable) -> str:
    """How to run the file with onnxruntime."""
    return _USAGE.format(
        inputs=", ".join(f'"{name}": {name}' for name in network.inputs),
        described=described_inputs(network),
    )


EXPORTERS.register("onnx")(
    Exporter(
        options=frozenset({"with_preprocessing", "opset"}),
        write=write,
        reader="""
def load(folder):
    import onnxruntime

    session = onnxruntime.InferenceSession(f"{folder}/model.onnx")
    names = [entry.name for entry in session.get_inputs()]
    return lambda *inputs: session.run(None, dict(zip(names, inputs)))
""",
        usage=usage,
    )
)
