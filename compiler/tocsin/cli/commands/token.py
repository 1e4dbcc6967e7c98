"""`tocsin token`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tocsin.cli.options import database_option, project_option
from tocsin.cli.output import echo_json, format_option, say, show

if TYPE_CHECKING:
    from tocsin_server.database import Database

ROLES = ("reader", "analyst", "engineer", "admin")
_LONGEST = 3650


def _server(command: Callable[..., None]) -> Callable[..., None]:
    """A command on the server's database, which it gets opened."""

    @project_option
    @database_option
    @wraps(command)
    def opened(*, project: Path | None, database: str, **options: Any) -> None:
        from tocsin.app.database import open_database  # noqa: PLC0415 - keeps `--help` quick

        with closing(open_database(database, project)) as found:
            command(database=found, **options)

    return opened


@click.group()
def token() -> None:
    """Tokens for the API of the server."""


@token.command()
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(ROLES),
    default=ROLES[0],
    show_default=True,
    help="What it may do; each role may do all that those before it may.",
)
@click.option(
    "--days",
    type=click.IntRange(0, _LONGEST),
    default=90,
    show_default=True,
    help="How long it counts; 0: for ever.",
)
@_server
@format_option("text", "json")
def create(*, name: str, role: str, days: int, database: Database, fmt: str) -> None:
    """Make a token for NAME, and print it; it is not shown again."""
    from tocsin.app.tokens import make_token  # noqa: PLC0415 - keeps `--help` quick

    made = make_token(database, name, role, days or None)
    if fmt == "json":
        echo_json(made)
        return
    click.echo(made["token"])
    say(f"the token {made['id']} counts {_until(made)}: keep it, it is not shown again")


@token.command(name="list")
@_server
@format_option("text", "json")
def list_(*, database: Database, fmt: str) -> None:
    """List all tokens, the newest first."""
    from tocsin.app.tokens import list_tokens  # noqa: PLC0415 - keeps `--help` quick

    found = list_tokens(database)
    if fmt == "json":
        echo_json(found)
    elif found:
        show("\n".join(f"{t['id']}  {t['role']:8}  {t['name']} · {_until(t)}" for t in found))
    else:
        say("no token yet: `tocsin token create NAME` makes one")


@token.command()
@click.argument("id_", metavar="ID")
@_server
@format_option("text", "json")
def revoke(*, id_: str, database: Database, fmt: str) -> None:
    """Let the token ID count no longer, from the next request on."""
    from tocsin.app.tokens import revoke_token  # noqa: PLC0415 - keeps `--help` quick

    told = revoke_token(database, id_)
    if fmt == "json":
        echo_json(told)
    say(f"the token {id_} is revoked since {told['revoked']}")


def _until(told: dict[str, Any]) -> str:
    if told["revoked"]:
        return f"revoked {told['revoked']}"
    return f"until {told['expires']}" if told["expires"] else "for ever"
