"""`tocsin schema`."""

from __future__ import annotations

import click

from tocsin.app.schemas import SCHEMAS
from tocsin.app.schemas import schema as schema_of
from tocsin.cli.output import echo_json, format_option


@click.command()
@click.argument("name", type=click.Choice(tuple(SCHEMAS)))
@format_option("json")
def schema(name: str, fmt: str) -> None:
    """Print the JSON Schema of rules, cases, sources, tocsin.toml (settings), or of a review.

    For editors and other programs; what a detection means only `tocsin validate` can judge.
    """
    del fmt
    echo_json(schema_of(name))
