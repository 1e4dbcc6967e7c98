"""What the server asks of those who can read Sigma: conditions of exceptions, and their check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


class RefusedError(Exception):
    """An exception that is not accepted. `reasons`: all of them, a sentence each."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = tuple(reasons)


@dataclass(frozen=True, slots=True)
class FilterFile:
    """A Sigma filter: where it goes in the project, and its text."""

    path: str
    text: str


class ExceptionRules(Protocol):
    """Knows the detections as they are deployed."""

    def compiled(self, detection: str, section: Mapping[str, Any]) -> dict[str, Any]:
        """The condition of an exception, as `condition.packed` makes it.

        Raises RefusedError: it is no condition of Sigma, there is no such detection, or one of the
        detection's cases that fire would not fire any more.
        """

    def section(self, text: str) -> dict[str, Any]:
        """The `detection` block in a text of YAML. Raises RefusedError if it is none."""

    def filter_file(
        self, detection: str, section: Mapping[str, Any], ticket: str, reason: str
    ) -> FilterFile:
        """The exception as a file for the project, which then needs no exception any more.

        Raises RefusedError as `compiled`.
        """
