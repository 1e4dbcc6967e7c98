"""Small projects with correlations, and where in them a finding must point."""

from __future__ import annotations

from pathlib import Path

from authoring import project
from tocsin.diagnostics import Diagnostic
from tocsin.front.project import Project, load_project
from tocsin.ir.query import CorrelationQuery

MARK = "¦"
"""Stands before the character at which a finding must point."""

SOURCE = """\
source: shop
title: Shop
logsources:
  - {product: shop, service: audit}
time: {field: time, lateness: 5m}
fields:
  time: timestamp
  action: string
  amount: integer
  price: double
  user: string
  buyer: string
  tags: array<string>
  paid: boolean
  details: map
"""
RULES = """\
title: A
name: a
id: 00000000-0000-4000-8000-00000000000a
logsource: {product: shop, service: audit}
detection: {s: {action: a}, condition: s}
---
title: B
name: b
id: 00000000-0000-4000-8000-00000000000b
logsource: {product: shop, service: audit}
detection: {s: {action: b}, condition: s}
"""


def correlation(**keys: str) -> str:
    """A document named `main` with this `correlation` map; values are YAML, "" leaves one out."""
    given = {"type": "event_count", "rules": "[a, b]", "timespan": "10m", "condition": "{gte: 3}"}
    for key, value in keys.items():
        name = key.replace("_", "-")
        given.pop(name.lstrip(MARK), None)
        given[name] = value
    lines = [f"  {key}: {value}\n" for key, value in given.items() if value]
    return "title: Main\nname: main\ncorrelation:\n" + "".join(lines)


def other(name: str, rules: str, **keys: str) -> str:
    """One more document: a correlation of this name."""
    text = correlation(rules=rules, **keys).replace("Main", f"Other {name}")
    return f"---\n{text.replace('name: main', f'name: {name}')}"


def load(root: Path, text: str, *, rules: str = RULES, source: str = SOURCE) -> Project:
    """The project of this source, the rules `a` and `b`, and the file `main.yml`."""
    return load_project(
        project(root, {"ab.yml": rules, "main.yml": text.replace(MARK, "")}, source)
    )


def main_of(loaded: Project) -> CorrelationQuery:
    """The correlation `main` of a project without findings."""
    assert loaded.diagnostics == ()
    [found] = [query for query in loaded.queries if query.detection.name == "main"]
    assert isinstance(found, CorrelationQuery)
    return found


def pointed(found: Diagnostic, text: str) -> str:
    """The text with a mark where a finding points."""
    lines = text.replace(MARK, "").splitlines(keepends=True)
    at, column = found.span.line - 1, found.span.column - 1
    lines[at] = lines[at][:column] + MARK + lines[at][column:]
    return "".join(lines)


def the(loaded: Project, code: str) -> Diagnostic:
    """The one finding of a project, which has this code."""
    [found] = loaded.diagnostics
    assert found.code == code
    return found
