"""Verdicts as JUnit XML, which every CI can show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from tocsin.cases.judge import Verdict

# XML 1.0 has no place for most control characters nor for lone surrogates, which events may hold.
_NOT_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


def junit(verdicts: Sequence[Verdict]) -> bytes:
    """One test suite an engine, one test case a case; refused ones are skipped."""
    root = ET.Element("testsuites")
    for engine in sorted({v.engine for v in verdicts}):
        _suite(root, engine, [v for v in verdicts if v.engine == engine])
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _suite(root: ET.Element, engine: str, verdicts: Sequence[Verdict]) -> None:
    counts = {
        "tests": len(verdicts),
        "failures": sum(not v.ok for v in verdicts),
        "skipped": sum(bool(v.refused) for v in verdicts),
    }
    suite = ET.SubElement(root, "testsuite", name=f"tocsin.{engine}")
    for name, count in counts.items():
        suite.set(name, str(count))
    for verdict in verdicts:
        name = _clean(verdict.case)
        classname, file = f"{engine}.{verdict.key}", _clean(verdict.file)
        case = ET.SubElement(suite, "testcase", classname=classname, name=name, file=file)
        if verdict.refused:
            ET.SubElement(case, "skipped", message=_clean(verdict.refused))
        elif not verdict.ok:
            failure = ET.SubElement(case, "failure", message=_clean("; ".join(verdict.problems)))
            failure.text = _clean("\n".join(verdict.why))


def _clean(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
