"""The conformance kit: the contract as a table of cases, and any backend held against it.

For the author of a backend:

    report = run(backend, endpoints)      # every case, on the real engine
    assert report.ok, report.problems     # what is not as the backend declares

`case_ids()` and `report.check(id)` make one test of each case.
"""

from tocsin.conformance.case import SEEN_WRONG, Case, Row
from tocsin.conformance.marks import Mark, Marks, marks_of, read_marks
from tocsin.conformance.report import Report, Result, Status
from tocsin.conformance.run import run
from tocsin.conformance.table import case_ids, cases, rows, tagged

__all__ = [
    "SEEN_WRONG",
    "Case",
    "Mark",
    "Marks",
    "Report",
    "Result",
    "Row",
    "Status",
    "case_ids",
    "cases",
    "marks_of",
    "read_marks",
    "rows",
    "run",
    "tagged",
]
