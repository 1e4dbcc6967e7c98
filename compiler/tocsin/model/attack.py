"""MITRE ATT&CK, Enterprise: tactics, techniques, and what older versions had."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_ID = re.compile(r"T[0-9]{4}(\.[0-9]{3})?")


@dataclass(frozen=True, slots=True)
class Tactic:
    """A column of the matrix; `shortname` is what tags say (`credential-access`)."""

    id: str
    shortname: str
    name: str


@dataclass(frozen=True, slots=True)
class Technique:
    """A technique (`T1098`) or sub-technique (`T1098.001`); `tactics` are shortnames."""

    id: str
    name: str
    tactics: tuple[str, ...]

    @property
    def parent(self) -> str:
        """Id of the technique that this is a part of; its own id if it is not one."""
        return self.id.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Retired:
    """A technique that was revoked or deprecated; `successor` is empty if none took its place."""

    id: str
    name: str
    successor: str


@dataclass(frozen=True, slots=True)
class Attack:
    """One version of ATT&CK; tactics in the order of the matrix, techniques in that of their ids.

    `retired_tactics`: shortname to the shortnames among which it was split.
    """

    version: str
    domain: str
    tactics: tuple[Tactic, ...]
    techniques: Mapping[str, Technique]
    retired: Mapping[str, Retired]
    retired_tactics: Mapping[str, tuple[str, ...]]

    def technique(self, id_: str) -> Technique | None:
        """The technique with this id (any case), None if this version does not have it."""
        return self.techniques.get(id_.upper())

    def retired_technique(self, id_: str) -> Retired | None:
        """The technique that had this id (any case) in an older version, None if there was none."""
        return self.retired.get(id_.upper())

    def current(self, id_: str) -> str:
        """The id that a technique of any version has in this one, empty if it has none."""
        if self.technique(id_):
            return id_.upper()
        retired = self.retired_technique(id_)
        return retired.successor if retired else ""

    def tactic(self, word: str) -> Tactic | None:
        """The tactic with this shortname or id (any case)."""
        wanted = word.lower()
        return next((t for t in self.tactics if wanted in (t.shortname, t.id.lower())), None)

    def named(self, tags: Iterable[str]) -> tuple[str, ...]:
        """Ids of its techniques that tags name, each once."""
        return tuple(id_ for id_ in tagged(tags) if self.technique(id_))

    def children(self, id_: str) -> tuple[Technique, ...]:
        """The sub-techniques of a technique."""
        prefix = f"{id_.upper()}."
        return tuple(t for key, t in self.techniques.items() if key.startswith(prefix))


def is_technique_id(text: str) -> bool:
    """Whether this has the form of a technique id; tactics (`TA0001`) have another one."""
    return bool(_ID.fullmatch(text.upper()))


def tagged(tags: Iterable[str]) -> tuple[str, ...]:
    """Ids of techniques that tags (`attack.t1098.003`) name, each once."""
    words = (tag.lower().removeprefix("attack.") for tag in tags if tag.lower()[:7] == "attack.")
    return tuple(dict.fromkeys(word.upper() for word in words if is_technique_id(word)))
