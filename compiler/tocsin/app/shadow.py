"""Compares a shadow version with the live one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tocsin.app.environment import OpenEnvironment
from tocsin.errors import ConfigError
from tocsin.plan.rollback import find
from tocsin.plan.shadow import MARK
from tocsin.release.entry import Entry
from tocsin.state.release import Release
from tocsin.state.since import since as deployed_since

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


def watched(opened: OpenEnvironment, rule: str) -> Watched:
    """What the detection in shadow has done so far. Raises ConfigError if there is none."""
    last = opened.ledger.last()
    if last is None:
        raise ConfigError(f"{opened.name} has no release yet")
    entry = in_shadow(last, rule)
    if not opened.settings.on_kafka:
        raise ConfigError(
            f"{opened.name} is of kind {opened.settings.kind}: "
            "it records no matches of detections in shadow",
            hint="environments of kind kafka and flink record them in the topic tocsin.matches",
        )
    from tocsin.app.stream_target import stream_environment  # noqa: PLC0415 - clients are slow to load
    from tocsin_runtime.observe.difference import difference  # noqa: PLC0415
    from tocsin_runtime.observe.matches import matches  # noqa: PLC0415

    place = stream_environment(last.project, opened.name, opened.settings)
    made = deployed_since(opened.ledger.releases())[entry.id].made
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


def report(seen: Watched, samples: int) -> dict[str, Any]:
    """What it matched, with at most so many samples of each kind."""

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


def _now() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)
