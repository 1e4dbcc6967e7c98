"""Detections as authors write them: Sigma text with modifiers, read by the real front."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml
from hypothesis import strategies as st

from differential.detections import NETWORKS
from differential.literals import numbers, plain_words, texts, words
from differential.regexes import FLAGS, regexes
from differential.world import COLUMNS, TEXTS
from tocsin.diagnostics import Severity
from tocsin.front.key import OPS
from tocsin.front.selection import Lowering
from tocsin.front.time_part import RANGES
from tocsin.front.yaml import read_bytes
from tocsin.ir.nodes import Const, Expr, Unit

Block = dict[str, Any]
PLACEHOLDERS = {"admins": ("root", "Admin_1", "100%"), "dirs": ("C:\\Temp\\*", "/opt/?")}
FLAG_NAMES = {"i": "i", "m": "multiline", "s": "dotall"}
ENCODINGS = (
    ("windash",),
    ("windash", "contains"),
    ("base64",),
    ("base64", "contains"),
    ("base64offset", "contains"),
    ("wide", "base64offset", "contains"),
    ("utf16le", "base64offset", "contains"),
    ("utf16", "base64", "contains"),
    ("wide",),
    ("expand",),
    ("expand", "contains"),
)
EDGES = ((), (), ("contains",), ("startswith",), ("endswith",), ("cased",), ("contains", "cased"))
CONDITIONS = (
    *("a", "not a", "a and b", "a or not b", "not (a or b)", "a and not b and not c"),
    *("1 of them", "all of them", "not 1 of them", "any of them", "(a or b) and c", "1 of a*"),
    *("not all of b*", "a or (b and not c)", "not a and not b"),
)

_text_fields = [c.name for c in COLUMNS if c.type in TEXTS]
_fields = st.one_of(st.sampled_from(_text_fields), st.sampled_from([c.name for c in COLUMNS]))
_dashes = st.sampled_from(["-enc", " /c x", "\u2013a -b", "cmd /c -x", "--y"])
_scalars = st.one_of(texts, texts, plain_words, numbers, st.booleans())
Item = tuple[str, Any]
NOTHING = Const(value=False)


@dataclass(frozen=True, slots=True)
class Read:
    """What the front makes of a block: its meaning, or the code of the first error."""

    expr: Expr | None
    error: str = ""


def written(block: Block) -> str:
    """The block as YAML."""
    return yaml.safe_dump({"detection": block}, sort_keys=False, width=10**6)


def read(text: str) -> Read:
    """The meaning of a block by the real front."""
    documents, wrong = read_bytes(text.encode(), "generated.yml")
    if not documents or wrong:
        return Read(None, wrong[0].code)
    lowering = Lowering(documents[0], ("detection",), PLACEHOLDERS)
    expr = lowering.block(documents[0].value["detection"])
    errors = [d.code for d in lowering.diagnostics if d.severity is Severity.ERROR]
    return Read(None, errors[0]) if errors else Read(expr)


# --- items --------------------------------------------------------------------------------------


def _several(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(values, st.lists(values, min_size=1, max_size=4))


@st.composite
def _text_items(draw: st.DrawFn) -> Item:
    modifiers = list(draw(st.sampled_from(EDGES)))
    values = draw(_several(_scalars))
    if isinstance(values, list) and draw(st.integers(0, 3)) == 0:
        modifiers.append("all")
    return _key(draw, modifiers), values


@st.composite
def _encoded_items(draw: st.DrawFn) -> Item:
    modifiers = list(draw(st.sampled_from(ENCODINGS)))
    if "expand" in modifiers:
        values = draw(st.sampled_from(["%admins%", "%dirs%", "x%admins%y", "%admins% %dirs%"]))
    else:
        values = draw(_several(st.one_of(_dashes, plain_words, words)))
    return _key(draw, modifiers), values


@st.composite
def _regex_items(draw: st.DrawFn) -> Item:
    flags = draw(st.sampled_from(FLAGS))
    made = draw(_several(regexes().map(lambda pair: pair[0].pattern)))
    return _key(draw, ["re", *(FLAG_NAMES[flag] for flag in flags)]), made


@st.composite
def _other_items(draw: st.DrawFn) -> Item:
    kind = draw(
        st.sampled_from(["compare", "compare", "cidr", "time", "exists", "fieldref", "null"])
    )
    if kind == "compare":
        return _key(draw, [draw(st.sampled_from(sorted(OPS)))]), draw(numbers)
    if kind == "cidr":
        return _key(draw, ["cidr"]), draw(_several(st.sampled_from(NETWORKS)))
    if kind == "time":
        unit = draw(st.sampled_from(Unit))
        compared = draw(st.sampled_from([[], [], *([op] for op in sorted(OPS))]))
        return _key(draw, [unit.value, *compared]), draw(_several(st.integers(*RANGES[unit])))
    if kind == "exists":
        return _key(draw, ["exists"]), draw(st.booleans())
    if kind == "null":
        return _key(draw, []), None
    edge = draw(st.sampled_from(EDGES))
    return _key(draw, ["fieldref", *edge]), draw(_fields)


def _key(draw: st.DrawFn, modifiers: list[str]) -> str:
    field = draw(_fields)
    if draw(st.integers(0, 9)) == 0:
        modifiers = [*modifiers, "neq"]
    return "|".join([field, *modifiers])


items = st.one_of(_text_items(), _text_items(), _encoded_items(), _regex_items(), _other_items())


# --- blocks -------------------------------------------------------------------------------------


@st.composite
def _maps(draw: st.DrawFn) -> Block:
    return dict(draw(st.lists(items, min_size=1, max_size=3)))


@st.composite
def _selections(draw: st.DrawFn) -> Any:
    way = draw(st.integers(0, 9))
    if way == 0:
        return draw(st.lists(st.one_of(words, plain_words), min_size=1, max_size=3))
    return draw(st.lists(_maps(), min_size=1, max_size=2)) if way == 1 else draw(_maps())


@st.composite
def blocks(draw: st.DrawFn) -> Block:
    """Selections and a condition over them; a name that does not occur is a finding."""
    names = draw(st.sampled_from([["a"], ["a", "b"], ["a", "b"], ["a", "b", "c"]]))
    block: Block = {name: draw(_selections()) for name in names}
    fitting = [c for c in CONDITIONS if _fits(c, names)]
    one = draw(st.sampled_from(fitting))
    several = draw(st.integers(0, 9)) == 0
    block["condition"] = [one, draw(st.sampled_from(fitting))] if several else one
    return block


def _fits(condition: str, names: list[str]) -> bool:
    wanted = condition.replace("(", " ").replace(")", " ").replace("*", "").split()
    return all(word in names for word in wanted if word in ("a", "b", "c"))
