"""What changed between two packs of a source."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.pack.file import Pack


@dataclass(frozen=True, slots=True)
class PackDiff:
    """Ids of detections, sorted; `before` and `after` are digests, empty where there is no pack."""

    source: str
    before: str
    after: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    kept: int

    @classmethod
    def of(cls, before: Pack | None, after: Pack) -> PackDiff:
        """From one pack to the next."""
        old = {part.detection: part for part in before.parts} if before else {}
        new = {part.detection: part for part in after.parts}
        both = old.keys() & new.keys()
        changed = sorted(each for each in both if old[each].encode() != new[each].encode())
        return cls(
            after.source,
            before.digest if before else "",
            after.digest,
            tuple(sorted(new.keys() - old.keys())),
            tuple(sorted(old.keys() - new.keys())),
            tuple(changed),
            len(both) - len(changed),
        )
