"""Correlations of every kind and streams for them, made by hypothesis; what the evaluator says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sql_cases import query as event_query
from tocsin.cases.windows import explain_windows
from tocsin.diagnostics import Span
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
from tocsin.ir.nodes import Expr, Leaf, Text, Wild
from tocsin.ir.query import CorrelationQuery, Query, Resolved
from tocsin.ir.stream import completions, observe
from tocsin.ir.times import parse_millis, parse_time, time_value
from tocsin.model.artifact import Match
from tocsin.model.detection import Detection, Meta
from tocsin.model.source import Column, FieldType, LogSource, Source, TimeUnit

T = TypeVar("T")

TYPES = {
    "kind": FieldType.STRING,
    "user": FieldType.STRING,
    "User": FieldType.STRING,
    "actor.name": FieldType.STRING,
    "number": FieldType.INTEGER,
    "flag": FieldType.BOOLEAN,
    "amount": FieldType.STRING,
    "ratio": FieldType.DOUBLE,
    "tags": FieldType.STRINGS,
    "map": FieldType.MAP,
    "time": FieldType.TIMESTAMP,
}
COLUMNS = tuple(Column(name, kind, tuple(name.split("."))) for name, kind in TYPES.items())
LATENESS_MS = 30_000
LEFT = Source("left", COLUMNS, table="left_events", time_field="time", lateness_ms=LATENESS_MS)
RIGHT = Source("right", COLUMNS, table="right_events", time_field="time", lateness_ms=0)
SOURCES = (LEFT, RIGHT)

NUMERIC = "when"
"""Field of RIGHT's times where they are numbers."""

SECOND = 1000
SPANS = [SECOND, 10 * SECOND, 60 * SECOND]
START = datetime(2026, 1, 1, tzinfo=UTC)


def correlated(
    correlation: Correlation, bases: Sequence[Resolved], name: str = "c"
) -> CorrelationQuery:
    """A detection on the matches of these bases."""
    detection = Detection(name, name, Meta("Any"), LogSource(), Span())
    return CorrelationQuery(detection, correlation, tuple(bases))


def holding(letter: str, of: Source = LEFT, name: str = "") -> Query:
    """Events whose kind has this letter."""
    expr: Expr = Leaf("kind", Text((Wild.MANY, letter, Wild.MANY)))
    return event_query(expr, of, name or f"{of.name}-{letter}")


def wanted(query: CorrelationQuery, events: Sequence[dict[str, Any]]) -> list[Match]:
    """What the reference evaluator finds."""
    found = observe(query.events, events)
    return sorted(
        Match(query.detection.id, done.event[1], done.group)
        for done in completions(query, found).completed
    )


def missed(query: CorrelationQuery, events: Sequence[dict[str, Any]]) -> dict[str, int]:
    """How many base matches the reference evaluator leaves out, by reason."""
    return explain_windows(query, events).left_out.told


GAP = timedelta(weeks=4)
"""Far longer than any window or lateness."""


def packed(streams: Sequence[Sequence[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Streams one after the other as one: too far apart in time to see each other."""
    return [
        {**event, "time": _shifted(event.get("time"), GAP * number)}
        for number, stream in enumerate(streams)
        for event in stream
    ]


def wanted_apart(
    query: CorrelationQuery, streams: Sequence[Sequence[dict[str, Any]]]
) -> list[Match]:
    """What the evaluator finds in each stream, numbered as in all of them packed."""
    found: list[Match] = []
    start = 0
    for stream in streams:
        found += [replace(m, event=m.event + start) for m in wanted(query, stream)]
        start += len(stream)
    return sorted(found)


def _shifted(text: str | None, by: timedelta) -> str | None:
    moment = parse_time(text or "")
    return text if moment is None else (moment + by).isoformat(timespec="milliseconds")


def sources_in(unit: TimeUnit) -> tuple[Source, Source]:
    """The sources; times of RIGHT are numbers of a unit, those of LEFT texts."""
    columns = (*COLUMNS, Column(NUMERIC, FieldType.INTEGER, (NUMERIC,)))
    return LEFT, replace(RIGHT, columns=columns, time_field=NUMERIC, time_unit=unit)


def query_in(query: CorrelationQuery, unit: TimeUnit) -> CorrelationQuery:
    """The query over these sources."""
    right = sources_in(unit)[1]
    bases: list[Resolved] = []
    for base in query.bases:
        if isinstance(base, CorrelationQuery):
            bases.append(query_in(base, unit))
        else:
            bases.append(replace(base, source=right) if base.source is RIGHT else base)
    return replace(query, bases=tuple(bases))


def events_in(events: Sequence[dict[str, Any]], unit: TimeUnit) -> list[dict[str, Any]]:
    """The events with their times as numbers too; what is no time stays what it is."""
    times = [parse_millis(event["time"] or "") for event in events]
    return [
        {**event, NUMERIC: event["time"] if time is None else time_value(time, unit)}
        for event, time in zip(events, times, strict=True)
    ]


def drawn(strategy: st.SearchStrategy[T], rounds: int) -> list[T]:
    """What hypothesis makes of a strategy in so many rounds, always the same."""
    found: list[T] = []

    @settings(max_examples=rounds, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(strategy)
    def collect(example: T) -> None:
        found.append(example)

    collect()
    return found


def numbered(queries: Sequence[CorrelationQuery]) -> list[CorrelationQuery]:
    """The queries with ids `q0`, `q1`, …"""
    return [
        replace(query, detection=replace(query.detection, id=f"q{n}"))
        for n, query in enumerate(queries)
    ]


def difference(
    queries: Sequence[CorrelationQuery],
    events: Sequence[dict[str, Any]],
    got: Sequence[Match],
    expected: Sequence[Match],
) -> str:
    """What an engine finds and the evaluator does not, or the other way round; else nothing."""
    found, asked = Counter(got), Counter(expected)
    wrong = sorted((found - asked) + (asked - found))
    if not wrong:
        return ""
    query = queries[int(wrong[0].detection[1:])]
    near = range(max(0, wrong[0].event - 20), min(len(events), wrong[0].event + 20))
    lines = "\n".join(f"{n}: {events[n]}" for n in near)
    more = "not" if found[wrong[0]] < asked[wrong[0]] else "only"
    return f"{len(wrong)} differ; {wrong[0]} is {more} in SQL\n{query}\n{lines}"


# --- events ---------------------------------------------------------------------------------------

GOOD_NUMBERS = ["5", "5.0", "0.1", "-0.25", "2.5e0", "12", "100", "0.2", "1e2"]
ODD_NUMBERS = [
    *("1e17", "-1e17", "1e18", "999999999999999999.9999999995", "999999999999999999.9999999994"),
    *("1e-10", "5e-10", "4.9e-10", "0.0000000005", "-0.0000000005", "0.1234567895", "1e100"),
    *("", " 5", "5 ", "+5", "1E5", "1_0", "0x10", "inf", "nan", ".5", "5.", "-", "-0", "00012"),
    *("abc", "5e", "1e+2", "1e-02", "12345678901234567890", "0." + "3" * 60, "1\n", "٣"),
]
RATIOS = [0.1, 0.2, 0.5, 2.5, -0.25, 1e17, 1e-7, 5e-10, 4.9e-10, 123456.789, 1e18, 5.0, -0.0]
USERS = ["a", "a", "a", "b", "A", "", "1", "a:b"]

times = st.one_of(
    st.integers(0, 12).map(lambda n: n * 10 * SECOND),
    st.integers(0, 120).map(lambda n: n * SECOND),
    st.sampled_from([9999, 10000, 10001, 59999, 60000, 60001, 999, 1001, 30001]),
)


def time_text(milliseconds: int, style: int = 0) -> str:
    """ISO 8601, in several ways."""
    moment = START + timedelta(milliseconds=milliseconds)
    if style == 1:
        return (moment + timedelta(hours=2)).isoformat(" ", "milliseconds")[:-6] + "+0200"
    if style == 2:
        return moment.isoformat(timespec="milliseconds")[:-6] + "999-00:00"
    return moment.isoformat(timespec="milliseconds")[:-6] + "Z"


values: dict[str, st.SearchStrategy[Any]] = {
    "kind": st.sampled_from(["a", "b", "c", "ab", "ab", "bc", "abc", "abc", "x"]),
    "user": st.sampled_from(USERS),
    "User": st.sampled_from(USERS),
    "number": st.sampled_from([0, 1, 5, -5, 100, 10**18, 2**63 - 1]),
    "flag": st.booleans(),
    "amount": st.one_of(st.sampled_from(GOOD_NUMBERS), st.sampled_from(ODD_NUMBERS)),
    "ratio": st.sampled_from(RATIOS),
    "tags": st.sampled_from([["a"], ["a", "b"], [], "a", ["5", None], {"a": 1}, [5], [["a"], "b"]]),
    "map": st.just({"a": "b"}),
}


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    """An event; a field is missing or null now and then."""
    event: dict[str, Any] = {
        key: draw(value) for key, value in values.items() if draw(st.integers(0, 7))
    }
    if draw(st.integers(0, 3)):
        event["actor"] = {"name": draw(st.sampled_from(USERS))}
    told = time_text(draw(times), draw(st.integers(0, 2)))
    odd = st.sampled_from([None, "yesterday", "2026-02-30T00:00:00Z", ""])
    event["time"] = draw(odd) if not draw(st.integers(0, 15)) else told
    return event


def streams() -> st.SearchStrategy[list[dict[str, Any]]]:
    """Events in order of arrival: mostly in order of time too, some within lateness, some late."""
    made = st.lists(events(), min_size=4, max_size=16)
    return st.one_of(made.map(_by_time), made.map(_by_time), made)


def _by_time(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(found, key=lambda event: str(event["time"]).replace(" ", "T"))


# --- correlations ---------------------------------------------------------------------------------

KEYS = ["user", "User", "actor.name", "number", "flag", "tags", "map"]
NUMBERS = ["amount", "ratio", "number", "tags", "flag", "map"]
TEXTS = [*KEYS, "amount"]
STATISTICS = (
    CorrelationType.VALUE_SUM,
    CorrelationType.VALUE_AVG,
    CorrelationType.VALUE_PERCENTILE,
    CorrelationType.VALUE_MEDIAN,
)
OPS = list(BoundOp)
SMALL = ["0", "1", "2", "3", "1.5"]
FIGURES = ["0", "5", "2.5", "0.1", "-0.25", "0.15", "5.1", "100", "1e17", "17.5"]
FINE = ["0.30000000001", "0.0000000000001"]
"""With more places than an average may be compared with."""


def canonical(number: str) -> str:
    """Without an exponent, as the IR has it."""
    return format(float(number), ".0f") if "e" in number else number


def refs(fields: Sequence[str], rules: int, sizes: tuple[int, int]) -> st.SearchStrategy[Any]:
    """References that mean one field everywhere, or one for each rule."""
    field = st.sampled_from(list(fields))
    same = field.map(lambda name: Ref(name, (name,) * rules))
    each = st.lists(field, min_size=rules, max_size=rules)
    aliased = each.map(lambda names: Ref("alias_" + "_".join(names), tuple(names)))
    least, most = sizes
    return st.lists(
        st.one_of(same, same, aliased),
        min_size=least,
        max_size=most,
        unique_by=lambda ref: ref.name.lower(),
    ).map(tuple)


def presences(rules: int) -> st.SearchStrategy[Presence]:
    """Conditions over rules."""
    occurs: st.SearchStrategy[Presence] = st.integers(0, rules - 1).map(Occurs)

    def more(below: st.SearchStrategy[Presence]) -> st.SearchStrategy[Presence]:
        several = st.lists(below, min_size=1, max_size=3).map(tuple)
        return st.one_of(several.map(Every), several.map(Some), below.map(Absent))

    return st.recursive(occurs, more, max_leaves=5)


@st.composite
def correlations(draw: st.DrawFn, rules: int) -> Correlation:
    """Any correlation of so many rules."""
    kind = draw(st.sampled_from(list(CorrelationType)))
    span = draw(st.sampled_from(SPANS))
    group = draw(refs(KEYS[:5] if draw(st.integers(0, 3)) else KEYS, rules, (0, 2)))
    fine = [] if kind is CorrelationType.VALUE_AVG else FINE
    figure = st.sampled_from([*FIGURES, *fine] if kind in STATISTICS else SMALL).map(canonical)
    bounds = tuple(
        Bound(op, draw(figure))
        for op in draw(st.lists(st.sampled_from(OPS), min_size=1, max_size=2, unique=True))
    )
    presence = None
    found: tuple[Ref, ...] = ()
    if kind is CorrelationType.VALUE_COUNT:
        found = draw(refs(TEXTS, rules, (1, 2)))
    elif kind in STATISTICS:
        found = draw(refs(NUMBERS if draw(st.booleans()) else NUMBERS[:2], rules, (1, 1)))
    elif kind is CorrelationType.TEMPORAL and draw(st.booleans()):
        bounds, presence = (), draw(presences(rules))
    elif kind is CorrelationType.TEMPORAL_ORDERED:
        bounds = ()
    share = draw(st.sampled_from(["0", "25", "50", "95", "99.9", "100"]))
    percentile = share if kind is CorrelationType.VALUE_PERCENTILE else ""
    return Correlation(kind, rules, span, group, bounds, presence, found, percentile)


@st.composite
def chains(draw: st.DrawFn, depth: int = 2, names: Any = None) -> CorrelationQuery:
    """A correlation on event rules of two sources and on other correlations."""
    names = names or count()
    rules = draw(st.integers(1, 3))
    bases: list[Resolved] = []
    for _ in range(rules):
        if depth and draw(st.integers(0, 4)) == 1:
            bases.append(draw(chains(depth - 1, names)))
        else:
            letter, of = draw(st.sampled_from("abc")), draw(st.sampled_from([LEFT, LEFT, RIGHT]))
            bases.append(holding(letter, of, f"e{next(names)}"))
    return correlated(draw(correlations(rules)), bases, f"c{next(names)}")
