"""The suite itself under test: seeded defects of a backend do not pass the conformance kit."""

import pytest

from seeded_defects import CORRELATIONS, LEAVES, Defect
from tocsin.conformance import ConformanceReport, cases, run
from tocsin_batch_sql.duckdb.backend import BatchSql

DEFECTS = [*LEAVES, *CORRELATIONS]


def judged(defect: Defect) -> ConformanceReport:
    chosen = [case for row in defect.rows for case in cases(row)]
    return run(BatchSql(), only=chosen)


@pytest.mark.parametrize("defect", DEFECTS, ids=[defect.name for defect in DEFECTS])
def test_a_seeded_defect_is_caught(defect: Defect, monkeypatch: pytest.MonkeyPatch) -> None:
    defect.seed(monkeypatch)
    assert judged(defect).problems, f"all cases of {', '.join(defect.rows)} pass"


def test_without_defects_the_same_cases_pass() -> None:
    rows = tuple(dict.fromkeys(row for defect in DEFECTS for row in defect.rows))
    report = judged(Defect("none", rows, lambda _: None))
    assert report.problems == []
    assert len(DEFECTS) >= 25
