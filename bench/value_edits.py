"""Edits of numbers, addresses, expressions and times."""

from __future__ import annotations

import ipaddress
from typing import Any

from bench.edits import EQUAL, LESS, MORE, NARROWER, OTHER, WIDER, Draft, Kinds, edit, modifiers

# --- numbers, addresses, expressions --------------------------------------------------------------


def _both(draft: Draft, old: Any, new: Any, kinds: Kinds) -> Kinds:
    """The rule and a demand on a field of its own, before and after."""
    condition = f"({draft.condition}) and ({{}})"
    for rule, given in ((draft.old, old), (draft.rule, new)):
        made, *more = given if isinstance(given, tuple) else (given,)
        named = {"added": made, **{f"added{n}": each for n, each in enumerate(more)}}
        selections = {k: v for k, v in rule["detection"].items() if k != "condition"}
        rule["detection"] = {
            **selections,
            **named,
            "condition": condition.format(" and ".join(named)),
        }
    return kinds


@edit("a lower bound raised")
def number_raised(draft: Draft) -> Kinds:
    return _both(draft, {f"{draft.field}|gte": 5}, {f"{draft.field}|gte": 6}, NARROWER)


@edit("gt → gte")
def number_reached(draft: Draft) -> Kinds:
    return _both(draft, {f"{draft.field}|gt": 5}, {f"{draft.field}|gte": 5}, WIDER)


@edit("a bound → a text: 5.0 is not 5")
def number_as_text(draft: Draft) -> Kinds:
    return _both(draft, {f"{draft.field}|gte": 5}, {draft.field: 5}, NARROWER)


@edit("a bound and a weaker one")
def number_said_twice(draft: Draft) -> Kinds:
    low, high = {f"{draft.field}|gte": 5}, {f"{draft.field}|gt": 3.5}
    return _both(draft, low, (low, high), EQUAL)


@edit("two bounds, which two members of a list may keep")
def numbers_apart(draft: Draft) -> Kinds:
    low, high = {f"{draft.field}|gte": 5}, {f"{draft.field}|lt": 3}
    return _both(draft, low, (low, high), NARROWER)


@edit("two texts, which two members of a list may be")
def texts_apart(draft: Draft) -> Kinds:
    return _both(draft, {draft.field: "a"}, ({draft.field: "a"}, {draft.field: "b"}), NARROWER)


@edit("a network → its halves")
def networks_joined(draft: Draft) -> Kinds:
    halves = ["10.0.0.0/9", "10.128.0.0/9"]
    whole = {f"{draft.field}|cidr": "10.0.0.0/8"}
    return _both(draft, whole, {f"{draft.field}|cidr": halves}, EQUAL)


@edit("a network → the beginning of a text")
def network_as_text(draft: Draft) -> Kinds:
    network = {f"{draft.field}|cidr": "192.168.0.0/16"}
    return _both(draft, network, {f"{draft.field}|startswith": "192.168."}, WIDER)


@edit("a network → a regular expression of fewer addresses")
def network_as_expression(draft: Draft) -> Kinds:
    network = {f"{draft.field}|cidr": "192.168.0.0/16"}
    made = {f"{draft.field}|re": r"^192\.168\.1?[0-9]\.[1-9]$"}
    return _both(draft, network, made, NARROWER)


@edit("a regular expression → the texts that it takes")
def expression_as_texts(draft: Draft) -> Kinds:
    made = {f"{draft.field}|re": "^(?:rundll|regsvr)32$"}
    return _both(draft, made, {f"{draft.field}|cased": ["rundll32", "regsvr32"]}, EQUAL)


@edit("`i` added to a regular expression")
def expression_without_case(draft: Draft) -> Kinds:
    made = "[a-f]{4,8}"
    return _both(draft, {f"{draft.field}|re": made}, {f"{draft.field}|re|i": made}, WIDER)


@edit("a regular expression that counts more")
def expression_counted(draft: Draft) -> Kinds:
    old, new = {f"{draft.field}|re": "^[0-9]{3,}$"}, {f"{draft.field}|re": "^[0-9]{4,}$"}
    return _both(draft, old, new, NARROWER)


@edit("an hour of the day → more hours")
def hour_widened(draft: Draft) -> Kinds:
    return _both(draft, {f"{draft.field}|hour": 3}, {f"{draft.field}|hour|lt": 5}, WIDER)


@edit("a field equals another → contains it")
def reference_loosened(draft: Draft) -> Kinds:
    old = {f"{draft.field}|fieldref": OTHER}
    return _both(draft, old, {f"{draft.field}|fieldref|contains": OTHER}, WIDER)


@edit("windash added to a flag")
def dashes_allowed(draft: Draft) -> Kinds:
    old = {f"{draft.field}|contains": " -enc "}
    return _both(draft, old, {f"{draft.field}|contains|windash": " -enc "}, WIDER)


@edit("a field exists → has any text")
def exists_to_text(draft: Draft) -> Kinds:
    return _both(draft, {f"{draft.field}|exists": True}, {f"{draft.field}|re": ""}, NARROWER)


@edit("a network widened")
def network_widened(draft: Draft) -> Kinds | None:
    return _network(draft, -1)


@edit("a network narrowed")
def network_narrowed(draft: Draft) -> Kinds | None:
    return _network(draft, 1)


def _network(draft: Draft, bits: int) -> Kinds | None:
    for positive in (True, False):
        found = draft.one(lambda k, _: "cidr" in modifiers(k), positive=positive)
        if found:
            block, key = found
            values = block[key] if isinstance(block[key], list) else [block[key]]
            block[key] = [_resized(values[0], bits), *values[1:]]
            return MORE if (bits < 0) is positive else LESS
    return None


def _resized(network: str, bits: int) -> str:
    given = ipaddress.ip_network(network)
    if not 0 <= given.prefixlen + bits <= given.max_prefixlen:
        return network
    return str(given.supernet() if bits < 0 else next(given.subnets()))


def _expression(draft: Draft, made: str) -> bool:
    found = draft.one(lambda k, v: "re" in modifiers(k) and isinstance(v, str))
    if found:
        found[0][found[1]] = made.format(found[0][found[1]])
    return bool(found)


@edit("a group around a regular expression")
def expression_grouped(draft: Draft) -> Kinds | None:
    return EQUAL if _expression(draft, "(?:{})") else None


@edit("an alternative in a regular expression")
def expression_widened(draft: Draft) -> Kinds | None:
    return MORE if _expression(draft, "(?:{})|added") else None


@edit("a regular expression anchored")
def expression_anchored(draft: Draft) -> Kinds | None:
    return LESS if _expression(draft, "^(?:{})$") else None


@edit("anything after a regular expression")
def expression_open(draft: Draft) -> Kinds | None:
    return EQUAL if _expression(draft, "(?:{})(?s:.*)") else None
