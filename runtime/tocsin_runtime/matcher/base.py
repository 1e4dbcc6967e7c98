"""The seam: a matcher is built from filters of one source and asked once an event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Matcher(Protocol):
    """Evaluates all its filters on an event. Must agree with the evaluator on every event."""

    def match(self, event: Mapping[str, Any]) -> list[str]:
        """Ids of the detections that match, in the order of the filters."""
