"""`tocsin shadow`: what a form in shadow does otherwise than the live one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from tocsin.cli.environment import Site, show, site_options
from tocsin.cli.output import console, echo_json, format_option
from tocsin.errors import ConfigError
from tocsin.plan.rollback import find
from tocsin.plan.shadow import MARK
from tocsin.release.entry import Entry
from tocsin.report.deployed import deployed
from tocsin.state.release import Release

if TYPE_CHECKING:
    from tocsin_runtime.observe.difference import Difference

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Watched:
    """A detection in shadow, since when (milliseconds since 1970 UTC), and what it did."""

    entry: Entry
    since: int
    difference: Difference

    @property
    def days(self) -> float:
        """How long it has been in shadow."""
        return max((_now() - self.since) / DAY_MS, 1 / 86_400)

    @property
    def alerts_per_day(self) -> float:
        """What it would have raised, on an average day."""
        return self.difference.new / self.days


@click.command()
@click.argument("rule")
@site_options
@click.option("--samples", default=5, show_default=True, help="Matches to show of each kind.")
@format_option("text", "json")
def shadow(site: Site, rule: str, *, samples: int, fmt: str) -> None:
    """What RULE in shadow matched, beside the live form if there is one: only old, only new, both.

    Matches are counted since the form was placed in shadow. RULE is a key, an id, or a prefix.
    """
    seen = watched(site, rule)
    report = _report(seen, samples)
    if fmt == "json":
        echo_json(report)
        return
    entry = seen.entry
    show(f"{entry.key} v{entry.version} in shadow for {seen.days:.1f} days")
    table = Table("matches", "number", "samples", box=None)
    for name in ("only_old", "only_new", "both"):
        rows = [_place(record) for record in report[name]["samples"]]
        table.add_row(name.replace("_", " "), str(report[name]["number"]), "\n".join(rows))
    console().print(table)
    show(f"{seen.alerts_per_day:.1f} alerts a day")


def watched(site: Site, rule: str) -> Watched:
    """What the detection in shadow did so far. Raises ConfigError if there is none."""
    last = site.ledger.last()
    if last is None:
        raise ConfigError(f"{site.name} has no release yet")
    entry = in_shadow(last, rule)
    if site.environment.kind == "local":
        raise ConfigError(
            f"{site.name} is of kind local: it keeps no matches of detections in shadow",
            hint="environments of kind kafka and flink do, in the topic tocsin.matches",
        )
    from tocsin.app.stream_target import stream_place  # noqa: PLC0415 - clients are slow to load
    from tocsin_runtime.observe.difference import difference  # noqa: PLC0415
    from tocsin_runtime.observe.matches import matches  # noqa: PLC0415

    place = stream_place(last.project, site.name, site.environment)
    made = deployed(site.ledger).since[entry.id].made
    since = int(datetime.fromisoformat(made).timestamp() * 1000)
    records = matches(place.kafka, "tocsin.matches", since)
    return Watched(entry, since, difference(records, entry.beside, entry.id))


def in_shadow(last: Release, rule: str) -> Entry:
    """The entry in shadow of this detection. Raises ConfigError if it is not in shadow."""
    named = find(rule, [last])
    entry = last.entry(named.id + MARK) or named
    if entry.mode != "shadow":
        raise ConfigError(
            f"{entry.key} v{entry.version} is live in {last.environment}, not in shadow",
            hint=f"`tocsin: {{deploy: {{{last.environment}: shadow}}}}` in its file, then apply",
        )
    return entry


def _report(seen: Watched, samples: int) -> dict[str, Any]:
    def part(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return {"number": len(records), "samples": list(records[:samples])}

    found = seen.difference
    return {
        "detection": seen.entry.id.removesuffix(MARK),
        "key": seen.entry.key.removesuffix(MARK),
        "version": seen.entry.version,
        "since": datetime.fromtimestamp(seen.since / 1000, UTC).isoformat(),
        "alerts_per_day": round(seen.alerts_per_day, 3),
        "only_old": part(found.only_old),
        "only_new": part(found.only_new),
        "both": part(found.both),
    }


def _place(record: Mapping[str, Any]) -> str:
    return f"{record['event_id']} ({record['topic']}/{record['partition']}/{record['offset']})"


def _now() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)
