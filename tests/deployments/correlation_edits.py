"""Edits of correlations of every type: what an author may do to a detection that is live.

`edit_outcomes` restores each on a real cluster and records what became of its state.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from correlation_cases import LEFT as CASES_LEFT
from correlation_cases import RIGHT as CASES_RIGHT
from correlation_cases import correlated
from sql_cases import query as event_query
from tocsin.ir.correlation import (
    Absent,
    Bound,
    BoundOp,
    Correlation,
    CorrelationType,
    Every,
    Occurs,
    Presence,
    Ref,
    Some,
)
from tocsin.ir.nodes import Compare, Expr, Leaf, Not, Op, Text, Wild, all_of
from tocsin.ir.query import CorrelationQuery, Query, Resolved, rebound
from tocsin.model.source import Column, FieldType, Source

SECOND = 1000
SEEN = Column("seen", FieldType.TIMESTAMP, ("seen",))
LEFT, RIGHT = (replace(s, columns=(*s.columns, SEEN)) for s in (CASES_LEFT, CASES_RIGHT))
MOVED = "moved"
"""A topic with other events than the sources' own."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Two versions of a detection; `what` says what its author did."""

    what: str
    before: CorrelationQuery
    after: CorrelationQuery

    @property
    def type(self) -> str:
        """That of the correlation it was, chains by themselves."""
        chained = any(isinstance(base, CorrelationQuery) for base in self.before.bases)
        return "chain" if chained else str(self.before.correlation.type)


# --- parts of a detection -------------------------------------------------------------------------


def kind(letter: str, of: Source = LEFT, *, but: str = "", above: int = 0) -> Query:
    """Events of a kind, perhaps not of another one, perhaps of a greater number only."""
    expr: list[Expr] = [_holds(letter)]
    if but:
        expr.append(Not(_holds(but)))
    if above:
        expr.append(Leaf("number", Compare(Op.GT, above)))
    return event_query(all_of(expr), of, f"{of.name}-{letter}{but}{above or ''}")


def _holds(letter: str) -> Expr:
    return Leaf("kind", Text((Wild.MANY, letter, Wild.MANY)))


Keys = str | Sequence[str] | Sequence[Ref]


def _refs(keys: Keys, rules: int) -> tuple[Ref, ...]:
    listed = [keys] if isinstance(keys, str) else keys
    return tuple(key if isinstance(key, Ref) else Ref(key, (key,) * rules) for key in listed)


def rule(  # noqa: PLR0913 - a correlation has so many parts
    type_: str,
    bases: Resolved | Sequence[Resolved],
    condition: str | Presence = "",
    span: int = 60,
    *,
    by: Keys = "user",
    of: Keys = (),
    percentile: str = "",
    name: str = "c",
) -> CorrelationQuery:
    """A correlation; `condition` is `gte 3`, several of them with commas; `span` in seconds."""
    listed = [bases] if isinstance(bases, (Query, CorrelationQuery)) else list(bases)
    rules = len(listed)
    words = [each.split() for each in condition.split(",")] if isinstance(condition, str) else []
    what = Correlation(
        type=CorrelationType(type_),
        rules=rules,
        timespan_ms=span * SECOND,
        group_by=_refs(by, rules),
        bounds=tuple(Bound(BoundOp(each[0]), each[1]) for each in words if each),
        presence=None if isinstance(condition, str) else condition,
        values=_refs(of, rules),
        percentile=percentile,
    )
    return correlated(what, listed, name)


def aliased(name: str, *fields: str) -> tuple[Ref, ...]:
    """One key that is a field of each rule."""
    return (Ref(name, fields),)


def over(source: Source, query: CorrelationQuery) -> CorrelationQuery:
    """The same detection on another source."""
    made = rebound(query, source)
    assert isinstance(made, CorrelationQuery)
    return made


def typed(name: str, kind_: FieldType, path: tuple[str, ...] = ()) -> Source:
    """The source with another declaration of one field."""
    columns = [Column(c.name, kind_, path or c.path) if c.name == name else c for c in LEFT.columns]
    return replace(LEFT, columns=tuple(columns))


A, B, C = kind("a"), kind("b"), kind("c")
FAR = kind("b", RIGHT)
BOTH, EITHER = Every((Occurs(0), Occurs(1))), Some((Occurs(0), Occurs(1)))
FIRST, ONLY_FIRST = Occurs(0), Every((Occurs(0), Absent(Occurs(1))))


# --- the edits ------------------------------------------------------------------------------------


def edits() -> list[Edit]:
    """All of them; every name is there once."""
    made = [*_counts(), *_sources(), *_values(), *_statistics(), *_together(), *_ordered()]
    made += _chains()
    assert len({(edit.type, edit.what) for edit in made}) == len(made)
    return made


def _counts() -> Iterator[Edit]:
    was = rule("event_count", A, "gte 8")
    yield Edit("the bound grows", was, rule("event_count", A, "gte 11"))
    yield Edit("the bound shrinks", was, rule("event_count", A, "gte 6"))
    yield Edit("another comparison", was, rule("event_count", A, "eq 9"))
    yield Edit("a second bound", was, rule("event_count", A, "gte 6,lt 10"))
    yield Edit("the timespan shrinks", rule("event_count", A, "gte 5"),
               rule("event_count", A, "gte 5", 25))  # fmt: skip
    yield Edit("the timespan shrinks, the bound too", was, rule("event_count", A, "gte 4", 20))
    yield Edit("the timespan grows", was, rule("event_count", A, "gte 8", 90))
    yield Edit("the timespan grows by a second", was, rule("event_count", A, "gte 8", 61))
    yield Edit("another base condition", was, rule("event_count", B, "gte 8"))
    yield Edit("a filter in the base", rule("event_count", A, "gte 5"),
               rule("event_count", kind("a", but="c"), "gte 5"))  # fmt: skip
    yield Edit("the base loses its filter", rule("event_count", kind("a", above=5), "gte 5"),
               rule("event_count", A, "gte 5"))  # fmt: skip
    yield Edit("the base's threshold", rule("event_count", kind("a", above=3), "gte 4"),
               rule("event_count", kind("a", above=4), "gte 4"))  # fmt: skip
    yield Edit("grouped by another field", was, rule("event_count", A, "gte 8", by="User"))
    yield Edit("a second key", rule("event_count", A, "gte 4"),
               rule("event_count", A, "gte 4", by=("user", "User")))  # fmt: skip
    yield Edit("the keys in another order", rule("event_count", A, "gte 4", by=("user", "User")),
               rule("event_count", A, "gte 4", by=("User", "user")))  # fmt: skip
    yield Edit("no group any more", was, rule("event_count", A, "gte 30", by=()))
    yield Edit("a group at last", rule("event_count", A, "gte 30", by=()), was)
    yield Edit("without a group: the bound", rule("event_count", A, "gte 30", by=()),
               rule("event_count", A, "gte 33", by=()))  # fmt: skip
    yield Edit("the key has another name", was,
               rule("event_count", A, "gte 8", by=aliased("who", "user")))  # fmt: skip
    two = rule("event_count", (A, B), "gte 12")
    yield Edit("a base rule more", rule("event_count", A, "gte 8"), two)
    yield Edit("a base rule less", two, rule("event_count", A, "gte 8"))
    yield Edit("a third base rule", two, rule("event_count", (A, B, C), "gte 12"))
    yield Edit("the base rules in another order", two, rule("event_count", (B, A), "gte 12"))
    yield Edit("two rules: the bound", two, rule("event_count", (A, B), "lt 10"))
    yield Edit("two rules: the alias means another field",
               rule("event_count", (A, B), "gte 8", by=aliased("who", "user", "User")),
               rule("event_count", (A, B), "gte 8", by=aliased("who", "User", "user")))  # fmt: skip
    yield Edit("it counts values now", was, rule("value_count", A, "gte 4", of="amount"))


def _sources() -> Iterator[Edit]:
    was = rule("event_count", A, "gte 8")
    far = rule("event_count", (A, FAR), "gte 12")
    yield Edit("the sources in another order", far, rule("event_count", (FAR, A), "gte 12"))
    yield Edit("two sources: the bound", far, rule("event_count", (A, FAR), "gte 14"))
    yield Edit("a base rule from another source", far, rule("event_count", (A, B), "gte 12"))
    yield Edit("more lateness", was, over(replace(LEFT, lateness_ms=50_000), was))
    yield Edit("less lateness", was, over(replace(LEFT, lateness_ms=5000), was))
    yield Edit("the time is another field", was, over(replace(LEFT, time_field="seen"), was))
    yield Edit("another topic", was, over(replace(LEFT, topic=MOVED), was))
    yield Edit("an unused field of another type", was, over(typed("flag", FieldType.STRING), was))
    yield Edit("a field that nobody uses", was,
               over(replace(LEFT, columns=LEFT.columns[:-1]), was))  # fmt: skip
    numbers = rule("event_count", A, "gte 4", by="number")
    yield Edit("the key is of another type", numbers,
               over(typed("number", FieldType.STRING), numbers))  # fmt: skip
    yield Edit("the key is somewhere else", was,
               over(typed("user", FieldType.STRING, ("User",)), was))  # fmt: skip


def _values() -> Iterator[Edit]:
    was = rule("value_count", A, "gte 5", of="amount")
    yield Edit("the bound", was, rule("value_count", A, "gte 6", of="amount"))
    yield Edit("the timespan shrinks", was, rule("value_count", A, "gte 4", 30, of="amount"))
    yield Edit("the timespan grows", was, rule("value_count", A, "gte 6", 120, of="amount"))
    yield Edit("another field", was, rule("value_count", A, "gte 5", of="number"))
    yield Edit("a second field", was, rule("value_count", A, "gte 5", of=("amount", "User")))
    yield Edit("the value has another name", was,
               rule("value_count", A, "gte 5", of=aliased("what", "amount")))  # fmt: skip
    yield Edit("another base condition", was, rule("value_count", C, "gte 5", of="amount"))
    yield Edit("two rules, in another order", rule("value_count", (A, B), "gte 6", of="amount"),
               rule("value_count", (B, A), "gte 6", of="amount"))  # fmt: skip
    yield Edit("it counts events now", was, rule("event_count", A, "gte 8"))


def _statistics() -> Iterator[Edit]:
    sums = rule("value_sum", A, "gte 40", of="amount")
    yield Edit("the bound", sums, rule("value_sum", A, "gte 52.5", of="amount"))
    yield Edit("the timespan shrinks", sums, rule("value_sum", A, "gte 20", 30, of="amount"))
    yield Edit("the timespan grows", sums, rule("value_sum", A, "gte 90", 150, of="amount"))
    yield Edit("another field", sums, rule("value_sum", A, "gte 40", of="number"))
    yield Edit("it is an average now", sums, rule("value_avg", A, "gte 5", of="amount"))
    mean = rule("value_avg", A, "gte 5", of="amount")
    yield Edit("the bound", mean, rule("value_avg", A, "lt 4.5", of="amount"))
    yield Edit("the timespan shrinks", mean, rule("value_avg", A, "gte 5.5", 30, of="amount"))
    yield Edit("a filter in the base", mean,
               rule("value_avg", kind("a", but="b"), "gte 5", of="amount"))  # fmt: skip
    yield Edit("it is a sum now", mean, sums)
    high = rule("value_percentile", A, "gte 9", of="amount", percentile="90")
    yield Edit("the bound", high, rule("value_percentile", A, "gt 8", of="amount", percentile="90"))
    yield Edit("the timespan shrinks", high,
               rule("value_percentile", A, "gt 8", 25, of="amount", percentile="90"))  # fmt: skip
    yield Edit("the timespan grows", high,
               rule("value_percentile", A, "eq 12", 150, of="amount", percentile="90"))  # fmt: skip
    yield Edit("another percentile", high,
               rule("value_percentile", A, "gte 7", of="amount", percentile="75"))  # fmt: skip
    middle = rule("value_median", A, "gte 5", of="amount")
    half = rule("value_percentile", A, "gte 5", of="amount", percentile="50")
    yield Edit("it is the median now", half, middle)
    yield Edit("it is a percentile now", middle, half)
    yield Edit("the bound", middle, rule("value_median", A, "lte 4", of="amount"))
    yield Edit("another group", middle, rule("value_median", A, "gte 5", of="amount", by="User"))
    yield Edit("it is an average now", middle, mean)


def _together() -> Iterator[Edit]:
    rare, odd = kind("a", above=6), kind("c", above=6)
    was = rule("temporal", (rare, odd), "gte 2", 30)
    both = rule("temporal", (rare, odd), BOTH, 30)
    yield Edit("the bound", was, rule("temporal", (rare, odd), "lt 2", 30))
    yield Edit("a condition instead of a bound", was, both)
    yield Edit("or instead of and", both, rule("temporal", (rare, odd), EITHER, 30))
    yield Edit("not instead of and", both, rule("temporal", (rare, odd), ONLY_FIRST, 30))
    yield Edit("the condition names one rule only", both, rule("temporal", (rare, odd), FIRST, 30))
    yield Edit("the condition names both rules at last", rule("temporal", (rare, odd), FIRST, 30),
               rule("temporal", (rare, odd), ONLY_FIRST, 30))  # fmt: skip
    yield Edit("the timespan shrinks", was, rule("temporal", (rare, odd), "gte 2", 12))
    seldom = rule("temporal", (kind("a", above=7), kind("c", above=8)), "gte 2", 20)
    yield Edit("the timespan grows", seldom, replace_span(seldom, 120))
    yield Edit("the base rules in another order", rule("temporal", (A, C), ONLY_FIRST, 4),
               rule("temporal", (C, A), ONLY_FIRST, 4))  # fmt: skip
    yield Edit(
        "another base condition", was, rule("temporal", (rare, kind("b", above=6)), "gte 2", 30)
    )
    yield Edit("a third base rule", was, rule("temporal", (rare, odd, FAR), "gte 3", 30))
    yield Edit("the order counts now", was, rule("temporal_ordered", (rare, odd), "", 30))
    far = rule("temporal", (rare, kind("c", RIGHT, above=6)), BOTH, 30)
    yield Edit("two sources: the timespan shrinks", far, replace_span(far, 10))


def _ordered() -> Iterator[Edit]:
    rare, odd, last = kind("a", above=6), kind("b", above=6), kind("c", above=6)
    was = rule("temporal_ordered", (rare, odd, last), "", 45)
    yield Edit("the timespan shrinks", was, replace_span(was, 15))
    yield Edit("the timespan shrinks a little", was, replace_span(was, 40))
    yield Edit("the timespan grows", replace_span(was, 10), replace_span(was, 120))
    yield Edit("the rules in another order", was,
               rule("temporal_ordered", (last, odd, rare), "", 45))  # fmt: skip
    yield Edit("another last rule", was, rule("temporal_ordered", (rare, odd, C), "", 45))
    yield Edit("a rule less", was, rule("temporal_ordered", (rare, last), "", 45))
    yield Edit("another group", was, rule("temporal_ordered", (rare, odd, last), "", 45, by="User"))
    yield Edit("the key has another name", was,
               rule("temporal_ordered", (rare, odd, last), "", 45,
                    by=aliased("who", "user", "user", "user")))  # fmt: skip
    yield Edit("the order does not count any more", was,
               rule("temporal", (rare, odd, last), "gte 3", 45))  # fmt: skip
    two = rule("temporal_ordered", (rare, kind("c", RIGHT, above=6)), "", 45)
    yield Edit("two sources: the timespan shrinks", two, replace_span(two, 20))


def _chains() -> Iterator[Edit]:
    often = rule("event_count", A, "gte 8", name="often")
    rare = kind("b", above=7)
    was = rule("temporal_ordered", (often, rare), "", 40)
    yield Edit("the timespan above shrinks", was, replace_span(was, 10))
    many = rule("event_count", often, "gte 8", 120)
    seldom = rule("event_count", A, "gte 11", name="often")
    shorter, longer = replace_span(often, 45), replace_span(often, 90)
    yield Edit("the timespan above grows", replace_span(many, 40), many)
    yield Edit("the timespan below shrinks", many, rule("event_count", shorter, "gte 8", 120))
    yield Edit("the timespan below grows", many, rule("event_count", longer, "gte 8", 120))
    yield Edit("the bound below", many, rule("event_count", seldom, "gte 8", 120))
    yield Edit("the condition at the bottom", was,
               rule("temporal_ordered", (rule("event_count", kind("a", but="c"), "gte 8",
                                              name="often"), rare), "", 40))  # fmt: skip
    yield Edit("an event rule instead of a correlation", was,
               rule("temporal_ordered", (kind("a", above=7), rare), "", 40))  # fmt: skip
    twice = rule("event_count", often, "gte 4", 30)
    yield Edit("the bound above", twice, rule("event_count", often, "gte 6", 30))
    yield Edit("both timespans shrink", many,
               rule("event_count", replace_span(often, 40), "gte 8", 100))  # fmt: skip
    named = rule("event_count", A, "gte 8", by=aliased("who", "user"), name="often")
    yield Edit("the key below has another name", twice, rule("event_count", named, "gte 4", 30))
    spread = rule("value_count", A, "gte 5", of="amount", name="spread")
    both = rule("temporal", (often, spread), BOTH, 5)
    yield Edit("the condition above", both, rule("temporal", (often, spread), ONLY_FIRST, 5))
    yield Edit("other values below", both,
               rule("temporal", (often, rule("value_count", A, "gte 5", of="number",
                                             name="spread")), BOTH, 5))  # fmt: skip


def replace_span(query: CorrelationQuery, seconds: int) -> CorrelationQuery:
    """The same with another timespan."""
    return replace(query, correlation=replace(query.correlation, timespan_ms=seconds * SECOND))
