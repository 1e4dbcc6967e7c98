"""A case of the table: what is given, and what an engine must say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tocsin.front.yaml import Path_, YamlDocument
from tocsin.model.detection import CaseEvent

SEEN_WRONG = "seen-wrong"
"""Tag of the cases that published tools are known to get wrong."""


@dataclass(frozen=True, slots=True, eq=False)
class ContractCase:
    """One case. `given` says where `detection`, `rules` or `file` stands in its document.

    `events`: numbers of the events that must match, `groups` their groups (correlations).
    `alerts`: keys of the detections that raise alerts, where the case asks for it.
    `refused` is the code of the finding that must refuse it, before any backend sees it; `warned`
    is the code of a warning that it must give.
    """

    row: str
    name: str
    document: YamlDocument
    given: Path_
    given_events: tuple[CaseEvent, ...] = ()
    events: tuple[int, ...] = ()
    groups: tuple[tuple[str, ...], ...] | None = None
    alerts: tuple[str, ...] | None = None
    of: str = ""
    refused: str = ""
    warned: str = ""
    lateness: str = "1h"
    unit: str = ""
    tags: tuple[str, ...] = ()
    placeholders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """`L6/search-and-not-full-match`: stable as long as the name is."""
        return f"{self.row}/{slug(self.name)}"

    @property
    def form(self) -> str:
        """`detection`, `rules` or `file`."""
        return str(self.given[-1])

    @property
    def value(self) -> Any:
        """What the author wrote, in plain data."""
        value = self.document.value
        for part in self.given:
            value = value[part]
        return value


@dataclass(frozen=True, slots=True, eq=False)
class ContractRow:
    """One row of the contract and its cases."""

    id: str
    title: str
    cases: tuple[ContractCase, ...]

    @property
    def meaningful(self) -> tuple[ContractCase, ...]:
        """The cases that reach a backend: those that the front does not refuse."""
        return tuple(case for case in self.cases if not case.refused)


def slug(name: str) -> str:
    """The name as part of an id: lower-case words joined by dashes."""
    return "-".join(re.findall(r"\w+", name.lower()))
