"""What the tests of the SQL backends share: a source with every type, queries, expressions."""

from __future__ import annotations

from typing import Any

from tocsin.diagnostics import Span
from tocsin.ir.nodes import (
    Cidr,
    Compare,
    Const,
    Expr,
    FieldRef,
    How,
    IsNull,
    Leaf,
    Op,
    Regex,
    Test,
    Text,
    TimePart,
    Unit,
    Wild,
    any_of,
)
from tocsin.ir.query import Query
from tocsin.model.detection import Detection, Meta
from tocsin.model.source import Column, FieldType, LogSource, Source

TYPES = {
    "text": FieldType.STRING,
    "TEXT": FieldType.STRING,
    "parts.text": FieldType.STRING,
    "parts.deep.number": FieldType.INTEGER,
    "number": FieldType.INTEGER,
    "ratio": FieldType.DOUBLE,
    "flag": FieldType.BOOLEAN,
    "time": FieldType.TIMESTAMP,
    "map": FieldType.MAP,
    "many": FieldType.STRINGS,
}
VALUES = "values"
HOSTILE = (
    *("x.parquet", "/etc/passwd", "a'b", 'a"b', "a`b", "a\nb", "x; DROP TABLE y", "-- c", "/* c"),
    *("getenv('HOME')", "read_text('/etc/passwd')", "${env:HOME}", "$x", ":x", "?", "{{x}}", "~"),
)
"""Names of fields; as names of tables, all that a source may say."""


def source(*, values: bool = False, arrays: bool = True) -> Source:
    """A source with a column of every type; `values`: with the column that keywords need."""
    columns = [
        Column(name, kind, tuple(name.split(".")))
        for name, kind in TYPES.items()
        if arrays or kind is not FieldType.STRINGS
    ]
    return Source(
        "every_type",
        tuple(columns),
        table="every_type",
        time_field="time",
        lateness_ms=300_000,
        values_column=VALUES if values else "",
    )


def query(expr: Expr, of: Source, name: str = "d") -> Query:
    """A detection with this condition."""
    detection = Detection(name, name, Meta("Any"), LogSource(), Span())
    return Query(detection, of, Const(value=True), expr)


NUMBERS = ["5", "5.0", "-0", "10", " 10", "1e3", "1_0", "inf", "nan", "10d", "9007199254740993"]
NUMBERS += ["9223372036854775807", "9223372036854775808", "1e999", "0x1F", "٣", "1.", ".5", "+5"]
TIMES = ["2026-01-01T08:30:00Z", "2026-01-01", "2025-12-31 23:30:00-01:00", "2026-02-30T00:00:00Z"]
TIMES += [
    "2026-01-01T08:30",
    "2026-01-01T08:59:59.9999999+00:30",
    "0000-01-01T00:00:00Z",
    "20260101",
]
ADDRESSES = ["10.1.2.3", "10.01.2.3", "::ffff:10.1.2.3", "fe80::1", "FE80:0::0001", "fe80::1%eth0"]
ODD = ["", "-", "null", "true", "FALSE", *NUMBERS, *TIMES, *ADDRESSES]
INTEGERS = [0, 1, -1, 5, 10, 4688, 2**53, 2**53 + 1, -(2**63), 2**63 - 1]
DOUBLES = [0.0, 0.5, 5.0, -5.25, 1e-7, 1.5e300, 2.0**53, 1e20, 1e21, 123456.789]

REGEXES = [
    r"^a.b$",
    r"(?i)K",
    r"\bab?",
    "a|^$",
    r"\d+\s*$",
    r"[^a-z]é",
    r"(?P<n>\w)\W",
    "[[:alpha:]]+",
]
REGEXES += [r"\x{1F600}|\Q.*\E", "(?s:a.)b", "", r"\pL\PL", "(?m)^b$", "\u03c3{1,2}"]
REGEXES += ["(?:(?i:ß)|s)$", "[[:alpha:]]+"]
NETWORKS = ["10.0.0.0/8", "10.1.2.0/23", "fe80::/10", "::ffff:10.0.0.0/104", "0.0.0.0/0", "::/0"]


# --- a fixed table ------------------------------------------------------------------------------

PATTERNS = [
    Text(()),
    Text((Wild.MANY,)),
    Text((Wild.ONE,)),
    Text((Wild.ONE, Wild.ONE)),
    Text(("k",)),
    Text(("i",)),
    Text(("\u03c3",)),
    Text(("\u00df",)),
    Text(("A",), cased=True),
    Text(("\\", Wild.MANY)),
    Text((Wild.MANY, "\\")),
    Text((Wild.MANY, "%_", Wild.MANY)),
    Text(("a", Wild.MANY, "b")),
    Text(("a", Wild.ONE, "b")),
    Text(("a%", Wild.ONE, "_!", Wild.MANY)),
    Text((Wild.MANY, "'", Wild.ONE, '"`', Wild.MANY)),
    Text((Wild.MANY, "\n", Wild.MANY)),
    Text((Wild.MANY, "\U0001f600", Wild.MANY)),
    Text((Wild.MANY, "\U00010428")),
    Text(("5",)),
    Text(("true",)),
    Text(("5.0",)),
    Text((Wild.MANY, "\\e.*\\q", Wild.ONE)),
    Text(("null",)),
]
COMPARISONS = [
    Compare(op, number)
    for op, number in [
        (Op.GT, 4),
        (Op.GTE, 5.0),
        (Op.LT, 5.5),
        (Op.LTE, -5),
        (Op.GT, 2**53),
        (Op.LTE, 2**63 - 1),
        (Op.GT, 1e300),
        (Op.GTE, -(2**63)),
    ]
]
TESTS: list[Test] = [
    *PATTERNS,
    *(Regex(pattern) for pattern in REGEXES),
    *(Regex(pattern, "i") for pattern in REGEXES[:8]),
    *map(Cidr, NETWORKS),
    *COMPARISONS,
]


def table(of: Source) -> list[Expr]:
    """Leaves over every type of column; every test on texts, a choice of them on the rest."""
    found: list[Expr] = [Leaf("text", test) for test in TESTS]
    for column in of.columns:
        found.append(IsNull(column.name))
        few: list[Test] = [*PATTERNS[19:22], *COMPARISONS[2:5]]
        some = TESTS if column.type is FieldType.STRINGS else few
        found += [Leaf(column.name, test) for test in some if column.name != "text"]
        found += [FieldRef("text", column.name, how) for how in How]
    parts = zip(Unit, (30, 8, 1, 1, 12, 2025), strict=True)
    found += [Leaf("text", TimePart(unit, value, value)) for unit, value in parts]
    found += [Leaf("text", TimePart(Unit.HOUR, 8, 23)), Leaf("text", TimePart(Unit.WEEK, 1, 26))]
    long = [Leaf("text", Text((f"value-{n}",))) for n in range(4432)]
    ends = [Leaf("text", Text((Wild.MANY, f".value-{n}"))) for n in range(4432)]
    return [*found, any_of([*long, Leaf("text", Text(("k",)))]), any_of([*ends, *long[:2]])]


WORDS = [
    "a", "A", "k", "K", "\u212a", "s", "\u017f", "i", "I", "\u0130", "\u0131", "\u03c3", "\u03a3",
    "\u03c2", "\u00df", "\u1e9e", "A\u03a3", "a\nb", "aXb", "ab\n", "b\nb", "a\r\nb", "a\u2028b",
    "a\U0001f600b", "\U0001f600", "\U00010400", "a%x_!", "%_", "\\", "\\e.*\\qz", "'x\"`",
    "a'y\"`b",
    "e\u0301", "value-77", "x.VALUE-4431", ".*", "1\x0b", "1 ", "caf\u00e9", "\u00c9-",
]  # fmt: skip


def nasty(of: Source) -> list[dict[str, Any]]:
    """An event for each odd text, other columns going through their odd values beside it."""
    result: list[dict[str, Any]] = [{}]
    for number, text in enumerate([*WORDS, *ODD]):
        event: dict[str, Any] = {"text": text, "TEXT": ODD[number % len(ODD)]}
        event["number"] = INTEGERS[number % len(INTEGERS)]
        event["ratio"] = DOUBLES[number % len(DOUBLES)]
        event["parts"] = {"text": text.upper(), "deep": {"number": number}} if number % 3 else None
        event["flag"] = None if number % 5 == 0 else bool(number % 2)
        event["time"] = TIMES[number % len(TIMES)]
        event["map"] = {"a": text} if number % 2 else None
        if of.column("many"):
            event["many"] = _array(number, text)
        result.append(event)
    return result


def _array(number: int, text: str) -> Any:
    arrays: list[Any] = [
        [text, None],
        [],
        [None],
        [{"a": text}],
        {"a": text},
        [5, True, text],
        text,
    ]
    return arrays[number % len(arrays)]
