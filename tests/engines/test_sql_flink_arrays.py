"""Arrays and keywords on a real Flink cluster: members with whatever may confuse a text of them."""

from itertools import product
from typing import Any

import pytest

from sql_cases import COMPARISONS, NETWORKS, PATTERNS, REGEXES, query
from tocsin.compile import Refusal, compile_query
from tocsin.ir.evaluate import evaluate
from tocsin.ir.nodes import (
    Cidr,
    Expr,
    FieldRef,
    How,
    IsNull,
    Keyword,
    Leaf,
    Regex,
    Test,
    Text,
    TimePart,
    Unit,
    Wild,
    any_of,
    negate,
)
from tocsin.ir.text import fold, scalars
from tocsin.model.artifact import Job, Match
from tocsin.model.source import Column, FieldType, Source
from tocsin_engines import EngineAddresses
from tocsin_flink_sql.backend import FlinkSql
from whole import share

SOURCE = Source(
    "arrays",
    (
        Column("many", FieldType.STRINGS, ("many",)),
        Column("deep.many", FieldType.STRINGS, ("deep", "many")),
        Column("one", FieldType.STRING, ("one",)),
        Column("number", FieldType.INTEGER, ("number",)),
    ),
    table="arrays",
    values_column="every value",
)
ODD = [
    "", ",", '","', '"', "\\", '\\"', '\\",\\"', "[", "]", '["x"]', "{}", "null", "true", "5",
    "a,b", "\u0001", "\u0002", "\u001b", "\u0000", "\b\f", "\u001f", "\u007f", "\u0085", "\u241e",
    "\u241f", "a\u241eb", "\n", "a\nb", "b\n", "\r\n", "\t", "\\n", "\\u0041", "\u2028", "/", "\\/",
    "\U0001f600", "a\U0001f600b", "e\u0301", "A\u03a3", "\u0130", "k\u212a", "10.1.2.3", "fe80::1",
    "-5.25", "1e999", "5.0", " 5", "x" * 20_000, "\\" * 5_000, "'", "%_", "$1", "a b",
]  # fmt: skip
VALUES: list[Any] = [
    *([text] for text in ODD),
    *([one, other] for one, other in product(ODD[:12], ODD[:12])),
    *(["b", text, None, "a"] for text in ODD),
    ODD,
    [], [None], [None, None], {}, {"a": "b"}, [{}], [[]], [{"a": "b"}, None], [["a"], {"b": ["]"]}],
    [{"a": ',"x"'}, "x"], [[["a"]], "b", [['\\"']]], [None, "a"],
    [5, 5.0, -5.25, 0.0, -0.0, True, False, None, 2**53 + 1, -(2**63), 2**63 - 1], [1.5, "2", "x"],
    ["1e999", "-1e999", "3"], [6], [-1e300], ["x", "10"], [True], ["0.05E0"], ["9E9", "1.50E9"],
    ["1.5E3", "-2.0E-3", "1.5E+10", "15.5E10"],
    "a", "", "[", "[]x", '["a", "b"]', '["a"', "{", '{"a": 1}', "b\u241ea", 5, True, None,
    ["x"] * 3_000, ['\\"\n'] * 2_000,
]  # fmt: skip
LITERALS = ["a", '"', "\\", "\u0001", "\n"]
SHAPES: list[tuple[str | Wild, ...]] = [
    (Wild.MANY,),
    (Wild.ONE,),
    (Wild.ONE, Wild.ONE),
    (Wild.ONE, Wild.MANY, Wild.ONE),
    ("a", Wild.ONE, "b"),
    ("a", Wild.MANY, "b"),
    (Wild.MANY, "a", Wild.ONE),
    (Wild.MANY, "a", Wild.MANY, "b", Wild.MANY),
    ("k\u212a".lower(), Wild.MANY),
]
EXPRESSIONS = [
    *REGEXES,
    r"\Aa", r"a\z", r"^$", r"^[^a]$", r"\W\W", r"\S\s", r"(?s).\n", r"(?s)^.*b$", "(?m)^b",
    "(?m)a$", "[\\x{2400}-\\x{2430}]", r"\d.\d", r"^\D{2}$", r"[[:cntrl:]]", r"\b", r"x{40}",
    "^\\\\+$",
]  # fmt: skip


def _texts() -> list[Test]:
    shapes = [
        Text(shape)
        for literal in LITERALS
        for shape in (
            (literal,),
            (literal, Wild.MANY),
            (Wild.MANY, literal),
            (Wild.MANY, literal, Wild.MANY),
        )
    ]
    return [Text(()), *shapes, *map(Text, SHAPES), *PATTERNS, Text(("A",), cased=True)]


def _table() -> list[Expr]:
    tests: list[Test] = [
        *_texts(),
        Text(("\u241e",)),
        Text((Wild.ONE, "\u241f")),
        Text(("a\u241eb",)),
    ]
    tests += [Regex("[\u2400-\u241e]"), *(TimePart(unit, 3, 3) for unit in Unit)]
    tests += [*map(Regex, EXPRESSIONS), *map(Cidr, NETWORKS), *COMPARISONS]
    tests += [Regex(pattern, "is") for pattern in EXPRESSIONS[-4:]]
    found: list[Expr] = [Leaf("many", test) for test in dict.fromkeys(tests)]
    found += [Keyword(test) for test in dict.fromkeys(tests[::6])]
    found += [IsNull("many"), IsNull("deep.many"), Leaf("deep.many", Text((Wild.MANY, "a")))]
    found += [FieldRef("many", "many"), FieldRef("one", "many"), FieldRef("many", "number")]
    found += [FieldRef("many", "one", how, cased) for how in How for cased in (False, True)]
    found += [FieldRef("one", "many", how) for how in How]
    found += [FieldRef("many", "deep.many", how) for how in How]
    found += [FieldRef("many", "deep.many"), FieldRef("deep.many", "many", cased=True)]
    long = [Leaf("many", Text((fold(f"Value-{n}"),))) for n in range(4432)]
    words = [Keyword(Text((Wild.MANY, f"v{n}", Wild.MANY))) for n in range(100)]
    return [*found, any_of([*long, Leaf("many", Text(("a",)))]), any_of([*words, found[1]])]


def _events() -> list[dict[str, Any]]:
    made = [{"many": value} for value in VALUES]
    made += [{}, {"many": "value-4431"}, {"many": ["VALUE-77", "x"]}, {"many": ["xv99y"]}]
    made += [
        {"deep": {"many": ["a"]}},
        {"deep.many": ["a"]},
        {"deep.many": "b", "deep": {"many": "a"}},
    ]
    made += [{"many": many, "one": one} for many, one in product([ODD, ["", "A\nb"]], ODD)]
    made += [{"many": ["5", "x"], "number": 5}, {"many": [], "one": ""}, {"many": {}, "one": ""}]
    made += [{"many": ODD, "deep.many": [text]} for text in [*ODD, "K\u212a", "none"]]
    made += [{"many": ["a"], "deep.many": [""]}, {"many": [{}], "deep.many": ["", "a"]}]
    return [{**event, SOURCE.values_column: list(scalars(event))} for event in made]


@pytest.mark.engine
def test_every_leaf_on_nasty_members(endpoints: EngineAddresses) -> None:
    table = _table()
    chosen = (*share(table[:-2], 30), *table[-2:])
    exprs = [negate(e) if n % 2 else e for n, e in enumerate(chosen)]
    made = [compile_query(query(e, SOURCE, f"d{n}"), FlinkSql()) for n, e in enumerate(exprs)]
    assert not [r.reason for r in made if isinstance(r, Refusal)]
    artifacts = tuple(a for a in made if not isinstance(a, Refusal))
    job = Job((SOURCE,), artifacts, tuple(_events()))
    [found] = FlinkSql().run([job], endpoints)
    wanted = {
        Match(artifact.detection, number)
        for artifact in artifacts
        for number, event in enumerate(job.events)
        if evaluate(exprs[int(artifact.detection[1:])], event)
    }
    differing = sorted(set(found) ^ wanted)
    assert not differing, [
        (exprs[int(m.detection[1:])], str(job.events[m.event])[:200]) for m in differing[:5]
    ]
    assert len(artifacts) == len(exprs)
