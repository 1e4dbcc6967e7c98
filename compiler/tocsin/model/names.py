"""Which names are allowed in brokers, engines, files and SQL."""

from __future__ import annotations

import re

TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")
"""Kafka's own grammar. What begins with `^` is a pattern to its clients: never a name."""

TABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
"""Plain words: engines take dots for schemas, and some take endings for files to read."""

_OURS = re.compile(r".*__(all|drift|misfits|refused)|base_[0-9]+(_.*)?", re.IGNORECASE)
"""Relations beside a source's own; parts of a correlation's statement, which later ones would read
instead of a table of that name.
"""

RESERVED = "tocsin."
"""How the topics begin that we write: results, what jobs find and refuse, releases."""

ENVIRONMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
"""What names a branch, a folder, topics and groups of consumers.

Without dots: after the last one of a topic stands the environment, whatever the project is called.
"""

_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")

LONGEST_FIELD = 500
"""Characters of a field's name."""


def canonical_id(text: str) -> str:
    """A UUID in lower case, since it is case-insensitive; any other name as it is."""
    return text.lower() if is_uuid(text) else text


def is_uuid(text: str) -> bool:
    """Whether it is a UUID, as Sigma requires."""
    return _UUID.fullmatch(text) is not None


def topic_fault(name: str) -> str:
    """What is wrong with the name of a topic of events; empty if nothing is."""
    if TOPIC.fullmatch(name) is None or name in (".", ".."):
        return "the name of a Kafka topic has 1 to 249 characters out of A-Z a-z 0-9 . _ -"
    if name.lower().startswith(RESERVED):
        return f"topics that begin with {RESERVED} are written by Tocsin itself"
    return ""


def table_fault(name: str) -> str:
    """What is wrong with the name of a table; empty if nothing is."""
    if TABLE.fullmatch(name) is None:
        return "the name of a table has only A-Z a-z 0-9 _"
    return "generated statements use this name themselves" if _OURS.fullmatch(name) else ""


def field_fault(name: str) -> str:
    """What is wrong with the name of a declared field; empty if nothing is."""
    if "~" in name:
        return "names with ~ are reserved for computed columns"
    return key_fault(name)


def key_fault(name: str) -> str:
    """What is wrong with a key on the way to a field's value in an event."""
    if not name:
        return "it is empty"
    if len(name) > LONGEST_FIELD:
        return f"it is longer than {LONGEST_FIELD} characters"
    if "${" in name:
        return "engines replace ${…} with settings and variables"
    return "" if name.isprintable() else "it has characters that are not printable"
