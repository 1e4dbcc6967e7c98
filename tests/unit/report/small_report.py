"""Rules of a small coverage report."""

from __future__ import annotations

from coverage_content import rule
from tocsin.report.coverage import Coverage, TechniqueCell

RULES = (
    rule("Key Added", "attack.persistence", "attack.t1098.001", cases=2),
    rule("Role Granted", "attack.t1098.003", "attack.T1098", "attack.t1078", level="critical"),
    rule("Log Stopped", "attack.t1562.008", "attack.ta0005", "attack.s0002", level="low"),
    rule("Odd Refund", "detection.emerging-threats", cases=1),
)


def cell_of(coverage: Coverage, technique: str) -> TechniqueCell:
    return next(cell for cell in coverage.cells if cell.technique.id == technique)
