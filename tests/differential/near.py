"""Events near a detection: its literals are hit, or just missed."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import inf, isfinite, nextafter
from typing import Any

from hypothesis import strategies as st

from differential.literals import (
    ALPHABET,
    DOUBLES,
    INTEGERS,
    TIMES,
    doubles,
    integers,
    numbers,
    texts,
    twins,
    words,
)
from differential.regexes import witness
from differential.world import SOURCE, TEXTS, Doubled, Event, place
from tocsin.front.time_part import RANGES
from tocsin.ir.leaf import passes
from tocsin.ir.nodes import (
    And,
    Cidr,
    Compare,
    Const,
    Expr,
    FieldRef,
    IsNull,
    Keyword,
    Leaf,
    Not,
    Or,
    Regex,
    Test,
    Text,
    TimePart,
    Unit,
    Wild,
)
from tocsin.ir.text import INT64, number_text, parse_number, scalar_text
from tocsin.model.source import Column, FieldType

Draw = st.DrawFn
_members = st.one_of(texts, texts, integers, st.booleans(), st.none(), doubles)
_odd_members = st.sampled_from([{"a": "b"}, ["a"], {}, []])


# --- texts near a test --------------------------------------------------------------------------


def near_text(draw: Draw, test: Test, *, hit: bool) -> str:
    """A text that passes the test nearly always; without `hit`, one that is close to it."""
    text = _HIT[type(test)](draw, test)
    if hit or draw(st.integers(0, 3)) == 0:
        return text
    if isinstance(test, Text) and test.cased and draw(st.booleans()):
        return draw(st.sampled_from([text.swapcase(), text.lower(), text.upper()]))
    changed = mutated(draw, text)
    return mutated(draw, changed) if passes(test, changed) else changed


def _pattern_text(draw: Draw, test: Text) -> str:
    made = []
    for part in test.pattern:
        if part is Wild.MANY:
            made.append(draw(words))
        elif part is Wild.ONE:
            made.append(draw(st.sampled_from(ALPHABET)))
        else:
            made.append(part if test.cased else recased(draw, part))
    return "".join(made)


def recased(draw: Draw, text: str) -> str:
    """The text with other letters that fold alike."""
    if len(text) > 60 or draw(st.booleans()):
        return text
    seed = draw(st.integers(0, 2**16))
    chosen = []
    for at, char in enumerate(text):
        same = twins(char)
        chosen.append(same[(seed >> at % 16) % len(same)])
    return "".join(chosen)


def _regex_text(draw: Draw, test: Regex) -> str:
    text = witness(test)
    if draw(st.booleans()):
        return text
    return draw(words) + text + draw(words)


def _address(draw: Draw, test: Cidr) -> str:
    network = ipaddress.ip_network(test.network)
    first, last = int(network[0]), int(network[-1])
    number = draw(st.sampled_from([first, last, first + (last - first) // 3, first - 1, last + 1]))
    number = min(max(number, 0), 2**network.max_prefixlen - 1)
    address = type(network[0])(number)
    ways = [str(address), str(address), address.exploded, address.exploded.upper()]
    return draw(st.sampled_from(ways))


def _number_text(draw: Draw, test: Compare) -> str:
    number = near_number(draw, test)
    form = draw(st.integers(0, 9))
    text = number_text(number)
    if form == 0:
        return f"{text}.0"
    if form == 1:
        return f"{text}e0"
    return repr(float(number)) if form == 2 else text


def near_number(draw: Draw, test: Compare) -> float:
    """The number of a comparison, or its neighbours."""
    way = draw(st.integers(0, 5))
    if way == 0:
        return draw(numbers)
    if isinstance(test.number, int):
        return test.number + draw(st.sampled_from([-1, 0, 1, -2, 1000, -1000]))
    neighbours = [test.number, nextafter(test.number, inf), nextafter(test.number, -inf)]
    return draw(st.sampled_from([n for n in neighbours if isfinite(n)]))


def _time_text(draw: Draw, test: TimePart) -> str:
    if draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from(TIMES))
    at = _moment(draw, test.unit, draw(st.sampled_from(_edges(test))))
    if draw(st.integers(0, 5)) == 0:
        at += draw(st.sampled_from([timedelta(minutes=1), -timedelta(minutes=1)]))
    minutes = draw(st.sampled_from([0, 0, 60, -60, 330, -570, 840]))
    local = at + timedelta(minutes=minutes)
    hours, rest = divmod(abs(minutes), 60)
    colon = draw(st.sampled_from([":", ""]))
    zone = f"{'-' if minutes < 0 else '+'}{hours:02}{colon}{rest:02}"
    zone = zone[:3] if not rest and draw(st.booleans()) else zone
    clock = local.strftime("%H:%M:%S")
    fraction = draw(st.sampled_from(["", "", ".5", ".999", ".9999999", ".000001"]))
    date = f"{local.year:04}-{local.month:02}-{local.day:02}"
    if minutes == 0:
        zone = draw(st.sampled_from(["Z", "", "+00:00", "-0000", "+00"]))
        if draw(st.integers(0, 6)) == 0:
            return date
    return date + draw(st.sampled_from("TT ")) + clock + fraction + zone


def _edges(test: TimePart) -> list[int]:
    """Numbers at both ends of the range, and the next ones outside."""
    low, high = RANGES[test.unit]
    near = (test.first, test.last, test.first - 1, test.last + 1)
    return [n for n in near if low <= n <= high]


def _moment(draw: Draw, unit: Unit, value: int) -> datetime:
    years = st.sampled_from([2020, 2021, 2024, 2026, 1969, 1970, 1999])
    days = st.integers(0, 370)
    base = datetime(draw(years), 1, 1, tzinfo=UTC) + timedelta(days=draw(days), minutes=draw(days))
    if unit is Unit.WEEK:
        try:
            return datetime.fromisocalendar(base.year, value, 1 + base.day % 7).replace(
                tzinfo=UTC, hour=base.hour
            )
        except ValueError:
            return base
    if unit is Unit.YEAR and not 1 < value < 9999:
        return base
    try:
        return base.replace(**{unit.value: value})  # type: ignore[arg-type] # a part's name
    except ValueError:
        return base


_HIT: dict[type, Callable[[Draw, Any], str]] = {
    Text: _pattern_text,
    Regex: _regex_text,
    Cidr: _address,
    Compare: _number_text,
    TimePart: _time_text,
}


def mutated(draw: Draw, text: str) -> str:
    """The text with one small change."""
    at = draw(st.integers(0, max(0, min(len(text), 40) - 1)))
    head, char, tail = text[:at], text[at : at + 1], text[at + 1 :]
    nasty = draw(st.sampled_from(ALPHABET))
    changes = [
        head + tail,
        head + char + char + tail,
        head + nasty + tail,
        head + nasty + char + tail,
        text.swapcase(),
        text + "\n",
        " " + text,
        text + nasty,
        nasty + text,
        text[:-1],
        head + (twins(char)[-1] if char else "") + tail,
    ]
    return draw(st.sampled_from(changes))


# --- values of columns --------------------------------------------------------------------------


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
        number = parse_number(_pattern_text(draw, test))
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


# --- events -------------------------------------------------------------------------------------


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
