"""``nas dashboard RUN``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli import options

if TYPE_CHECKING:
    from pathlib import Path


@click.command(
    "dashboard", epilog=options.examples("nas dashboard runs/resnet-cluttered-digits --port 8081")
)
@click.argument("run", type=options.Place())
@options.storage_of_run
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8080,
    show_default=True,
    help="Port of the web page.",
)
@options.common
def command(run: Path, storage: str | None, port: int, as_json: bool, quiet: bool) -> None:
    """Show the study of a run in the browser, with optuna-dashboard, until Ctrl-C.

    The page of a trained architecture holds its drawing, and that of an exported one its files.
    The dashboard can change the study; leave it unchanged while a search runs.
    """
    from importlib.util import find_spec

    from cli.output import emit_json
    from nas.errors import ConfigError
    from nas.study.record.recorded_run import read_run

    if find_spec("optuna_dashboard") is None:
        raise ConfigError(
            "the dashboard needs optuna-dashboard, which is not installed",
            hint="pip install optuna-dashboard",
        )
    from optuna.artifacts import FileSystemArtifactStore
    from optuna_dashboard import run_server

    from nas.study.record.optuna_internals import storage_of
    from nas.study.record.run_folder import RunFolder

    study = read_run(run, storage).study
    address = f"http://localhost:{port}"
    if as_json:
        emit_json({"run": run, "study": study.study_name, "url": address})
    elif not quiet:
        click.echo(f"study {study.study_name!r} at {address}, until Ctrl-C", err=True)
    files = FileSystemArtifactStore(RunFolder(run).artifacts)
    run_server(storage_of(study), host="localhost", port=port, artifact_store=files)
