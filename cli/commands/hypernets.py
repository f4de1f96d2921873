"""``nas hypernets [NAME]``."""

from __future__ import annotations

from dataclasses import asdict

import click

from cli import options
from cli.options import common


@click.command(
    "hypernets",
    epilog=options.examples(
        "nas hypernets",
    ),
)
@click.argument("name", required=False)
@common
def command(name: str | None, as_json: bool, quiet: bool) -> None:
    """List the shipped hypernetworks and the families to train, or show one card."""
    from cli.output import emit_json, pairs, table
    from hypernets.cards import directory_of, read_plain_card, shipped
    from hypernets.families import HYPERNETS

    if name:
        card = asdict(read_plain_card(directory_of(name)))
        if as_json:
            emit_json(card)
        else:
            pairs({key: _flat(value) for key, value in card.items()})
        return
    trained = shipped()
    cards = [read_plain_card(trained.get(entry)) for entry in trained]
    if as_json:
        families = {entry: asdict(HYPERNETS.get(entry)) for entry in HYPERNETS}
        emit_json({"shipped": [asdict(card) for card in cards], "families": families})
        return
    table(
        ("shipped", "family", "space", "data set", "proxy"),
        [(c.name, c.hypernet, c.space, c.dataset, _flat(c.proxy)) for c in cards],
    )
    click.echo()
    table(
        ("family", "description"),
        [(entry, HYPERNETS.get(entry).description) for entry in HYPERNETS],
    )


def _flat(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}={entry}" for key, entry in value.items())
    return str(value)
