"""The plain matcher: one filter after the other, with the reference evaluator."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from tocsin.ir.evaluate import Predicate, View, predicate
from tocsin_runtime.matcher.filter import Filter, Paths


class EvaluatorMatcher:
    """Linear in the number of filters; they share one reading of each field."""

    def __init__(self, filters: Iterable[Filter]) -> None:
        # Filters of one source may be of different age, and so see a field at different places.
        self._groups: dict[Paths, list[tuple[str, Predicate]]] = defaultdict(list)
        for each in filters:
            self._groups[each.paths].append((each.detection, predicate(each.matches)))

    def match(self, event: Mapping[str, Any]) -> list[str]:
        """Ids of the detections that match."""
        found: list[str] = []
        for paths, group in self._groups.items():
            view = View(event, dict(paths))
            found += [detection for detection, holds in group if holds(view)]
        return found
