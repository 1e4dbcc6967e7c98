"""The comparison itself: defects are found, made small, and written as cases of the table."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from differential.authored import read
from differential.cases import Case, Supply, kept
from differential.compare import Difference, Subject, Tally, compare
from differential.paste import detection_of, pasted
from differential.quoted import quoted
from differential.reduce import reduced
from differential.world import SOURCE
from tocsin.conformance.table import read_row
from tocsin.ir.evaluate import View, evaluate
from tocsin.ir.query import Resolved
from tocsin.model.artifact import Artifact
from tocsin_batch_sql.duckdb.backend import BatchSql
from tocsin_engines import EngineAddresses
from whole import share

NOWHERE = EngineAddresses({}, Path())


class Damaged(BatchSql):
    """DuckDB with a defect in every statement."""

    def __init__(self, right: bytes, wrong: bytes) -> None:
        self.right, self.wrong = right, wrong

    def compile(self, query: Resolved) -> Artifact:
        made = super().compile(query)
        return replace(made, body=made.body.replace(self.right, self.wrong))


def _cases(number: int) -> list[Case]:
    return list(islice(kept(1), number))


DEFECTS = [
    (b"LOWER(", b"("),
    (b"ENDS_WITH(", b"CONTAINS("),
    (b"COALESCE(", b"IF(TRUE, "),
    (b" LIKE ", b" ILIKE "),
    (b" <= ", b" < "),
    (b"LOWER(", b"NO_SUCH_FUNCTION("),
]


@pytest.mark.parametrize(("right", "wrong"), share(DEFECTS, 3))
def test_a_defect_is_found_and_made_small(right: bytes, wrong: bytes) -> None:
    subject, tally = Subject(Damaged(right, wrong), NOWHERE), Tally()
    # What fails is looked for one statement at a time.
    compare(subject, _cases(4 if b"NO_SUCH" in wrong else 150), tally)
    assert tally.differences
    small = reduced(subject, tally.differences[0])
    assert len(repr(small.expr)) + len(repr(small.event)) < 250
    assert bool(small.failure) is (b"NO_SUCH" in wrong)
    [case] = read_row("L1.yml", _table(small)).cases
    assert bool(case.events) is small.wanted
    assert case.given_events[0].body == small.event


def _table(found: Difference) -> bytes:
    return f"title: found\ncases:\n{pasted(found, 'found')}\n".encode()


def test_any_expression_can_be_written_as_sigma_and_read_again() -> None:
    renamed = SOURCE.renamed
    for case in _cases(150):
        again = read(quoted({"detection": detection_of(case.expr)}))
        assert again.expr is not None, (again.error, case.expr)
        for event in case.events:
            view = View(event, renamed)
            assert evaluate(again.expr, view) is evaluate(case.expr, view), (case.expr, event)


def test_a_seed_gives_the_same_cases() -> None:
    first, again, other = (list(islice(Supply(seed).cases(), 20)) for seed in (7, 7, 8))
    assert first == again != other


def test_a_reader_that_takes_the_first_of_equal_keys_is_found() -> None:
    found = 0
    for case in _cases(150):
        for event in case.events:
            text = json.dumps(event)
            assert json.loads(text) == event
            first = json.loads(text, object_pairs_hook=lambda pairs: dict(reversed(pairs)))
            views = (View(each, SOURCE.renamed) for each in (event, first))
            found += len({evaluate(case.expr, view) for view in views}) > 1
    assert found > 20
