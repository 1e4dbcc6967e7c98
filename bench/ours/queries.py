"""Rules of a folder as queries, for all contenders of our own."""

from __future__ import annotations

from pathlib import Path

from bench.protocol import Loaded
from tocsin.front.collect import RuleSet, collect
from tocsin.front.relate import relate_inferred
from tocsin.ir.query import Query
from tocsin.model.source import Source

UNBOUND = Source("events", (), lateness_ms=None)


def read(rules: Path) -> tuple[list[Query], Loaded]:
    """The event rules below a folder, whatever their log source, and what could not be read.

    Correlations are left out: peers do not all have them.
    """
    found = collect([rules])
    single = RuleSet(found.rules, (), found.files)
    related = relate_inferred(single, UNBOUND, ignore_logsource=True)
    queries = [query for query in related.queries if isinstance(query, Query)]
    wrong = [each for each in found.diagnostics if each.severity == "error"]
    failed = {each.rule or str(each.span): each.message for each in wrong}
    return queries, Loaded(len(queries), failed)
