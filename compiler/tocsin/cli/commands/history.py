"""`tocsin history`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from tocsin.app.environment import OpenEnvironment
from tocsin.app.history import releases, releases_of, text_of, with_events
from tocsin.cli import completion
from tocsin.cli.event_words import event_words
from tocsin.cli.options import record_options
from tocsin.cli.output import echo_json, format_option, show
from tocsin.errors import ConfigError


@click.command()
@click.argument("rule", required=False, shell_complete=completion.detections)
@record_options
@click.option(
    "--attempts",
    is_flag=True,
    help="Also what became no release, drift, and checks of the ledger.",
)
@click.option(
    "--text",
    metavar="RELEASE",
    shell_complete=completion.releases,
    help="Only show RULE's file and cases as they are in this release.",
)
@format_option("text", "json")
def history(
    opened: OpenEnvironment, rule: str | None, *, attempts: bool, text: str | None, fmt: str
) -> None:
    """List the releases of an environment, newest first; with RULE, those that changed it."""
    if text is not None:
        if not rule:
            raise ConfigError("--text needs a RULE")
        files = text_of(opened, rule, text)
        if fmt == "json":
            echo_json(files)
        else:
            show("\n".join(f"# {path}\n{content}" for path, content in files.items()))
        return
    told = releases_of(opened, rule) if rule else releases(opened)
    if attempts:
        told = with_events(opened, told, rule)
    if fmt == "json":
        echo_json(told)
    else:
        show("\n".join(_lines(told)) or f"{opened.name}: no release yet")


def _lines(told: list[dict[str, Any]]) -> Iterator[str]:
    for row in told:
        if "event" in row:
            event = row["event"]
            yield f"   -  {row['made']}  {event_words(event)} · {event['who']}"
            continue
        if "did" in row:
            did = ", ".join(f"{n} {a}" for a, n in row["did"].items())
        else:
            did = f"{row['key']} v{row['version']} {row['action']} ({row['artifact'][:8]})"
        approved = "".join(f" · {words}" for words in _agreed(row))
        yield (
            f"{row['release']:>4}  {row['made']}  {row['reason']} · {did} · "
            f"{row['source']} · {row['who']}{approved}"
        )


def _agreed(row: dict[str, Any]) -> Iterator[str]:
    """Who approved, and whether that is signed; only `verify` checks signatures."""
    if row["reviewers"]:
        yield f"signed approval of {', '.join(row['reviewers'])}"
    if row["approvals"]:
        yield f"claimed approval of {', '.join(row['approvals'])}"
    if row["emergency"]:
        yield f"broke the glass: {row['emergency']}"
