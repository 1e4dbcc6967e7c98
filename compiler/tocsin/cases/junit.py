"""Verdicts as JUnit XML, which every CI can show."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from tocsin.cases.judge import CaseVerdict
from tocsin.escape import xml


def junit(verdicts: Sequence[CaseVerdict]) -> bytes:
    """One test suite an engine, one test case a case; refused ones are skipped."""
    root = ET.Element("testsuites")
    for engine in sorted({v.engine for v in verdicts}):
        _suite(root, engine, [v for v in verdicts if v.engine == engine])
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _suite(root: ET.Element, engine: str, verdicts: Sequence[CaseVerdict]) -> None:
    counts = {
        "tests": len(verdicts),
        "failures": sum(not v.ok for v in verdicts),
        "skipped": sum(bool(v.refused) for v in verdicts),
    }
    suite = ET.SubElement(root, "testsuite", name=f"tocsin.{engine}")
    for name, count in counts.items():
        suite.set(name, str(count))
    for verdict in verdicts:
        name = xml(verdict.case)
        classname, file = xml(f"{engine}.{verdict.key}"), xml(verdict.file)
        case = ET.SubElement(suite, "testcase", classname=classname, name=name, file=file)
        if verdict.refused:
            ET.SubElement(case, "skipped", message=xml(verdict.refused))
        elif not verdict.ok:
            failure = ET.SubElement(case, "failure", message=xml("; ".join(verdict.problems)))
            failure.text = xml("\n".join(verdict.why))
