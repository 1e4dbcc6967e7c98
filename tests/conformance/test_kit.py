"""The kit holds backends to their word: deliberately wrong ones are told apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from conformance.toys import Cased, Toy
from tocsin.backend.base import Endpoints, Support
from tocsin.conformance import ConformanceReport, Marks, Status, case_ids, cases, read_marks, run
from tocsin.conformance.marks import Mark
from tocsin.errors import ConfigError, EngineError
from tocsin.ir.nodes import Expr, Keyword, Leaf, Regex
from tocsin.ir.query import Resolved
from tocsin.model.artifact import Artifact, Job, Match
from tocsin.pack import Part

NO_CORRELATIONS = Mark(cases=["C*", "E8"], mark="never", reason="keeps no state")


def on(backend: Toy, *marks: Mark, row: str = "") -> ConformanceReport:
    """The report of a row, or of all, under these marks."""
    only = [case for case in cases() if case.row == row] if row else None
    return run(backend, only=only, marks=Marks((*marks, NO_CORRELATIONS)))


def problems(report: ConformanceReport) -> dict[str, str]:
    """What is not as declared, by case."""
    return {result.case.id: result.problem for result in report.results if result.problem}


def test_a_right_backend_conforms_and_a_mark_on_nothing_is_told() -> None:
    nothing = Mark(cases=["L10/no-such-*", "X1"], mark="never", reason="old")
    report = on(Toy(), nothing)
    assert problems(report) == {}
    assert [result.case.id for result in report.results] == case_ids()
    assert report.count(Status.PASSED) > 650
    assert report.count(Status.REFUSED) > 80
    assert report.pairs > 100_000
    assert report.stale == ("L10/no-such-*", "X1")
    assert not report.ok
    assert report.problems == [
        "the mark on 'L10/no-such-*' covers no case",
        "the mark on 'X1' covers no case",
    ]


def test_a_wrong_result_fails_and_is_told_in_full() -> None:
    report = on(Cased(), row="L1")
    assert problems(report)["L1/upper-and-lower"] == "fails"
    with pytest.raises(AssertionError) as caught:
        report.check("L1/upper-and-lower")
    said = str(caught.value)
    for part in ("f: PowerShell", 'event 0: {"f": "pOWERsHELL"}', "expected a match, got no match"):
        assert part in said
    assert "toy compiles it to" in said
    report.check("L1/a-list-in-a-list")  # refused by the front: no business of a backend


def test_a_wrong_result_fails_in_spite_of_a_mark() -> None:
    marked = Mark(cases=["L1/upper-and-lower"], mark="notyet", reason="case")
    assert problems(on(Cased(), marked, row="L1"))["L1/upper-and-lower"] == "fails"


def test_a_marked_case_that_passes_is_told() -> None:
    marked = Mark(cases=["L3"], mark="notyet", reason="patterns")
    found = problems(on(Toy(), marked, row="L3"))
    assert found["L3/percent-is-itself"] == "passes, though it is marked notyet: remove the mark"


class NoKeywords(Toy):
    """Declares that nobody wrote keywords."""

    capabilities: Mapping[str, Support] = {
        **Toy.capabilities,
        Keyword.__name__: Support.NOTIMPL,
    }


def test_a_refusal_without_a_mark_is_told() -> None:
    found = problems(on(NoKeywords(), row="L10"))
    assert found["L10/nested"] == "is refused, but not marked: Keyword notimpl"


def test_a_refusal_with_its_mark_is_as_declared() -> None:
    marked = Mark(cases=["L10"], mark="notimpl", reason="no keywords")
    report = on(NoKeywords(), marked, row="L10")
    assert report.ok
    assert report.count(Status.REFUSED) > 20


def test_a_mark_that_says_otherwise_than_the_refusal_is_told() -> None:
    marked = Mark(cases=["L10"], mark="never", reason="no keywords")
    found = problems(on(NoKeywords(), marked, row="L10"))
    assert found["L10/nested"] == "is marked never, but refused as notimpl"


class Greedy(Toy):
    """Right on the event of the case, wrong on others'."""

    def matches(self, job: Job) -> list[Match]:
        found = super().matches(job)
        extra = {Match(a.detection, len(job.events) - 1) for a in job.artifacts}
        return sorted({*found, *extra})


def test_events_of_other_cases_count_too() -> None:
    told = "\n".join(on(Greedy(), row="L3").problems)
    assert "on the event of another case: expected no match, got one" in told


class Breaking(Toy):
    """Its engine breaks at regular expressions with the flag m."""

    def run(self, jobs: Sequence[Job], endpoints: Endpoints) -> list[list[Match]]:
        for artifact in (a for job in jobs for a in job.artifacts):
            tests = (getattr(leaf, "test", None) for leaf in Part.decode(artifact.body).leaves)
            if any(isinstance(test, Regex) and test.flags == "m" for test in tests):
                raise EngineError("no flag m here")
        return super().run(jobs, endpoints)


def test_what_breaks_a_run_is_found_and_the_rest_runs() -> None:
    report = on(Breaking(), row="L6")
    found = problems(report)
    assert set(found) == {c for c in case_ids() if c.startswith("L6/") and "flag-m" in c}
    assert "the run fails: no flag m here" in report.problems[0]


class Down(Toy):
    """Its engine is not there."""

    def matches(self, job: Job) -> list[Match]:
        raise EngineError(f"toy is not running: {job.source.name}")


def test_an_engine_that_is_not_there_is_no_failure_of_cases() -> None:
    with pytest.raises(EngineError, match="toy is not running"):
        on(Down(), row="L3")


class Unsteady(Toy):
    """Makes other bytes each time, as compilers do that change rules in place."""

    def __init__(self) -> None:
        self.count = 0

    def compile(self, query: Resolved) -> Artifact:
        self.count += 1
        made = super().compile(query)
        return replace(made, body=made.body + b" " * self.count)


def test_compiling_twice_must_give_the_same_bytes() -> None:
    assert "compiling it twice gives different bytes" in on(Unsteady(), row="L3").problems[0]


class Crashing(Toy):
    """Raises what no compiler should."""

    def meant(self, expr: Expr) -> Expr:
        if isinstance(expr, Leaf) and isinstance(expr.test, Regex) and expr.test.flags:
            raise KeyError(expr.test.flags)
        return expr


def test_a_compiler_that_crashes_fails_its_cases_alone() -> None:
    report = on(Crashing(), row="L6")
    assert "compiling fails: KeyError: 'i'" in report.problems[0]
    assert {result.status for result in report.results} == {Status.FAILED, Status.PASSED}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("toy: [{cases: L1, mark: later, reason: r}]", "conformance.yml: toy.0.mark"),
        ("toy: [{cases: L1, mark: never}]", "conformance.yml: toy.0.reason"),
        ("toy: [{cases: [], mark: never, reason: r}]", "conformance.yml: toy.0.cases"),
        ("toy: [{cases: L1", "conformance.yml:"),
    ],
)
def test_a_table_of_marks_with_mistakes_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_marks(text.encode(), "toy")
    assert said in caught.value.message


def test_marks_are_of_one_backend() -> None:
    text = (
        b"toy: [{cases: L1, mark: never, reason: r}]\nother: [{cases: L2, mark: notyet, reason: r}]"
    )
    marks = read_marks(text, "other")
    assert marks.of("L1/upper-and-lower") is None
    assert (found := marks.of("L2/star-in-the-middle")) is not None
    assert found.support is Support.NOTYET
    assert read_marks(b"", "toy") == Marks()
