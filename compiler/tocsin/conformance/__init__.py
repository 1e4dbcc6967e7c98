"""The conformance kit: the contract as a table of cases, and any backend held against it.

For the author of a backend:

    report = run(backend, endpoints)      # every case, on the real engine
    assert report.ok, report.problems     # what is not as the backend declares

`case_ids()` and `report.check(id)` make one test of each case.
"""

from tocsin.conformance.case import SEEN_WRONG, ContractCase, ContractRow
from tocsin.conformance.marks import Mark, Marks, marks_of, read_marks
from tocsin.conformance.report import CaseResult, ConformanceReport, Status
from tocsin.conformance.run import run
from tocsin.conformance.table import case_ids, cases, rows, tagged

__all__ = [
    "SEEN_WRONG",
    "CaseResult",
    "ConformanceReport",
    "ContractCase",
    "ContractRow",
    "Mark",
    "Marks",
    "Status",
    "case_ids",
    "cases",
    "marks_of",
    "read_marks",
    "rows",
    "run",
    "tagged",
]
