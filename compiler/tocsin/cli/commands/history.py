"""`tocsin history`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from tocsin.cli.environment import Site, record_options, show
from tocsin.cli.output import echo_json, format_option
from tocsin.plan.rollback import find
from tocsin.release.entry import Action, Entry
from tocsin.state.release import Release


@click.command()
@click.argument("rule", required=False)
@record_options
@format_option("text", "json")
def history(site: Site, rule: str | None, fmt: str) -> None:
    """Releases of an environment, newest first; with RULE, those that touched it."""
    releases = site.ledger.releases()
    if rule:
        detection = find(rule, releases)
        told = [_touch(r, e) for r, e in _touches(detection.id, releases)]
    else:
        told = [_release(r) for r in releases]
    if fmt == "json":
        echo_json(told)
    else:
        show("\n".join(row["line"] for row in _worded(told)) or f"{site.name}: no release yet")


def _touches(detection: str, releases: list[Release]) -> Iterator[tuple[Release, Entry]]:
    for release in releases:
        for entry in (*release.entries, *release.removed):
            gone = entry in release.removed
            if entry.id == detection and (gone or entry.action is not Action.UNCHANGED):
                yield release, entry


def _facts(release: Release) -> dict[str, Any]:
    return {
        "release": release.number,
        "made": release.made,
        "who": release.who,
        "reason": release.reason,
        "source": str(release.source),
        "commit": release.commit,
        "approvals": list(release.approvals),
    }


def _release(release: Release) -> dict[str, Any]:
    return {**_facts(release), "did": {str(a): n for a, n in release.counts.items()}}


def _touch(release: Release, entry: Entry) -> dict[str, Any]:
    gone = entry in release.removed
    return {
        **_facts(release),
        "key": entry.key,
        "id": entry.id,
        "version": entry.version,
        "action": str(Action.REMOVED if gone else entry.action),
        "mode": entry.mode,
        "logic": entry.logic,
        "artifact": entry.artifact,
    }


def _worded(told: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    for row in told:
        if "did" in row:
            did = ", ".join(f"{n} {a}" for a, n in row["did"].items())
        else:
            did = f"{row['key']} v{row['version']} {row['action']} ({row['artifact'][:8]})"
        approved = f" · approved by {', '.join(row['approvals'])}" if row["approvals"] else ""
        line = (
            f"{row['release']:>4}  {row['made']}  {row['reason']} · {did} · "
            f"{row['source']} · {row['who']}{approved}"
        )
        yield {"line": line}
