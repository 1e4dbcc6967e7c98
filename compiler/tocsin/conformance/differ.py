"""A case that went wrong, so told that its reader need not look anything up."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from tocsin.conformance.case import ContractCase
from tocsin.conformance.engine import CaseHits
from tocsin.conformance.gather import VALUES, CaseGroup, PlacedContractCase
from tocsin.escape import printable
from tocsin.model.artifact import Artifact

MOST = 4000
"""Characters of an emitted text that are shown."""
STRAYS = 3


def differences(
    placed: PlacedContractCase, group: CaseGroup, wanted: CaseHits, got: CaseHits
) -> Iterator[str]:
    """Where table, evaluator and engine disagree on the events of a case, and of other cases."""
    own = set(placed.positions)
    table = _table(placed)
    if (said := _plain(placed, wanted, own)) != table:
        yield f"the evaluator says {_events(placed, said)}, the table {_events(placed, table)}"
    if (said := _plain(placed, got, own)) != table:
        yield f"expected {_events(placed, table)}, got {_events(placed, said)}"
    strays = sorted(hit for hit in wanted ^ got if hit[0] not in own)
    for hit in strays[:STRAYS]:
        event = {key: value for key, value in group.events[hit[0]].items() if key != VALUES}
        expected, found = ("a match", "none") if hit in wanted else ("no match", "one")
        yield f"on the event of another case: expected {expected}, got {found}: {_json(event)}"


def _table(placed: PlacedContractCase) -> CaseHits:
    case = placed.case
    groups: Sequence[tuple[str, ...]] = case.groups or [()] * len(case.events)
    pairs = zip(case.events, groups, strict=True)
    return frozenset((placed.positions[number], group) for number, group in pairs)


def _plain(placed: PlacedContractCase, hits: CaseHits, own: set[int]) -> CaseHits:
    """The hits on the case's own events; without groups where the table does not name them."""
    named = placed.case.groups is not None
    return frozenset((at, group if named else ()) for at, group in hits if at in own)


def _events(placed: PlacedContractCase, hits: CaseHits) -> str:
    """`events 0, 3 (alice)`, or for a case of one event without groups `a match` or `no match`."""
    if len(placed.positions) == 1 and placed.case.groups is None:
        return "a match" if hits else "no match"
    found = sorted((placed.positions.index(at), group) for at, group in hits)
    texts = (f"{number}{' (' + ', '.join(group) + ')' if group else ''}" for number, group in found)
    return f"events {', '.join(texts)}" if hits else "no events"


def case_text(case: ContractCase) -> Iterator[str]:
    """What the case gives: its detection or rules, its events."""
    text = case.value if case.form == "file" else yaml.safe_dump(case.value, allow_unicode=True)
    yield from (f"  {printable(line)}" for line in str(text).splitlines())
    for number, event in enumerate(case.given_events):
        yield f"event {number}: {_json(event.body)}"


def emitted(artifact: Artifact) -> Iterator[str]:
    """What the backend made of it, cut where it is long."""
    text = artifact.body.decode("utf-8", "backslashreplace")
    yield f"{artifact.backend} compiles it to:"
    yield from (f"  {printable(line)}" for line in text[:MOST].splitlines())
    if len(text) > MOST:
        yield f"  … ({len(text)} characters)"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
