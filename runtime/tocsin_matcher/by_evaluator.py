"""The plain matcher: one part after the other, with the reference evaluator."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tocsin.events.decode import NotAnEventError, decode
from tocsin.ir.evaluate import Predicate, View, predicate
from tocsin.model.artifact import Match
from tocsin.pack.part import FieldPaths, Part
from tocsin_matcher.base import Cost, Matched


class EvaluatorMatcher:
    """Linear in the number of parts; they share one reading of each field."""

    def __init__(self, parts: Iterable[Part]) -> None:
        # Parts of one source may be of different age, and so see a field at different places.
        self._groups: dict[FieldPaths, list[tuple[str, Predicate]]] = defaultdict(list)
        self.costs: Mapping[str, Cost] = {}
        for each in parts:
            self._groups[each.paths].append((each.detection, predicate(each.matches)))

    def match_lines(self, lines: Sequence[bytes]) -> Matched:
        """The matches on lines of JSON."""
        done = Matched()
        for number, line in enumerate(lines):
            try:
                event = decode(line)
            except NotAnEventError as reason:
                done.refused[number] = str(reason)
            else:
                done.matches += [Match(found, number) for found in self.match(event)]
        return done

    def match(self, event: Mapping[str, Any]) -> list[str]:
        """Ids of the detections that match an event, sorted."""
        found: list[str] = []
        for paths, group in self._groups.items():
            view = View(event, dict(paths))
            found += [detection for detection, holds in group if holds(view)]
        return sorted(found)

    def learn_from(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Learn nothing."""
