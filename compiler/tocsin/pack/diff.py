"""What changed between two packs of a source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.pack.file import pack_digest


@dataclass(frozen=True, slots=True)
class PackDiff:
    """Ids of detections, sorted; `before` and `after` are digests, empty where there is no pack."""

    backend: str
    source: str
    before: str
    after: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    kept: int = 0

    @classmethod
    def of(
        cls, backend: str, source: str, before: Mapping[str, str], after: Mapping[str, str]
    ) -> PackDiff:
        """From one pack to the next, each given as its parts' digests by id."""
        both = before.keys() & after.keys()
        changed = sorted(each for each in both if before[each] != after[each])
        return cls(
            backend,
            source,
            _digest(before),
            _digest(after),
            tuple(sorted(after.keys() - before.keys())),
            tuple(sorted(before.keys() - after.keys())),
            tuple(changed),
            len(both) - len(changed),
        )


def _digest(parts: Mapping[str, str]) -> str:
    return pack_digest(parts[each] for each in sorted(parts)) if parts else ""
