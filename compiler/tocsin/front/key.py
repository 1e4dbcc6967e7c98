"""The key of an item, `field|modifiers`: which modifiers there are and which go together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tocsin.diagnostics import near
from tocsin.front import encode
from tocsin.front.encode import Encoded
from tocsin.front.pattern import normal
from tocsin.ir.nodes import Op, Unit, Wild

EMPTY_HINT = "give it fields and values, or remove it"


class ItemError(ValueError):
    """An item that has no meaning: code, message, hint, and the number of the value if one."""

    def __init__(self, code: str, message: str, hint: str = "", value: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint
        self.value = value


TEXT_MODIFIERS: dict[str, Callable[[Encoded], list[Encoded]]] = {
    "contains": lambda v: [normal([Wild.MANY, *encode.settle(v), Wild.MANY])],
    "startswith": lambda v: [normal([*encode.settle(v), Wild.MANY])],
    "endswith": lambda v: [normal([Wild.MANY, *encode.settle(v)])],
    "windash": encode.windash,
    "wide": encode.wide,
    "utf16le": encode.wide,
    "utf16be": encode.utf16be,
    "utf16": encode.utf16,
    "base64": encode.base64,
    "base64offset": encode.base64offset,
}
EDGES = ("contains", "startswith", "endswith")
CODED = ("wide", "utf16le", "utf16be", "utf16", "base64", "base64offset")
"""Modifiers that take bytes of a text: what has wildcards already has none."""
FLAGS = {"i": "i", "ignorecase": "i", "m": "m", "multiline": "m", "s": "s", "dotall": "s"}
UNITS = {unit.value: unit for unit in Unit}
OPS = {op.value: op for op in Op}
KINDS = {"re", "cidr", "exists", "fieldref", *UNITS, *OPS}
EVERYWHERE = {"all", "neq"}
KNOWN = {*TEXT_MODIFIERS, *FLAGS, *KINDS, *EVERYWHERE, "cased", "expand"}


@dataclass(frozen=True, slots=True)
class Item:
    """The key of an item, taken apart; `field` is empty for keywords."""

    field: str
    modifiers: tuple[str, ...]

    @property
    def kind(self) -> str:
        """The modifier that fixes what kind of test this is, or empty for texts."""
        kinds = [m for m in self.modifiers if m in KINDS]
        return next((m for m in kinds if m in UNITS), next(iter(kinds), ""))

    @property
    def op(self) -> Op | None:
        """The comparison that is asked for."""
        return next((OPS[m] for m in self.modifiers if m in OPS), None)

    @property
    def cased(self) -> bool:
        """Whether letters' case counts."""
        return "cased" in self.modifiers


_MEANT = dict.fromkeys(("not", "ne"), "negate the selection in the condition, or use `neq`")


def parse_key(key: str) -> Item:
    """Take a key apart; raises ItemError for unknown or contradicting modifiers."""
    field, *modifiers = key.split("|")
    for modifier in modifiers:
        if modifier not in KNOWN:
            hint = _MEANT.get(modifier.lower()) or _near(modifier)
            raise ItemError("TOC021", f"unknown modifier {modifier!r}", hint)
    if len(set(modifiers)) < len(modifiers):
        raise ItemError("TOC022", "a modifier is given twice")
    item = Item(field, tuple(modifiers))
    _check_together(item)
    return item


def _near(modifier: str) -> str:
    close = near(modifier.lower(), sorted(KNOWN))
    return f"did you mean {close!r}?" if close else f"known: {', '.join(sorted(KNOWN))}"


def _check_together(item: Item) -> None:
    kinds = [m for m in item.modifiers if m in KINDS]
    if kinds and kinds[0] in UNITS and kinds[1:] and kinds[1] in OPS:  # a part, compared
        kinds.pop(1)
    allowed = {*kinds, *((item.op,) if item.op else ()), *EVERYWHERE, "expand"}
    if item.kind == "re":
        allowed |= set(FLAGS)
    elif item.kind == "fieldref":
        allowed |= {"contains", "startswith", "endswith", "cased"}
    elif not item.kind:
        allowed |= {*TEXT_MODIFIERS, "cased"}
    stray = [m for m in item.modifiers if m not in allowed]
    if len(kinds) > 1 or stray:
        if len(kinds) <= 1 and not item.kind:
            raise ItemError("TOC022", f"the modifier {stray[0]!r} needs 're'")
        one, other = (kinds * 2)[:2] if len(kinds) > 1 else (stray[0], item.kind)
        hint = (
            f"put the part of the time first: {other}|{one}"
            if one in OPS and other in UNITS
            else ""
        )
        raise ItemError("TOC022", f"the modifiers {one!r} and {other!r} cannot be combined", hint)
    edge = ""
    for modifier in item.modifiers:
        edge = edge or (modifier if modifier in EDGES else "")
        if edge and modifier in CODED:
            raise ItemError("TOC022", f"{modifier} must come before {edge}")
    if not item.field and item.kind not in ("", "re"):
        raise ItemError("TOC022", f"{item.kind!r} needs a field")


def is_lone_all(key: str, value: Any) -> bool:
    """Whether `all` joins a single value, which the specification does not allow."""
    several = isinstance(value, list) and len(value) > 1
    return not several and "all" in key.split("|")[1:]
