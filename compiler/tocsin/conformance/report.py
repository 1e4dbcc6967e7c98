"""What the kit says of a backend: a result for each case, judged by the backend's own marks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tocsin.conformance.case import ContractCase
from tocsin.conformance.marks import Mark


class Status(StrEnum):
    """How a case ended."""

    PASSED = "passed"
    FAILED = "failed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case on one backend. `told` is what a reader needs to see where it failed.

    `node` and `reason`: of a refusal. `problem`: why it counts against the backend, if it does.
    """

    case: ContractCase
    status: Status
    mark: Mark | None = None
    node: str = ""
    reason: str = ""
    told: tuple[str, ...] = ()

    @property
    def problem(self) -> str:
        """Empty where the result is as declared."""
        if self.status is Status.FAILED:
            return "fails"
        if self.status is Status.PASSED:
            marked = self.mark.mark if self.mark else ""
            return f"passes, though it is marked {marked}: remove the mark" if marked else ""
        if self.mark is None:
            return f"is refused, but not marked: {self.node} {self.reason}"
        declared = self.reason in ("notimpl", "notyet", "never")
        if declared and self.reason != self.mark.mark:
            return f"is marked {self.mark.mark}, but refused as {self.reason}"
        return ""

    def text(self) -> str:
        """The problem with the case's detection, events, expectation and outcome."""
        return "\n".join([f"{self.case.id}: {self.problem}", *self.told])

    def as_json(self) -> dict[str, Any]:
        """The object that `conformance --format json` prints."""
        return {
            "case": self.case.id,
            "row": self.case.row,
            "name": self.case.name,
            "status": self.status.value,
            "mark": self.mark.mark if self.mark else "",
            "node": self.node,
            "reason": self.reason,
            "problem": self.problem,
            "told": list(self.told),
        }


@dataclass(frozen=True, slots=True)
class ConformanceReport:
    """All results of one backend. `pairs`: how many pairs of detection and event were compared."""

    backend: str
    results: tuple[CaseResult, ...]
    stale: tuple[str, ...] = ()
    pairs: int = 0
    seconds: float = 0.0

    @property
    def problems(self) -> list[str]:
        """All that is not as declared, one text each; empty is conformance."""
        found = [result.text() for result in self.results if result.problem]
        return found + [f"the mark on {pattern!r} covers no case" for pattern in self.stale]

    @property
    def ok(self) -> bool:
        """Whether everything is as declared."""
        return not self.problems

    def count(self, status: Status) -> int:
        """How many cases ended so."""
        return sum(result.status is status for result in self.results)

    def rows(self) -> Iterator[tuple[str, tuple[CaseResult, ...]]]:
        """The results by row, in the order of the table."""
        for row in dict.fromkeys(result.case.row for result in self.results):
            yield row, tuple(result for result in self.results if result.case.row == row)

    def check(self, case: str) -> None:
        """Raise AssertionError where a case, by id, is not as declared."""
        for result in self.results:
            if result.case.id == case and result.problem:
                raise AssertionError(result.text())
