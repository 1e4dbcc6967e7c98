"""What is told of each source of events."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.site.history.model import DetectionHistory, SourceHistory
from tocsin.site.history.walk import ReleaseRead


def sources(
    releases: Sequence[ReleaseRead], detections: Sequence[DetectionHistory]
) -> tuple[SourceHistory, ...]:
    """All that releases declared, as last declared, by name."""
    first: dict[str, int] = {}
    newest = {}
    for read in releases:
        for source in read.release.sources:
            first.setdefault(source.name, read.release.number)
            newest[source.name] = (source, read.release.number)
    there = [each for each in detections if each.state != "absent"]
    return tuple(
        SourceHistory(
            name=name,
            source=source,
            detections=tuple(d.id for d in there if name in (d.entry.source, *d.entry.sources)),
            first=first[name],
            last=last,
            declared=last == releases[-1].release.number,
        )
        for name, (source, last) in sorted(newest.items())
    )
