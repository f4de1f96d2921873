"""How to repeat the search: command, versions, seeds, data, files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nas.report.page.parts import Section, code, heading, paragraph, table
from nas.report.page.words import settings

if TYPE_CHECKING:
    from nas.report.page.material import Material

_FILES = {
    "run.json": "all settings, versions, and the identity of the search",
    "study.journal": "the Optuna study with all trials",
    "trials.csv": "all trials as a table",
    "result.json": "the result",
    "best/model.py": "the best network as plain torch code",
    "best/model.safetensors": "its trained weights",
    "best/architecture.json": "its graph",
}


def reproduction(material: Material) -> Section:
    """Everything on record that is needed to repeat the search."""
    run = material.run
    identity = run.identity
    space = {**identity["space"]}
    name, task = space.pop("name"), space.pop("task")
    rows: list[tuple[str, Any]] = [
        ("seed", identity.get("seed")),
        ("space", f"{name} ({settings(space)})" if space else name),
        ("task", settings({size: value for size, value in task.items() if value})),
        (
            "data set",
            f"{identity['dataset']['name']}, fingerprint {identity['dataset']['fingerprint']}",
        ),
        ("hypernetwork", identity["weights"]["name"]),
        ("objectives", ", ".join(identity["objectives"])),
        ("constraints", ", ".join(identity["constraints"]) or "none"),
        ("sampler", identity.get("sampler")),
        ("study", run.study.study_name),
        *run.versions.items(),
    ]
    parts = []
    if material.command:
        parts += [
            code(material.command),
            paragraph(
                "The command is put together from the recorded settings; capitals stand for files "
                "of your own. With the same versions and data it gives the same search on the "
                "same kind of processor; with --out and this run folder it continues instead."
            ),
        ]
    parts.append(
        table(("setting", "value"), rows, "Settings that all trials share, and versions.")
    )
    if run.folder is not None:
        held = [
            (file, says) for file, says in _FILES.items() if (run.folder.path / file).is_file()
        ]
        parts += [heading("Files"), table(("file", "content"), held, "Files in the run folder.")]
    return Section(
        name="reproduction",
        title="Reproduction",
        lead="What is needed to repeat the search: command, seed, data, versions.",
        parts=tuple(parts),
    )
