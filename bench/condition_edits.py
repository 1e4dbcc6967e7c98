"""Edits of conditions, of whole items, and of the log source."""

from __future__ import annotations

import re
from typing import Any

from bench.edits import (
    ADDED,
    EQUAL,
    INCOMPARABLE,
    LESS,
    MORE,
    OTHER,
    Draft,
    Kinds,
    edit,
    modifiers,
    plain_texts,
)

# --- conditions -----------------------------------------------------------------------------------


def _with(draft: Draft, selection: Any, condition: str) -> None:
    draft.detection["added"] = selection
    draft.detection["condition"] = condition


@edit("a filter added")
def filter_added(draft: Draft) -> Kinds | None:
    _with(draft, {draft.field: ADDED}, f"({draft.condition}) and not added")
    return LESS


@edit("a filter on a missing field added")
def filter_for_null_added(draft: Draft) -> Kinds | None:
    _with(draft, {draft.field: None}, f"({draft.condition}) and not added")
    return LESS


@edit("the filters removed")
def filter_removed(draft: Draft) -> Kinds | None:
    found = re.fullmatch(r"(.*) and not (?:1 of )?filter\w*\*?", draft.condition)
    if not found or found[1].count("(") != found[1].count(")"):
        return None
    draft.detection["condition"] = found[1]
    return MORE


@edit("another selection asked for")
def demand_added(draft: Draft) -> Kinds | None:
    _with(draft, {f"{draft.field}|contains": ADDED}, f"({draft.condition}) and added")
    return LESS


@edit("a field must exist")
def existence_added(draft: Draft) -> Kinds | None:
    _with(draft, {f"{draft.field}|exists": True}, f"({draft.condition}) and added")
    return LESS


@edit("another selection allowed")
def alternative_added(draft: Draft) -> Kinds | None:
    _with(draft, {draft.field: ADDED}, f"({draft.condition}) or added")
    return MORE


@edit("the condition negated")
def negated(draft: Draft) -> Kinds | None:
    draft.detection["condition"] = f"not ({draft.condition})"
    return INCOMPARABLE


@edit("the condition negated twice")
def negated_twice(draft: Draft) -> Kinds | None:
    draft.detection["condition"] = f"not (not ({draft.condition}))"
    return EQUAL


@edit("the condition or a part of itself")
def alternative_of_itself(draft: Draft) -> Kinds | None:
    _with(draft, {draft.field: ADDED}, f"({draft.condition}) or (({draft.condition}) and added)")
    return EQUAL


@edit("one condition or another, each with a demand the other excludes")
def moved_elsewhere(draft: Draft) -> Kinds | None:
    whole = draft.condition
    _with(draft, {draft.field: ADDED}, f"({whole}) and added or ({whole}) and not added")
    return EQUAL


@edit("two fields must be equal")
def field_reference_added(draft: Draft) -> Kinds | None:
    _with(draft, {f"{draft.field}|fieldref": OTHER}, f"({draft.condition}) and added")
    return LESS


@edit("a keyword asked for")
def keyword_added(draft: Draft) -> Kinds | None:
    _with(draft, [ADDED], f"({draft.condition}) and added")
    return LESS


# --- items ----------------------------------------------------------------------------------------


@edit("a field of a selection dropped")
def item_removed(draft: Draft) -> Kinds | None:
    found = [(b, k) for b, k in draft.items(positive=True) if len(b) > 1]
    if not found:
        return None
    block, key = draft.random.choice(found)
    del block[key]
    return MORE


@edit("a field added to a filter")
def item_added_in_a_filter(draft: Draft) -> Kinds | None:
    found = list(draft.items(positive=False))
    if not found or (key := f"{draft.field}|endswith") in found[0][0]:
        return None
    found[0][0][key] = ADDED
    return MORE


@edit("a list of values as a list of maps")
def item_split(draft: Draft) -> Kinds | None:
    for name, block in draft.selections.items():
        for key, value in block.items() if isinstance(block, dict) else ():
            if plain_texts(key, value) and isinstance(value, list) and "all" not in modifiers(key):
                draft.detection[name] = [{**block, key: each} for each in value]
                return EQUAL
    return None


# --- log sources ----------------------------------------------------------------------------------


@edit("another log source")
def logsource_changed(draft: Draft) -> Kinds | None:
    given = draft.rule["logsource"]
    if given.get("category") != "process_creation" or given.get("product") != "windows":
        return None
    draft.rule["logsource"] = {"product": "windows", "category": "image_load"}
    return INCOMPARABLE
