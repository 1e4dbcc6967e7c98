"""Which rules of a scan had events to run on, and which had none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tocsin.diagnostics import near
from tocsin.escape import printable
from tocsin.events.reading import EventFiles
from tocsin.front.collect import RuleSet
from tocsin.front.routes import Routes
from tocsin.ir.query import Query
from tocsin.ir.text import lookup
from tocsin.plural import plural
from tocsin.scan.reach import Reach

FIRST = 100
"""Events whose fields are offered in place of a misspelt one."""
NAMED = 5
"""Log sources and fields that are named; of more, the number."""


@dataclass(frozen=True, slots=True)
class ScanCoverage:
    """The events that the rules of a scan had."""

    rules: RuleSet
    read: EventFiles
    reach: Reach
    routes: Routes
    ignores_logsource: bool
    time_field: str = ""
    """The field with the event time, if the user named one."""

    @property
    def lacks(self) -> bool:
        """Whether a rule had no events, or a file no rules."""
        nothing = not self.rules.named or bool(self.files_without_rules)
        return nothing or bool(self.reach.without_events or self.reach.blind) or self.timeless

    @property
    def timeless(self) -> bool:
        """Whether no event has the named field of event time."""
        events, name = self.read.events, self.time_field
        return bool(name and events) and all(lookup(each, name) is None for each in events)

    @property
    def files_without_rules(self) -> int:
        """Files that hold filters alone, or nothing that could be read as a rule."""
        with_rules = {rule.detection.span.file for rule in self.rules.named}
        return self.rules.files - len(with_rules)

    @property
    def unknown(self) -> Counter[str]:
        """Log sources that are not known, and how many rules with events name each."""
        if self.ignores_logsource:
            return Counter()
        idle = {query.detection.id for query in self.reach.without_events}
        named = (r.detection.logsource for r in self.rules.rules if r.detection.id not in idle)
        return Counter(str(each) for each in named if not self.routes.knows(each))

    @property
    def _meant(self) -> str:
        """A field of the first events that is called almost as the one of event time."""
        close = near(self.time_field, {name for each in self.read.events[:FIRST] for name in each})
        return f": did you mean {printable(close)}?" if close else ""

    def lines(self) -> Iterator[str]:
        """The problems, as sentences."""
        if not self.rules.named:
            yield "no rules found"
        elif self.files_without_rules:
            yield f"files without rules: {self.files_without_rules} of {self.rules.files}"
        if not self.read.events:
            yield "no events found"
            return
        if self.timeless:
            said = f"no event has the field {printable(self.time_field)} of --time-field"
            yield said + self._meant
        if self.unknown:
            said = f"{plural(self.unknown.total(), 'rule')} with an unknown log source"
            yield f"{said} ran on the events of no known log source: {_most(self.unknown)}"
        if self.reach.without_events:
            of = Counter(str(q.detection.logsource) for q in self.reach.without_events)
            yield f"{plural(of.total(), 'rule')} without an event of their log source: {_most(of)}"
        if self.reach.blind:
            said = f"blind: no event has any field of {plural(len(self.reach.blind), 'rule')}"
            yield f"{said}; most missed: {_most(self.reach.missed)}"

    def as_json(self) -> dict[str, Any]:
        """What `--stats` has of it."""
        return {
            "read_as": dict(sorted(self.read.read_as.items())),
            "files_without_rules": self.files_without_rules,
            "rules_of_unknown_logsources": self.unknown.total(),
            "rules_without_events": _ids(self.reach.without_events),
            "rules_blind": _ids(self.reach.blind),
            "fields_missed": dict(self.reach.missed.most_common(NAMED)),
        }


def _ids(queries: tuple[Query, ...]) -> int:
    return len({query.detection.id for query in queries})


def _most(counts: Counter[str]) -> str:
    shown = ", ".join(f"{printable(name)} ({n})" for name, n in counts.most_common(NAMED))
    return shown + (f", {len(counts) - NAMED} more" if len(counts) > NAMED else "")
