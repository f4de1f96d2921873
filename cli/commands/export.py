"""``nas export``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nas.exporting.export import ExportedFile


@click.command(
    "export",
    epilog=options.examples(
        "nas export runs/resnet-cluttered-digits --format onnx --with-preprocessing",
        "nas export net.py:Net --weights net.pt --dataset cifar10 --format onnx,torch-export",
    ),
)
@click.argument("network")
@click.option(
    "--format",
    "formats",
    metavar="NAMES",
    type=options.Name(),
    default="onnx",
    show_default=True,
    help="Formats with commas between them: python, safetensors, onnx, torch-export.",
)
@click.option(
    "--weights",
    metavar="FILE",
    type=options.Place(),
    help="Trained weights: safetensors, or a state that torch.save wrote (default: those in the "
    "folder of NETWORK, or those that MODEL has).",
)
@click.option(
    "--with-preprocessing",
    is_flag=True,
    help="Normalise images inside of programs, which then take bytes 0..255.",
)
@click.option(
    "--opset", type=click.IntRange(1), help="Version of ONNX's operators (default: the usual one)."
)
@options.space
@options.data
@options.resolution
@click.option(
    "--out",
    type=options.Place(),
    help="Folder of the files (default: export in the folder of NETWORK, or runs/export).",
)
@options.common
@click.pass_context
def command(
    ctx: click.Context,
    /,
    network: str,
    formats: str,
    weights: Path | None,
    with_preprocessing: bool,
    opset: int | None,
    space: str,
    dataset: str,
    data_dir: Path | None,
    resolution: int | None,
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write a trained network as a file that other programs can use.

    NETWORK is the folder of a finished search or training; an architecture file with --weights;
    an architecture of a run (RUN#78) or in the notation of --space, with --weights; or a Python
    function that makes a torch.nn.Module, as `nas predict` takes it. Each file is loaded and run
    in a new Python process without this package, on 1, 3 and 64 samples, and compared with the
    network before it is kept.
    """
    from cli.architecture import read_network
    from cli.output import emit_json, listener
    from cli.setup import out_directory, reserve
    from cli.user_code.module_factory import is_factory, make_module
    from nas.data.catalog import load
    from nas.files import there
    from nas.study.single.export import export

    listen, path, data = listener(quiet=quiet), Path(network), None
    given: Any = path
    written, factory = there(path, Path.exists), is_factory(network)
    if not (options.are_defaults("dataset") and (written or factory)):
        space, dataset, _ = options.of_run(ctx, network, ("dataset",))
        data = load(dataset, data_dir=data_dir, resolution=resolution, seed=0, listen=listen)
    if factory:
        given = make_module(network)
    elif not written:
        assert data is not None
        given = read_network(network, space, data.task)
    directory = out_directory(out or (path / "export" if path.is_dir() else None), "export")
    reserve(directory)
    files = export(
        given,
        directory,
        formats,
        weights=weights,
        data=data,
        with_preprocessing=with_preprocessing,
        opset=opset,
        listen=listen,
    )
    if as_json:
        emit_json({"files": [{**asdict(file), "path": str(file.path)} for file in files]})
        return
    _show(files)


def _show(files: Sequence[ExportedFile]) -> None:
    from cli.output import table

    rows = [
        (
            file.path,
            file.format,
            _takes(file),
            f"{file.difference:.0e}" if file.difference else "0",
        )
        for file in files
    ]
    table(("file", "format", "takes", "outputs differ by"), rows)
    click.echo(f"\nhow to use them: {files[0].path.with_name('card.md')}")


def _takes(file: ExportedFile) -> str:
    if not file.rows:
        return "-"
    samples = "any batch" if file.any_batch else "one sample"
    return f"{samples}, any size" if file.any_size else samples
