"""Correlations over the tables of a batch: one SELECT of the rows that complete them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlglot import exp

from tocsin.ir import stream
from tocsin.ir.query import CorrelationQuery
from tocsin.model.artifact import Artifact, Match, Missed, WindowRow
from tocsin.sql.correlation.engine import SOURCE, TIME, TypedEngine, known, where
from tocsin.sql.correlation.statement import LEFT_OUT, REASON, Level, Statement
from tocsin.sql.tree import Sql, ident, number, quoted, table
from tocsin_batch_sql.common.arrays import DETECTION_ID
from tocsin_batch_sql.common.event_time import EVENT, LATE

FROM = "~from"
"""Where the window of a match begins, in milliseconds; NULL at events that complete nothing."""
JUDGED = "judged"

_LAST = "\nSELECT\n"
"""What the last clause of a statement begins with; no text after it has a line break."""
_EVENT_AT, _FIRST_KEY = 2, 4
"""Places of the event's number and of the first key in a row of `selection`; the last is FROM."""


class BatchEngine(TypedEngine):
    """Times are BIGINT, in milliseconds."""

    identity: ClassVar[tuple[str, ...]] = (EVENT,)
    told: ClassVar[tuple[str, ...]] = (LATE,)

    def counts(self) -> Sequence[Sql]:
        """With a time, not late."""
        return [*known([TIME]), exp.Not(this=ident(LATE))]

    def reasons(self) -> Sequence[tuple[str, Sql]]:
        """Without a time, or late."""
        untimed = exp.Is(this=ident(TIME), expression=exp.null())
        return [(stream.WITHOUT_TIME, untimed), (stream.LATE, ident(LATE))]

    def span(self, milliseconds: int) -> Sql:
        """A plain number."""
        return number(milliseconds)


def selection(query: CorrelationQuery, engine: BatchEngine) -> exp.Select:
    """The SELECT: id, source, number and time of the event, the group's keys by their names, FROM.

    Its last clause chooses the matches among all events that were judged.

    Raises Unsupported for what the engine cannot say exactly.
    """
    statement = Statement(engine)
    found = statement.correlated(Level(query, ""))
    statement.left_out()
    event: list[Sql] = [ident(column) for column in (SOURCE, *engine.identity, TIME)]
    start = exp.Sub(this=ident(TIME), expression=number(query.correlation.timespan_ms))
    begun = exp.alias_(exp.Case().when(found.holds, start), FROM, quoted=True)
    columns = [*event, *(ident(key) for key in found.keys), begun]
    judged = exp.select(*columns, copy=False).from_(table(found.relation), copy=False)
    names = [ref.name for ref in query.correlation.group_by]
    keys = [
        exp.alias_(ident(key), column, quoted=True)
        for key, column in zip(found.keys, names, strict=True)
    ]
    identity = exp.alias_(quoted(query.detection.id), DETECTION_ID, quoted=True)
    select = exp.select(identity, *(column.copy() for column in event), *keys, ident(FROM))
    relation = table(statement.put(JUDGED, judged))
    return statement.with_parts(where(select.from_(relation), known([FROM])))


def match_of(row: Sequence[Any]) -> Match:
    """The match that a row of the SELECT tells."""
    return Match(row[0], row[_EVENT_AT], tuple(row[_FIRST_KEY:-1]))


def unchosen(statement: str) -> str:
    """A deployed statement without the clause that chooses the matches."""
    return statement.rpartition("\nWHERE\n")[0]


def counting(statement: str, counted: str) -> str:
    """A deployed statement that asks `counted` of its subqueries instead."""
    return f"{statement.rpartition(_LAST)[0]}\n{counted}"


def counted() -> exp.Select:
    """How many base matches do not count, by reason, and the number of the first."""
    first = exp.Min(this=ident(EVENT))
    select = exp.select(ident(REASON), exp.Count(this=exp.Star()), first).from_(table(LEFT_OUT))
    return select.group_by(ident(REASON))


def row_of(row: Sequence[Any]) -> WindowRow:
    """What a row of the statement without that clause tells."""
    detection, source, event, time, *keys, start = row
    return WindowRow(detection, source, event, time, tuple(keys), start)


@dataclass(frozen=True, slots=True)
class Tables:
    """The events of a job of correlations, in an engine's tables.

    `fetched` gives the rows of each statement, in order; `counted` is `counted()` for the engine.
    """

    artifacts: Sequence[Artifact]
    fetched: Callable[[Sequence[str]], Iterable[Sequence[Sequence[Any]]]]
    counted: str

    def matches(self) -> list[Match]:
        """The matches, sorted."""
        return sorted(match_of(row) for _, row in self._rows(str))

    def judged(self) -> list[WindowRow]:
        """All events at which correlations are judged."""
        return [row_of(row) for _, row in self._rows(unchosen)]

    def left_out(self) -> list[Missed]:
        """The base matches that do not count."""
        found = self._rows(lambda statement: counting(statement, self.counted))
        return [Missed(detection, *row) for detection, row in found]

    def _rows(self, asked: Callable[[str], str]) -> Iterator[tuple[str, Sequence[Any]]]:
        """Rows of what is asked instead of the deployed statements, with the detections' ids."""
        texts = [asked(artifact.body.decode()) for artifact in self.artifacts]
        for artifact, rows in zip(self.artifacts, self.fetched(texts), strict=True):
            yield from ((artifact.detection, row) for row in rows)
