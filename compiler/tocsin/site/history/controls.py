"""Which detections support which controls: because their authors say so, or by a mapping."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tocsin.canonical import digest_bytes
from tocsin.errors import LedgerError
from tocsin.front.mappings import FOLDER, parse_mapping
from tocsin.model.attack import Attack
from tocsin.model.control_mapping import ControlMapping, MappingLine
from tocsin.site.history.blobs import Blobs
from tocsin.site.history.model import (
    ControlEvidence,
    ControlHistory,
    DetectionHistory,
    MappingRecord,
    TechniqueHistory,
)
from tocsin.site.history.walk import ReleaseRead
from tocsin.state.enclosed import CONTENT

_IN = f"{CONTENT}{FOLDER}/"


@dataclass(frozen=True, slots=True)
class ReadMapping:
    """A mapping and what is told of it. `now`: what ATT&CK of then calls each technique of it."""

    record: MappingRecord
    mapping: ControlMapping
    now: Mapping[str, str]


def mappings(
    releases: Sequence[ReleaseRead], blobs: Blobs, attack: Attack | None
) -> tuple[ReadMapping, ...]:
    """Those of the project as the last release has it, by name. Raises LedgerError."""
    return tuple(_mappings(releases, blobs, attack))


def _mappings(
    releases: Sequence[ReleaseRead], blobs: Blobs, attack: Attack | None
) -> Iterator[ReadMapping]:
    last = releases[-1]
    for path in blobs.below(_IN):
        stem, _, ending = path.rpartition(".")
        names = [blobs.at(each, last.place) for each in (path, f"{stem}.csv")]
        if ending not in ("yml", "yaml") or "/" in stem.removeprefix(_IN) or not all(names):
            continue
        read = blobs.read(names)
        block, table = (read[name] for name in names)
        mapping, wrong = parse_mapping(block, table, path.removeprefix(CONTENT))
        if mapping is None:
            where = f"release {last.release.number} has a mapping that cannot be read"
            raise LedgerError(f"{where}: {wrong[0].message}", hint=str(wrong[0].span))
        now = {
            id_: attack.current(id_) if attack else id_
            for id_ in {line.technique for line in mapping.lines}
        }
        yield ReadMapping(
            MappingRecord(
                name=stem.removeprefix(_IN),
                title=mapping.title or mapping.catalogue,
                catalogue=mapping.catalogue,
                version=mapping.version,
                whose=mapping.by,
                licence=mapping.licence,
                attack=mapping.attack,
                digest=digest_bytes(table),
                release=_since(releases, blobs, (path, f"{stem}.csv")),
                lost=tuple(sorted(id_ for id_, found in now.items() if not found)),
            ),
            mapping,
            now,
        )


def _since(releases: Sequence[ReleaseRead], blobs: Blobs, paths: Iterable[str]) -> int:
    """The release that brought the newer of these files."""
    place = max(blobs.places(path)[-1][0] for path in paths)
    return next(read.release.number for read in releases if read.place >= place)


def controls(
    read: Sequence[ReadMapping],
    detections: Sequence[DetectionHistory],
    techniques: Sequence[TechniqueHistory],
) -> tuple[ControlHistory, ...]:
    """All controls that mappings or live detections name, by catalogue and id."""
    live = {technique.id: technique.live for technique in techniques}
    lines: dict[tuple[str, str], list[tuple[ReadMapping, MappingLine]]] = {}
    for each in read:
        for line in each.mapping.lines:
            lines.setdefault((each.mapping.catalogue, line.control), []).append((each, line))
    own: dict[tuple[str, str], list[ControlEvidence]] = {}
    for detection in detections:
        for named in detection.entry.controls if detection.state == "live" else ():
            catalogue, _, control = named.rpartition(":")
            own.setdefault((catalogue, control), []).append(ControlEvidence(detection.id))
    return tuple(
        _control(key, lines.get(key, ()), own.get(key, ()), live)
        for key in sorted(lines.keys() | own.keys())
    )


def _control(
    key: tuple[str, str],
    lines: Sequence[tuple[ReadMapping, MappingLine]],
    own: Sequence[ControlEvidence],
    live: Mapping[str, Sequence[str]],
) -> ControlHistory:
    catalogue, id_ = key
    of = [each.mapping for each, _ in lines]
    return ControlHistory(
        catalogue=catalogue,
        version=next((mapping.version for mapping in of), ""),
        id=id_,
        name=next((m.controls[id_] for m in of if id_ in m.controls), None),
        group=next((group for m in of if (group := m.group_of(id_))), None),
        techniques=tuple(sorted({each.now[line.technique] for each, line in lines} - {""})),
        evidence=(*own, *_mapped(lines, live)),
    )


def _mapped(
    lines: Sequence[tuple[ReadMapping, MappingLine]], live: Mapping[str, Sequence[str]]
) -> Iterator[ControlEvidence]:
    for each, line in lines:
        now = each.now[line.technique]
        for detection in live.get(now, ()):
            yield ControlEvidence(
                detection, each.record.name, now, line.technique, line.kind, line.score
            )
