"""The command-line reference and the support matrix, made from the code itself."""

from __future__ import annotations

from collections.abc import Iterator

import click

from tocsin.backend import registry
from tocsin.cli.main import main_group
from tocsin.ir.correlation import NODE_TYPES

_WIDTH = 100


def reference() -> str:
    """Markdown with the help of every command."""
    return "\n".join(_sections(main_group, "tocsin", None))


def _sections(command: click.Command, name: str, parent: click.Context | None) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=parent, max_content_width=_WIDTH)
    context.terminal_width = _WIDTH
    yield f"## {context.command_path}\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            if found:
                yield from _sections(found, below, context)


def support_matrix() -> str:
    """Markdown table: what each backend declares of each node."""
    backends = [registry.load(name) for name in registry.names()]
    rows = [
        ["node", *(backend.name for backend in backends)],
        ["---"] * (len(backends) + 1),
        *(
            [kind.__name__, *(backend.capabilities[kind.__name__].value for backend in backends)]
            for kind in NODE_TYPES
        ),
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
