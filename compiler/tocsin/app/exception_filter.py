"""An exception as a Sigma filter, which goes into the project's repository."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Mapping
from typing import Any

import yaml

from tocsin.ir.query import Resolved
from tocsin.model.source import LogSource
from tocsin_server.suppressions.rules import FilterFile, RefusedError

_NAMES = uuid.UUID("6e1b1c86-3b0e-4c39-8a55-3f6f3c3ad0b4")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_LOGSOURCE = ("product", "category", "service")


def filter_file(
    query: Resolved, section: Mapping[str, Any], ticket: str, reason: str
) -> FilterFile:
    """The filter. A correlation has none of its own: it is one of the rules below it."""
    condition = section.get("condition")
    if not isinstance(condition, str):
        raise RefusedError(["a filter has one condition, and this are several"])
    logsources = {base.detection.logsource for base in query.events}
    if len(logsources) > 1:
        raise RefusedError(["rules on several log sources: each needs a filter of its own"])
    rules = [base.detection.id or base.detection.name for base in query.events]
    given = {name: value for name, value in section.items() if name != "condition"}
    document = {
        "title": f"{query.detection.meta.title}: {ticket}",
        "id": str(uuid.uuid5(_NAMES, f"{rules} {section}")),
        "description": reason,
        "logsource": _logsource(logsources.pop()),
        "filter": {"rules": rules, **given, "condition": f"not ({condition})"},
    }
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
    return FilterFile(f"rules/filters/{_slug(query.detection.key, ticket)}.yml", str(text))


def _logsource(logsource: LogSource) -> dict[str, str]:
    return {name: value for name in _LOGSOURCE if (value := getattr(logsource, name))}


def _slug(*words: str) -> str:
    plain = unicodedata.normalize("NFKD", " ".join(words)).encode("ascii", "ignore").decode()
    return _NOT_SLUG.sub("-", plain.lower()).strip("-")[:80] or "exception"
