r"""The members of an array as one text: Flink SQL has no function over members.

An array column arrives as the text of its JSON, which Flink's format prints in one way only: no
blanks, control characters escaped. The view makes `␞one␞two␞` of it. A member's own ␞ becomes ␟:
no test that is accepted tells the two apart (`apart`), so nothing is lost. The text is NULL for
what is missing (`[]`, `[null]`) and empty for what is there without a text form (a map).
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from tocsin.backend.sql_tree import Sql, equal, func, number, quoted
from tocsin.errors import Unsupported

MARK, STAND_IN = "\u241e", "\u241f"
"""␞ stands before, between and after the members, ␟ for a member's own ␞."""

DEPTH = 8
"""Arrays and maps inside a member that are read as such; deeper ones count as a plain text."""

_STRING = r'"[^"\\\x00-\x1f]*+(?:\\.[^"\\\x00-\x1f]*+)*+"'
_NUMBER = "-?[0-9]++[0-9.E+-]*+"


def _containers() -> str:
    """An array or a map in JSON without blanks; loops are possessive, so the stack stays flat."""
    inner = "(?!)"
    for _ in range(DEPTH):
        inner = rf"[\[{{](?:[^\"\[\]{{}}\s]++|{_STRING}|{inner})*+[\]}}]"
    return inner


_CONTAINER = _containers()
_NOTHING = f"(?:null|{_CONTAINER})"
_ANY = f"(?:{_STRING}|{_NUMBER}|true|false|null|{_CONTAINER})"

MISSING = r"\A\[(?:null(?:,null)*+)?\]\z"
WITHOUT_TEXT = rf"\A(?:\[{_NOTHING}(?:,{_NOTHING})*+\]|(?=\{{){_CONTAINER})\z"
ARRAY = rf"\A\[{_ANY}(?:,{_ANY})*+\]\z"
TOKEN = (
    rf"[\[,](?:{_CONTAINER}|(?:-(?=0\.0[,\]]))?+\"?+("
    r'(?<=[\[,]")[^"\\]*+(?:\\.[^"\\]*+)*+'
    rf"|-?[0-9]++(?=\.0[,\]])|{_NUMBER}|true|false))"
)
"""One member with what stands before it; its group is the member's text, `5` where it is `5.0`."""


def member_texts(json: Sql) -> Sql:
    """The marked members of the JSON text of an array, a scalar's text or a map's JSON."""
    safe = func("REPLACE", json, quoted(MARK), quoted(STAND_IN))
    case = exp.Case().when(_matches(json, MISSING), exp.cast(exp.null(), "TEXT"))
    case = case.when(_matches(json, WITHOUT_TEXT), quoted(""))
    case = case.when(_matches(json, ARRAY), _marked(_unescaped(json, safe)))
    return once(case.else_(_marked(safe)))


def once(value: Sql) -> Sql:
    """The value, computed once a row: Flink repeats what it may wherever a column is named.

    What it must not repeat is anything with a random number in it.
    """
    drawn = exp.GTE(this=func("RAND"), expression=number(0))
    return exp.Case().when(drawn, value)


def apart(texts: Iterable[str], node: str) -> None:
    """Raises Unsupported for texts that tell a member's ␞ from ␟."""
    if any(MARK in text or STAND_IN in text for text in texts):
        raise Unsupported(node, "delimiter-in-pattern", f"{MARK} or {STAND_IN}")


def _unescaped(json: Sql, safe: Sql) -> Sql:
    found = func("REGEXP_EXTRACT_ALL", safe, quoted(TOKEN), number(1))
    joined = func("ARRAY_JOIN", found, quoted(MARK))
    plain = equal(func("INSTR", json, quoted("\\")), number(0))
    whole = func("CONCAT", quoted('"'), joined, quoted('"'))
    return exp.Case().when(plain, joined).else_(func("JSON_UNQUOTE", whole))


def _marked(texts: Sql) -> Sql:
    return func("CONCAT", quoted(MARK), texts, quoted(MARK))


def _matches(json: Sql, pattern: str) -> Sql:
    return func("REGEXP", json, quoted(pattern))
