"""Several documents in one rule file: which is the main one, what the others are called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from tocsin.diagnostics import Diagnostic
from tocsin.front.describe import texts_of
from tocsin.front.yaml import YamlDocument
from tocsin.model.names import canonical_id


@dataclass(frozen=True, slots=True)
class Broken:
    """A document with errors: its names and ids, and the rules that it silences."""

    names: frozenset[str]
    silences: frozenset[str] = frozenset()


def head(documents: Sequence[YamlDocument]) -> int:
    """The number of the file's main document, which bears its name; cases beside it are its cases.

    That is the last correlation that no other document refers to, or else the last such rule.
    """
    referred = {name for document in documents for name in _refers(document.value)}
    free = [n for n, document in enumerate(documents) if not referred & set(_called(document))]
    kinds = ([n for n in free if _has(documents[n], key)] for key in ("correlation", "detection"))
    return max(next((found for found in kinds if found), free), default=len(documents) - 1)


def joined(documents: Sequence[YamlDocument]) -> Diagnostic | None:
    """The finding that documents of a file are parts of each other, as old Sigma had it."""
    for document in documents:
        action = document.value.get("action") if isinstance(document.value, dict) else None
        if action in ("global", "reset", "repeat"):
            message = f"`action: {action}` is no longer part of Sigma"
            span = document.span(("action",), key=True)
            hint = "repeat the shared parts in each document, or correlate rules by their names"
            return Diagnostic("TOC010", message, span, hint=hint)
    return None


def slug_of(documents: Sequence[YamlDocument], number: int, main: int) -> str:
    """What a document is called without a name: as the file if it is the main one, else its id."""
    stem = PurePath(documents[number].file).stem
    if number == main:
        return stem
    value = documents[number].value
    given = value.get("id") if isinstance(value, dict) else None
    return canonical_id(given) if given and isinstance(given, str) else f"{stem}-{number + 1}"


def broken(document: YamlDocument) -> Broken:
    """What is still to be known of a document with errors."""
    value = document.value if isinstance(document.value, dict) else {}
    block = value.get("correlation")
    loud = [given.get("generate") for given in (value, block) if isinstance(given, dict)]
    silences = () if any(each is True for each in loud) else _refers(value)
    return Broken(frozenset(_called(document)), frozenset(silences))


def _called(document: YamlDocument) -> Iterator[str]:
    value = document.value if isinstance(document.value, dict) else {}
    for key in ("name", "id"):
        if isinstance(value.get(key), str) and value[key]:
            yield canonical_id(value[key])


def _refers(value: Any) -> tuple[str, ...]:
    block = value.get("correlation") if isinstance(value, dict) else None
    return tuple(map(canonical_id, texts_of(block.get("rules")))) if isinstance(block, dict) else ()


def _has(document: YamlDocument, key: str) -> bool:
    return isinstance(document.value, dict) and key in document.value
