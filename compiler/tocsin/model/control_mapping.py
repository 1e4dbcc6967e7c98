"""A mapping of the controls of a catalogue to techniques of ATT&CK, made by somebody else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MappingLine:
    """A line of it: `kind` and `score` are its maker's words."""

    control: str
    technique: str
    kind: str = ""
    score: str = ""


@dataclass(frozen=True, slots=True)
class ControlMapping:
    """Made `by` somebody for a version of `attack`.

    `catalogue`: as detections name it before the colon in `controls`. `controls`: names by id;
    `groups`: names by how ids of their controls begin.
    """

    catalogue: str
    version: str
    title: str
    by: str
    licence: str
    attack: str
    controls: Mapping[str, str]
    groups: Mapping[str, str]
    lines: tuple[MappingLine, ...]

    def group_of(self, control: str) -> str | None:
        """The name of the group with the longest beginning of this id, None if there is none."""
        begins = [group for group in self.groups if control.startswith(group)]
        return self.groups[max(begins, key=len)] if begins else None
