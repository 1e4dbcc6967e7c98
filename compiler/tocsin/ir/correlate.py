"""The reference evaluator of correlations: small and obvious, one pass over each group.

Base matches come in any order; what counts is their event time. The correlation holds at every
event on whose window its condition holds: nothing is thinned here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tocsin.ir.correlation import Correlation, Ref
from tocsin.ir.evaluate import View
from tocsin.ir.figures import EventRef, GroupKey, Hit
from tocsin.ir.sliding import Window, slide


@dataclass(frozen=True, slots=True)
class BaseMatch:
    """The base rule at a position matched an event of this event time (ms since 1970, UTC)."""

    rule: int
    event: EventRef
    time: int
    view: View = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Completed:
    """The event that completed a correlation, the group, and the window in which it did."""

    event: EventRef
    time: int
    group: GroupKey
    view: View = field(compare=False, repr=False)
    window: Window = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """All completions, by time and event; the events of base matches that lack a group key."""

    completed: tuple[Completed, ...]
    without_key: frozenset[EventRef]


def correlate(correlation: Correlation, matches: Iterable[BaseMatch]) -> Outcome:
    """Where the correlation holds."""
    groups, without_key = grouped(correlation, matches)
    found = [
        Completed(hit.event, hit.time, key, hit.view, window)
        for key, hits in groups.items()
        for hit, window, figure in slide(correlation, hits)
        if figure.holds(hit)
    ]
    found.sort(key=lambda done: (done.time, done.event, done.group))
    return Outcome(tuple(found), without_key)


def grouped(
    correlation: Correlation, matches: Iterable[BaseMatch]
) -> tuple[dict[GroupKey, list[Hit]], frozenset[EventRef]]:
    """The hits of each group in order of time, and the events of matches without a group key."""
    merged: dict[tuple[GroupKey, EventRef], list[BaseMatch]] = defaultdict(list)
    without_key: set[EventRef] = set()
    for match in matches:
        key = texts_of(correlation.group_by, match)
        if key is None:
            without_key.add(match.event)
        else:
            merged[key, match.event].append(match)
    groups: dict[GroupKey, list[Hit]] = defaultdict(list)
    for (key, _), same in merged.items():
        groups[key].append(_hit(correlation, same))
    for hits in groups.values():
        hits.sort(key=lambda hit: (hit.time, hit.event))
    return groups, frozenset(without_key)


def _hit(correlation: Correlation, same: Sequence[BaseMatch]) -> Hit:
    """One event of a group; its value is the one that the first of its rules names."""
    first = min(same, key=lambda match: match.rule)
    values = texts_of(correlation.values, first) if correlation.values else None
    rules = frozenset(match.rule for match in same)
    return Hit(first.time, first.event, rules, values, first.view)


def texts_of(refs: Sequence[Ref], match: BaseMatch) -> GroupKey | None:
    """The text forms of these fields; None where one is missing or has not exactly one."""
    found: list[str] = []
    for ref in refs:
        texts = match.view.texts(ref.fields[match.rule])
        if texts is None or len(texts) != 1:
            return None
        found.append(texts[0])
    return tuple(found)
