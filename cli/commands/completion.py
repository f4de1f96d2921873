"""``nas completion``."""

from __future__ import annotations

import click

from cli import options

_SHELLS = ("bash", "zsh", "fish")


@click.command(
    "completion",
    epilog=options.examples(
        'eval "$(nas completion bash)"      # in ~/.bashrc; zsh: the same in ~/.zshrc',
        "nas completion fish > ~/.config/fish/completions/nas.fish",
    ),
)
@click.argument("shell", type=click.Choice(_SHELLS))
@options.common
def command(shell: str, as_json: bool, quiet: bool) -> None:
    """Print a script that completes the commands and options of nas in a shell."""
    from click.shell_completion import get_completion_class

    from cli.main import ASKED_TO_COMPLETE, group
    from cli.output import emit_json

    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(group, {}, "nas", ASKED_TO_COMPLETE).source()
    if as_json:
        emit_json({"shell": shell, "script": script})
    else:
        click.echo(script)
