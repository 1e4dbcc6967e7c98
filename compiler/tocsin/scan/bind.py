"""Rules without any declared source, bound to one that is inferred from events."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.front.resolve import resolve_inferred
from tocsin.front.rule import Rule
from tocsin.ir.query import Resolved
from tocsin.model.source import Source

UNBOUND = Source("events", (), lateness_seconds=None)


def bind(rules: Sequence[Rule], *, ignore_logsource: bool) -> list[Resolved]:
    """The queries of rules; well-known log sources select their events."""
    return [resolve_inferred(rule, UNBOUND, ignore_logsource=ignore_logsource) for rule in rules]
