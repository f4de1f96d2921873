"""The folder of a run."""

from __future__ import annotations

import platform
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from nas.errors import StudyError
from nas.files import read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from nas.study.selection.trust import Trust

_FORMAT = "nas-run"
_PACKAGES = ("ghn-nas", "torch", "optuna", "numpy")


@dataclass(frozen=True)
class RunFolder:
    """Paths of a run; its files are written whole or not at all."""

    path: Path

    @property
    def run(self) -> Path:
        """Resolved configuration, versions and identity of the run, and trust in its ranking."""
        return self.path / "run.json"

    @property
    def journal(self) -> Path:
        """The study, unless the user gives another storage."""
        return self.path / "study.journal"

    @property
    def trials(self) -> Path:
        """A table of all trials."""
        return self.path / "trials.csv"

    @property
    def result(self) -> Path:
        """The result of the run."""
        return self.path / "result.json"

    @property
    def best(self) -> Path:
        """The exported best model."""
        return self.path / "best"

    @property
    def artifacts(self) -> Path:
        """Files of single trials, under the identifiers that Optuna has for them."""
        return self.path / "artifacts"

    @property
    def latency(self) -> Path:
        """What the architectures of the run cost on a device, measured or predicted."""
        return self.path / "latency.json"

    @property
    def material(self) -> Path:
        """Folder of the data and hypernetwork that workers read while a search runs."""
        return self.path.absolute() / ".workers"

    def checkpoint(self, name: str) -> Path:
        """File with the state of an unfinished training."""
        return self.path / "checkpoints" / f"{name}.safetensors"

    @contextmanager
    def in_use(self) -> Iterator[Callable[[], None]]:
        """Keep other processes out while the block runs; a missing folder is created.

        Yields:
            A check to call before each write. It raises if the folder was deleted, since the
            write would create a folder that is no run.

        Raises:
            StudyError: The folder cannot be created, or another process is using it.
        """
        from nas.study.record.file_lock import held

        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StudyError(
                f"cannot make the run folder {str(self.path)!r}: {error.strerror}"
            ) from None
        lock = self.path / ".lock"
        with held(lock) as taken:
            if not taken:
                raise StudyError(
                    f"the run folder {str(self.path)!r} is in use by another process",
                    hint="Wait for it, or choose another folder.",
                )
            mine = _file(lock)

            def check() -> None:
                if _file(lock) != mine:
                    raise StudyError(
                        f"the run folder {str(self.path)!r} was deleted or moved while in use",
                        hint="Put it back, or repeat the command to start anew.",
                    )

            try:
                yield check
            except OSError:  # perhaps since the folder is gone
                check()
                raise

    def read_run(self) -> dict[str, Any] | None:
        """The document of :meth:`write_run`; None for a folder without a run.

        Raises:
            StudyError: The file is corrupt.
        """
        if not self.run.exists():
            return None

        def refused(why: str) -> StudyError:
            return StudyError(
                f"{str(self.run)!r} is not a run of this program: {why}",
                hint="Choose another folder.",
            )

        document: dict[str, Any] = read_json(self.run, dict, refused)
        if document.get("format") != _FORMAT:
            raise refused(f"its format is {document.get('format')!r}")
        if not isinstance(document.get("identity"), dict):
            raise refused("it has no identity")
        return document

    def read_identity(self) -> dict[str, Any] | None:
        """The settings that all trials of the run share; None for a folder without a run.

        Raises:
            StudyError: The file is corrupt.
        """
        document = self.read_run()
        return None if document is None else document["identity"]

    def write_run(self, configuration: Mapping[str, Any], identity: Mapping[str, Any]) -> None:
        """Record the settings of the run before it begins."""
        document = {
            "format": _FORMAT,
            "version": 1,
            "configuration": dict(configuration),
            "identity": dict(identity),
            "versions": _versions(),
        }
        before = self.read_run() or {}
        write_json(self.run, {**document, **{k: before[k] for k in ("trust",) if k in before}})

    def note_trust(self, trust: Trust) -> None:
        """Record beside the configuration how far the ranking can be trusted."""
        document = self.read_run() or {}
        write_json(self.run, {**document, "trust": asdict(trust)})


def _file(path: Path) -> tuple[int, int] | None:
    """Device and inode of a file; None if it is missing."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:  # pragma: no cover - installed in another way
            versions[package] = "unknown"
    return versions
