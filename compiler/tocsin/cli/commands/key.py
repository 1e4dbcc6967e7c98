"""`tocsin key`."""

from __future__ import annotations

from pathlib import Path

import click

from tocsin.cli import completion
from tocsin.cli.output import echo_json, format_option, say, shown
from tocsin.cli.paths import WrittenPath

ROLES = ("release", "approve", "checkpoint", "site")


@click.group()
def key() -> None:
    """Keys that sign releases, approvals, checkpoints and sites."""


@key.command()
@click.argument("file", type=WrittenPath(folder=False))
@click.option("--person", default="", help="Whose it is; without, it is a service's.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice(ROLES),
    default=("release",),
    show_default=True,
    help="What it may sign.",
)
@click.option(
    "--env",
    "environments",
    multiple=True,
    metavar="ENV",
    shell_complete=completion.environments,
    help="Where it counts [default: everywhere].",
)
@format_option("text", "json")
def new(
    file: Path, *, person: str, roles: tuple[str, ...], environments: tuple[str, ...], fmt: str
) -> None:
    """Write a new private key to FILE, and print its entry for the trust file.

    The key is Ed25519, without a passphrase, readable by you alone. `ssh-keygen -t ed25519` makes
    the same.
    """
    from tocsin.app.new_key import trust_entry, write_new_key  # noqa: PLC0415 - keeps `--help` quick

    made = write_new_key(file)
    if fmt == "json":
        echo_json({"file": shown(file), "id": made.id, "public": made.line})
        return
    click.echo(trust_entry(made, person, roles, environments))
    say(f"{shown(file)} has the private key {made.id}: keep it secret")
