"""ATT&CK as a release had it, and what is told of each technique."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tocsin.canonical import digest_bytes
from tocsin.errors import LedgerError
from tocsin.front.attack import attack_data, parse_attack, parse_strategies
from tocsin.model.attack import Attack, tagged
from tocsin.site.history.blobs import Blobs
from tocsin.site.history.detections import tagged_turns
from tocsin.site.history.model import (
    AttackRecord,
    DetectionHistory,
    TechniqueHistory,
)
from tocsin.site.history.presence import Turn, spans, technique_spans, with_parents
from tocsin.site.history.walk import ReleaseRead
from tocsin.state.enclosed import ATTACK


def attack_of(read: ReleaseRead, blobs: Blobs) -> AttackRecord:
    """The data that the tags of a release were read with: in it, or known by its digest."""
    number, shipped = read.release.number, attack_data()
    recorded = list(read.release.facts.data.values())
    if name := blobs.at(ATTACK, read.place):
        return _parsed(number, blobs.read([name])[name])
    if recorded == [digest_bytes(shipped)]:
        return _parsed(number, shipped)
    return AttackRecord(number, "".join(recorded[:1]), None)


def _parsed(number: int, data: bytes) -> AttackRecord:
    try:
        return AttackRecord(number, digest_bytes(data), parse_attack(data), parse_strategies(data))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as bad:
        hint = "`tocsin verify` lists what is damaged"
        raise LedgerError(f"{ATTACK} of release {number} cannot be read", hint=hint) from bad


def techniques(
    attack: Attack | None, detections: Sequence[DetectionHistory], first: Sequence[Turn]
) -> tuple[TechniqueHistory, ...]:
    """All that ATT&CK has, and those that detections name besides, by id."""
    own = [each for each in detections if not each.entry.beside]
    found = technique_spans((turn for each in own for turn in tagged_turns(each)), first)
    named = _by_technique((each.id, _ever(each)) for each in own)
    live = _by_technique((each.id, each.techniques) for each in own if each.state == "live")
    none, every = spans(first), attack.techniques.keys() if attack else ()
    return tuple(
        TechniqueHistory(
            id=id_,
            name=technique.name if technique else None,
            tactics=technique.tactics if technique else (),
            parent=id_.partition(".")[0],
            successor=_successor(id_, attack),
            detections=named.get(id_, ()),
            live=live.get(id_, ()),
            spans=found.get(id_, none),
        )
        for id_ in sorted({*every, *found})
        for technique in [attack.technique(id_) if attack else None]
    )


def _ever(detection: DetectionHistory) -> frozenset[str]:
    return frozenset(id_ for change in detection.changes for id_ in tagged(change.entry.tags))


def _by_technique(named: Iterable[tuple[str, Iterable[str]]]) -> dict[str, tuple[str, ...]]:
    """The detections that name a technique or a part of it."""
    found: dict[str, list[str]] = {}
    for detection, techniques_of in named:
        for id_ in with_parents(techniques_of):
            found.setdefault(id_, []).append(detection)
    return {id_: tuple(each) for id_, each in found.items()}


def _successor(id_: str, attack: Attack | None) -> str:
    retired = attack.retired_technique(id_) if attack else None
    return retired.successor if retired else ""
