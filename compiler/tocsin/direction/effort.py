"""How much is tried before an answer is left open: counted, so that answers do not change."""

from __future__ import annotations

from dataclasses import dataclass


class OutOfEffortError(Exception):
    """There is an answer, and it would take too long to find."""


@dataclass(slots=True)
class Effort:
    """Steps that are left: about a million a second."""

    left: int

    def spend(self, steps: int) -> None:
        """Take some; OutOfEffortError where none are left."""
        self.left -= steps
        if self.left < 0:
            raise OutOfEffortError
