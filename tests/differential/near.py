"""Events near a detection: its literals are hit, or just missed."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from differential.literals import (
    DOUBLES,
    INTEGERS,
    TIMES,
    doubles,
    integers,
    numbers,
    texts,
)
from differential.near_text import Draw, near_number, near_text, pattern_text
from differential.world import SOURCE, TEXTS, Doubled, Event, place
from tocsin.ir.leaf import passes
from tocsin.ir.nodes import (
    And,
    Compare,
    Const,
    Expr,
    FieldRef,
    IsNull,
    Keyword,
    Leaf,
    Not,
    Or,
    Test,
    Text,
    Wild,
)
from tocsin.ir.text import INT64, number_text, parse_number, scalar_text
from tocsin.model.source import Column, FieldType

_members = st.one_of(texts, texts, integers, st.booleans(), st.none(), doubles)
_odd_members = st.sampled_from([{"a": "b"}, ["a"], {}, []])


def near_value(draw: Draw, column: Column, test: Test, *, hit: bool) -> Any:
    """A value of the column's type near the test."""
    match column.type:
        case FieldType.STRING | FieldType.TIMESTAMP:
            return _loosely(draw, near_text(draw, test, hit=hit))
        case FieldType.STRINGS:
            return _array(draw, near_text(draw, test, hit=hit))
        case FieldType.INTEGER | FieldType.DOUBLE:
            return _number(draw, column.type, test)
        case FieldType.BOOLEAN:
            right = [value for value in (True, False) if passes(test, str(value).lower()) is hit]
            return draw(st.sampled_from(right or [True, False]))
        case _:
            return any_value(draw, column)


def _loosely(draw: Draw, text: str) -> Any:
    """The text, or the value that has it as its text form."""
    if draw(st.booleans()):
        return text
    if text in ("true", "false"):
        return text == "true"
    value = parse_number(text)
    if value is None or number_text(value) != text:
        return text
    return value


def _array(draw: Draw, text: str) -> Any:
    others: list[Any] = draw(st.lists(members(), max_size=2))
    if draw(st.integers(0, 7)) == 0:
        return text
    at = draw(st.integers(0, len(others)))
    return [*others[:at], _loosely(draw, text), *others[at:]]


def members() -> st.SearchStrategy[Any]:
    """Members of arrays."""
    return st.one_of(_members, _members, _members, _odd_members)


def _number(draw: Draw, kind: FieldType, test: Test) -> float:
    number: float | None = None
    if isinstance(test, Compare):
        number = near_number(draw, test)
    elif isinstance(test, Text) and all(isinstance(part, str) for part in test.pattern):
        number = parse_number("".join(map(str, test.pattern)))
    elif isinstance(test, Text):
        number = parse_number(pattern_text(draw, test))
    if number is None or draw(st.integers(0, 9)) == 0:
        number = draw(integers)
    if kind is FieldType.DOUBLE:
        # A number that a double does not hold is another number in a double column.
        return number if number_text(number) == number_text(float(number)) else float(number)
    return int(number) if int(number) in INT64 else draw(integers)


OF_TYPE: dict[FieldType, st.SearchStrategy[Any]] = {
    FieldType.STRING: texts,
    FieldType.TIMESTAMP: st.sampled_from(TIMES),
    FieldType.INTEGER: integers,
    FieldType.DOUBLE: st.one_of(doubles, st.sampled_from(DOUBLES), st.sampled_from(INTEGERS[:10])),
    FieldType.BOOLEAN: st.booleans(),
    FieldType.MAP: st.sampled_from([{"a": "b"}, {}, {"a": {"b": [1, "x"]}}]),
}


def any_value(draw: Draw, column: Column) -> Any:
    """Any value of the column's type, or none."""
    if draw(st.integers(0, 4)) == 0:
        return None
    if column.type is not FieldType.STRINGS:
        value = draw(OF_TYPE[column.type])
        return _loosely(draw, value) if column.type in TEXTS else value
    if draw(st.integers(0, 5)) == 0:
        return draw(st.one_of(texts, st.just({"a": "b"})))
    return draw(st.lists(members(), max_size=3))


@st.composite
def near_events(draw: Draw, expr: Expr) -> Event:
    """An event that the expression likely matches, or likely does not.

    Every fourth has keys of an opposite event first: a reader that takes these is wrong.
    """
    want = draw(st.booleans())
    event = _near(draw, expr, want=want)
    if draw(st.integers(0, 3)):
        return event
    return doubled(draw, event, _near(draw, expr, want=not want))


def doubled(draw: Draw, event: Event, before: Event) -> Event:
    """The event with keys that it shares with another first as there, at every level."""
    inner = {
        key: doubled(draw, value, before[key]) if _maps(value, before.get(key)) else value
        for key, value in event.items()
    }
    shared = [(key, value) for key, value in before.items() if key in event]
    return Doubled(inner, [pair for pair in shared if draw(st.booleans())])


def _maps(*values: Any) -> bool:
    return all(isinstance(value, dict) for value in values)


def _near(draw: Draw, expr: Expr, *, want: bool) -> Event:
    event: Event = {}
    for column in SOURCE.columns:
        if draw(st.integers(0, 4)) == 0:
            put(draw, event, column, any_value(draw, column))
    if draw(st.integers(0, 29)) == 0:
        event["user"] = draw(st.sampled_from(["x", 5, None, [], [{"name": "x", "age": 5}]]))
    _aim(draw, expr, event, want=want)
    if draw(st.integers(0, 4)) == 0:
        column = draw(st.sampled_from(SOURCE.columns))
        put(draw, event, column, draw(st.one_of(numbers, texts, _odd_members, st.booleans())))
    return event


def put(draw: Draw, event: Event, column: Column, value: Any) -> None:
    """Set a field at its place; a dotted name's place may be one flat key."""
    is_dotted = len(column.path) > 1 and ".".join(column.path) == column.name
    if is_dotted and draw(st.integers(0, 3)) == 0:
        event[column.name] = value
    else:
        event.pop(column.name, None)
        place(event, column.path, value)


def _aim(draw: Draw, expr: Expr, event: Event, *, want: bool) -> None:
    match expr:
        case Const():
            return
        case Not(arg):
            _aim(draw, arg, event, want=not want)
        case And(args) | Or(args):
            # All decide an AND that holds, one an AND that does not; the other way for OR.
            chosen = args if isinstance(expr, And) is want else (draw(st.sampled_from(args)),)
            for arg in chosen:
                _aim(draw, arg, event, want=want)
        case _:
            _aim_leaf(draw, expr, event, want=want)


def _aim_leaf(
    draw: Draw,
    expr: IsNull | Leaf | Keyword | FieldRef,
    event: Event,
    *,
    want: bool,
) -> None:
    if isinstance(expr, Keyword):
        column = draw(st.sampled_from([c for c in SOURCE.columns if c.type in TEXTS]))
        put(draw, event, column, near_text(draw, expr.test, hit=want))
        return
    column = SOURCE.column(expr.field) or SOURCE.columns[0]
    if isinstance(expr, Leaf):
        put(draw, event, column, near_value(draw, column, expr.test, hit=want))
    elif isinstance(expr, IsNull):
        empty = (
            draw(st.sampled_from([None, [], [None]])) if column.type is FieldType.STRINGS else None
        )
        value = empty if want else near_value(draw, column, Text((Wild.MANY,)), hit=True)
        put(draw, event, column, value)
    else:
        _aim_pair(draw, expr, event)


def _aim_pair(draw: Draw, expr: FieldRef, event: Event) -> None:
    """Two fields with nearly the same text."""
    left, right = (SOURCE.column(name) or SOURCE.columns[0] for name in (expr.field, expr.other))
    first = any_value(draw, left)
    put(draw, event, left, first)
    text = scalar_text(first[0] if isinstance(first, list) and first else first)
    if text is not None and left is not right:
        test = Text((text,), cased=True)
        put(draw, event, right, near_value(draw, right, test, hit=draw(st.booleans())))
