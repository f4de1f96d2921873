"""A trained network in the formats of other programs, each file checked in a clean process."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from nas.errors import ConfigError
from nas.events import Listener, ignore, stage
from nas.exporting.card import card
from nas.exporting.clean_check import check_clean
from nas.exporting.exporters.exporter import EXPORTERS, ExportOptions
from nas.exporting.files import Files
from nas.exporting.from_bytes import from_bytes
from nas.exporting.program import OTHER_SIZE
from nas.files import scratch_folder, write_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from nas.exporting.exportable import Exportable
    from nas.exporting.exporters.exporter import Exporter, Written


@dataclass(frozen=True, kw_only=True)
class ExportedFile:
    """A file that was checked.

    Attributes:
        format: Name of the format.
        path: The file that is read.
        any_batch: Whether it takes any number of samples, nodes or edges.
        any_size: Whether it takes images of other sizes than the network's.
        rows: Numbers of samples, or of nodes, it was run with.
        difference: The largest difference of its outputs from the network's, relative to the
            largest output.
    """

    format: str
    path: Path
    any_batch: bool
    any_size: bool
    rows: tuple[int, ...]
    difference: float


def export(
    network: Exportable,
    directory: Path,
    formats: Sequence[str] = ("python",),
    options: ExportOptions | None = None,
    *,
    listen: Listener = ignore,
) -> tuple[ExportedFile, ...]:
    """Write a network in several formats, with its graph and a card.

    Each file is loaded and run in a new process without this package, programs with 1, 3 and 64
    samples or nodes, before any file in ``directory`` is replaced.

    Args:
        network: The network, on the CPU.
        directory: Where to write; other files in it are not touched.
        formats: Names in :data:`nas.exporting.exporters.EXPORTERS`.
        options: Options of formats that hold a program.
        listen: Receives the progress.

    Raises:
        UnknownNameError: There is no such format.
        ConfigError: No format has a given option, or a package is missing.
        ExportError: A file cannot be written or run, or its outputs differ from the network's.
    """
    options = options or ExportOptions()
    exporters = {name: EXPORTERS.get(name) for name in dict.fromkeys(formats)}
    _check_options(options, exporters)
    network.module.eval()
    files, sections = [], []
    with (
        scratch_folder(directory) as scratch,
        stage(listen, "export", len(exporters), steps="formats") as progress,
    ):
        for number, (name, exporter) in enumerate(exporters.items(), 1):
            inside = options.with_preprocessing and "with_preprocessing" in exporter.options
            prepared = from_bytes(network) if inside else network
            file = _checked(name, exporter, prepared, exporter.write(prepared, scratch, options))
            files.append(replace(file, path=directory / file.path.name))
            sections.append(_section(file, exporter, prepared))
            progress.advance(number)
        write_text(Files(scratch).architecture, network.graph.to_json())
        write_text(Files(scratch).card, card(network, sections))
        for part in scratch.iterdir():
            part.replace(directory / part.name)
    return tuple(files)


def _check_options(options: ExportOptions, exporters: Mapping[str, Exporter]) -> None:
    given = {name for name, value in asdict(options).items() if value not in (None, False)}
    for option in sorted(given):
        if not any(option in exporter.options for exporter in exporters.values()):
            able = [name for name in EXPORTERS if option in EXPORTERS.get(name).options]
            raise ConfigError(
                f"{' and '.join(exporters)} do not take the option {option}",
                hint=f"It is for {' and '.join(able)}.",
            )


def _checked(name: str, exporter: Exporter, network: Exportable, written: Written) -> ExportedFile:
    """The file, run in a clean process on samples of each number and, if open, of another size."""
    rows = exporter.rows if written.any_batch else exporter.rows[:1]
    given = [network.example(count) for count in rows] or [()]
    if written.any_size:
        given.append(network.example(rows[0], OTHER_SIZE))
    cases = [(inputs, exporter.answers(network, inputs)) for inputs in given]
    return ExportedFile(
        format=name,
        path=written.file,
        any_batch=written.any_batch,
        any_size=written.any_size,
        rows=rows,
        difference=check_clean(exporter.reader, written.file.parent, cases),
    )


def _section(file: ExportedFile, exporter: Exporter, network: Exportable) -> str:
    """The section of the card on a file: its use, the inputs it takes, how it was checked."""
    return f"## {file.path.name}\n\n{exporter.usage(network)}\n{_checks(file, network)}"


def _checks(file: ExportedFile, network: Exportable) -> str:
    if not file.rows:
        return "Checked: read in a new process, its tensors are those of the network.\n"
    sample = "node" if network.on_graph else "sample"
    takes = f"any number of {sample}s" if file.any_batch else "one sample at a time"
    counts = " or ".join(map(str, file.rows))
    bound = f"differ from the network's by at most {file.difference:.0e} of the largest"
    return (
        f"It takes {takes}{' and images of any size' if file.any_size else ''}. Checked: in a new "
        f"process, on {counts} {sample}s{' and another size' if file.any_size else ''}, its "
        f"outputs {bound if file.difference else 'equal those of the network'}.\n"
    )
