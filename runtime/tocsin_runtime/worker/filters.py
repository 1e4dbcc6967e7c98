"""Filters in this process: the artifacts of kafka-filter, matched on the bytes of records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tocsin.errors import ConfigError
from tocsin.model.artifact import Artifact
from tocsin.pack import Part
from tocsin_matcher import Cost, Matched, PackMatcher
from tocsin_runtime.alerts.binding import Binding
from tocsin_runtime.worker.isolation import Isolating, Make
from tocsin_runtime.worker.lessons import Lessons
from tocsin_runtime.worker.process import Taken


class FilterLane:
    """The detections of one topic or source."""

    whole = False

    def __init__(self, parts: Sequence[Part], make: Make = PackMatcher) -> None:
        self.parts = tuple(parts)
        self.bindings = {each.detection: Binding.of(each) for each in parts}
        self._pack = Isolating(self.parts, make)
        self._lessons = Lessons(self._pack)

    @property
    def costs(self) -> Mapping[str, Cost]:
        """What detections cost so far, by id; those that never had to be evaluated are left out."""
        return self._pack.costs

    @property
    def isolated(self) -> Mapping[str, str]:
        """Detections that are isolated from the others, by id, and why."""
        return self._pack.isolated

    def match(self, taken: Sequence[Taken]) -> Matched:
        """All detections on the raw events."""
        lines = [each.record.value for each in taken]
        found = self._pack.match_lines(lines)
        self._lessons.after(lines)
        return found


def parts_of(artifacts: Iterable[Artifact]) -> list[Part]:
    """The parts in artifacts. Raises ConfigError for damaged ones."""
    found: list[Part] = []
    for artifact in artifacts:
        try:
            found.append(Part.decode(artifact.body))
        except ValueError as error:
            raise ConfigError(f"artifact {artifact.path} cannot be read: {error}") from error
    return found
