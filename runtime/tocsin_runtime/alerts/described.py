"""What people want to know of a detection when it raises an alert."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.model.detection import Dedup


@dataclass(frozen=True, slots=True)
class Described:
    """A deployed detection in words. `version` and `release` are 0 where they are not known.

    A detection in shadow is evaluated and counted, but raises no alerts.
    """

    id: str
    title: str
    level: str = ""
    description: str = ""
    author: str = ""
    license: str = ""
    owner: str = ""
    status: str = ""
    tags: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    falsepositives: tuple[str, ...] = ()
    dedup: Dedup | None = None
    playbook: str = ""
    version: int = 0
    release: int = 0
    shadow: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """Which deployment raises alerts."""

    project: str
    environment: str
