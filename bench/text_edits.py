"""Edits of lists and texts of rules."""

from __future__ import annotations

import re
from typing import Any

from bench.edits import ADDED, EQUAL, LESS, MORE, Draft, Kinds, edit, modifiers, plain_texts


def _listed(key: str, value: Any) -> bool:
    return plain_texts(key, value) and isinstance(value, list) and "all" not in modifiers(key)


def _several(key: str, value: Any) -> bool:
    return _listed(key, value) and len(value) > 1


# --- lists ----------------------------------------------------------------------------------------


@edit("a value added to a list")
def value_added(draft: Draft) -> Kinds | None:
    if not (found := draft.one(_listed)):
        return None
    found[0][found[1]].append(ADDED)
    return MORE


@edit("a value added to a list of a filter")
def value_added_in_a_filter(draft: Draft) -> Kinds | None:
    if not (found := draft.one(_listed, positive=False)):
        return None
    found[0][found[1]].append(ADDED)
    return LESS


@edit("a value removed from a list")
def value_removed(draft: Draft) -> Kinds | None:
    if not (found := draft.one(_several)):
        return None
    found[0][found[1]].pop()
    return LESS


@edit("a value removed from a list of a filter")
def value_removed_in_a_filter(draft: Draft) -> Kinds | None:
    if not (found := draft.one(_several, positive=False)):
        return None
    found[0][found[1]].pop()
    return MORE


@edit("the values of a list in another order")
def values_reordered(draft: Draft) -> Kinds | None:
    if not (found := draft.one(_several)):
        return None
    found[0][found[1]].reverse()
    return EQUAL


@edit("a value added that another takes in")
def value_taken_in(draft: Draft) -> Kinds | None:
    found = draft.one(lambda k, v: _listed(k, v) and "contains" in modifiers(k))
    if not found:
        return None
    found[0][found[1]].append(f"{found[0][found[1]][0]} and more")
    return EQUAL


@edit("`all` added to a list")
def all_added(draft: Draft) -> Kinds | None:
    if not (found := draft.one(_several)):
        return None
    draft.renamed(*found, f"{found[1]}|all")
    return LESS


@edit("`all` removed from a list")
def all_removed(draft: Draft) -> Kinds | None:
    found = draft.one(lambda k, v: "all" in modifiers(k) and isinstance(v, list) and k[0] != "|")
    if not found:
        return None
    draft.renamed(*found, found[1].replace("|all", ""))
    return MORE


# --- how texts are compared -----------------------------------------------------------------------


def _moved(draft: Draft, old: str, new: str, *, positive: bool = True) -> bool:
    found = draft.one(lambda k, v: plain_texts(k, v) and old in modifiers(k), positive=positive)
    if found:
        draft.renamed(*found, found[1].replace(f"|{old}", f"|{new}" if new else ""))
    return bool(found)


@edit("contains → endswith")
def contains_to_endswith(draft: Draft) -> Kinds | None:
    return LESS if _moved(draft, "contains", "endswith") else None


@edit("contains → startswith in a filter")
def contains_to_startswith_in_a_filter(draft: Draft) -> Kinds | None:
    return MORE if _moved(draft, "contains", "startswith", positive=False) else None


@edit("endswith → contains")
def endswith_to_contains(draft: Draft) -> Kinds | None:
    return MORE if _moved(draft, "endswith", "contains") else None


@edit("endswith → the whole text")
def endswith_to_equal(draft: Draft) -> Kinds | None:
    return LESS if _moved(draft, "endswith", "") else None


@edit("startswith → contains in a filter")
def startswith_to_contains_in_a_filter(draft: Draft) -> Kinds | None:
    return LESS if _moved(draft, "startswith", "contains", positive=False) else None


@edit("the whole text → contains")
def equal_to_contains(draft: Draft) -> Kinds | None:
    found = draft.one(lambda k, v: plain_texts(k, v) and not modifiers(k))
    if not found:
        return None
    draft.renamed(*found, f"{found[1]}|contains")
    return MORE


@edit("values in capitals")
def letters_changed(draft: Draft) -> Kinds | None:
    if not (found := draft.one(lambda k, v: plain_texts(k, v) and str(v).isascii())):
        return None
    block, key = found
    value = block[key]
    block[key] = [v.upper() for v in value] if isinstance(value, list) else value.upper()
    return EQUAL


@edit("cased added")
def cased_added(draft: Draft) -> Kinds | None:
    if not (found := draft.one(plain_texts)):
        return None
    draft.renamed(*found, f"{found[1]}|cased")
    return LESS


@edit("contains → wildcards on both ends")
def modifier_to_wildcards(draft: Draft) -> Kinds | None:
    found = draft.one(
        lambda k, v: (
            plain_texts(k, v) and modifiers(k) == ["contains"] and not re.search(r"[*?\\]", str(v))
        )
    )
    if not found:
        return None
    values = found[0][found[1]]
    wild = [f"*{v}*" for v in values] if isinstance(values, list) else f"*{values}*"
    draft.renamed(*found, found[1].replace("|contains", ""), wild)
    return EQUAL


@edit("a letter → `?`")
def wildcard_for_a_letter(draft: Draft) -> Kinds | None:
    if not (
        found := draft.one(
            lambda k, v: plain_texts(k, v) and isinstance(v, str) and v[-1:].isalpha()
        )
    ):
        return None
    found[0][found[1]] = f"{found[0][found[1]][:-1]}?"
    return MORE


@edit("windash added")
def windash_added(draft: Draft) -> Kinds | None:
    found = draft.one(
        lambda k, v: plain_texts(k, v) and "contains" in modifiers(k) and " -" in str(v)
    )
    if not found:
        return None
    field, *parts = found[1].split("|")
    draft.renamed(*found, "|".join([field, "windash", *parts]))
    return MORE


@edit("contains, cased → a regular expression")
def text_to_expression(draft: Draft) -> Kinds | None:
    found = draft.one(
        lambda k, v: plain_texts(k, v) and isinstance(v, str) and not re.search(r"[*?\\]", v)
    )
    if not found or modifiers(found[1]) != ["contains"]:
        return None
    draft.renamed(*found, found[1].replace("|contains", "|re"), re.escape(found[0][found[1]]))
    return LESS
