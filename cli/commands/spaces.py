"""``nas spaces [NAME]``."""

from __future__ import annotations

import click

from cli.options import common


@click.command("spaces")
@click.argument("name", required=False)
@common
def command(name: str | None, as_json: bool, quiet: bool) -> None:
    """The search spaces, or one of them with its sizes at CIFAR-10's resolution."""
    import search_spaces
    from cli.output import emit_json, pairs, table
    from nas.space.task import Task

    task = Task(classes=10, channels=3, resolution=32)
    chosen = [name] if name else search_spaces.names()
    spaces = [search_spaces.get(entry, task) for entry in chosen]
    rows = [
        {
            "name": space.name,
            "description": space.description,
            "source": space.source,
            "architectures": space.size(),
            "macro": space.macro(),
        }
        for space in spaces
    ]
    if as_json:
        emit_json(rows[0] if name else rows)
    elif name:
        sizes = ", ".join(f"{key}={value}" for key, value in spaces[0].macro().items())
        pairs({**rows[0], "architectures": _size(spaces[0].size()), "macro": sizes})
    else:
        columns = ("space", "architectures", "what it is")
        table(columns, [(s.name, _size(s.size()), s.description) for s in spaces])


def _size(size: int | None) -> str:
    from cli.output import count

    if size is None:
        return "–"
    return count(size) if size < 10**9 else f"{size:.1e}"
