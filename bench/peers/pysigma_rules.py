"""Rules for peers that are made of pySigma: each file by itself, so that one does not stop all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from sigma.collection import SigmaCollection
from sigma.rule import SigmaRule

from bench.protocol import Loaded, rule_files

Made = TypeVar("Made")


def convert(
    rules: Path, backend: Callable[[SigmaCollection], Made]
) -> tuple[list[tuple[str, Made]], Loaded]:
    """Every rule's id with what the backend makes of it, and why it makes nothing of others."""
    done: list[tuple[str, Made]] = []
    failed: dict[str, str] = {}
    for file in rule_files(rules):
        try:
            collection = SigmaCollection.from_yaml(file.read_text("utf-8"))
            done.append((str(collection.rules[0].id), backend(collection)))
        except Exception as error:  # noqa: BLE001 - whatever a peer throws counts as refused
            failed[file.name] = f"{type(error).__name__}: {error}"
    return done, Loaded(len(done), failed)


def fields_of(rules: Path) -> list[str]:
    """Names of the fields that the rules look at."""
    found: dict[str, None] = {}
    for file in rule_files(rules):
        try:
            collection = SigmaCollection.from_yaml(file.read_text("utf-8"))
        except Exception:  # noqa: BLE001, S112 - counted where rules are converted
            continue
        for rule in collection.rules:
            if not isinstance(rule, SigmaRule):
                continue
            for detection in rule.detection.detections.values():
                found |= dict.fromkeys(_fields(detection))
    return list(found)


def _fields(node: Any) -> Iterator[str]:
    """Fields of a detection, which nests; also those that fields are compared with."""
    for item in node.detection_items:
        if hasattr(item, "detection_items"):
            yield from _fields(item)
        elif item.field:
            yield item.field
            yield from (value.field for value in item.value if hasattr(value, "field"))
