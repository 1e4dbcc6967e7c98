"""The command-line reference and the support matrix, made from the code itself."""

from __future__ import annotations

from collections.abc import Iterator

import click

from tocsin.backend import registry
from tocsin.backend.base import Backend
from tocsin.cli.main import main_group
from tocsin.conformance.matrix import nodes_table, rows_table

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
    """Markdown table: what each backend does with each row of the contract."""
    return rows_table(_backends())


def node_table() -> str:
    """Markdown table: what each backend declares of each node."""
    return nodes_table(_backends())


def _backends() -> list[Backend]:
    return [registry.load(name) for name in registry.names()]
