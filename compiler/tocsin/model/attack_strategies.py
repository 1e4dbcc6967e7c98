"""How ATT&CK would find techniques: strategies, their analytics, and the logs that these need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Analytic:
    """One way on some platforms. `log_sources`: as ATT&CK names them (`auditd:SYSCALL`)."""

    id: str
    platforms: tuple[str, ...]
    log_sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DetectionStrategy:
    """What ATT&CK says of one technique; a name is MITRE's."""

    id: str
    technique: str
    name: str
    analytics: tuple[Analytic, ...]


@dataclass(frozen=True, slots=True)
class AttackStrategies:
    """Those of a version, by technique; a version may be older than that of the techniques."""

    version: str
    by_technique: Mapping[str, tuple[DetectionStrategy, ...]]

    def of(self, technique: str) -> tuple[DetectionStrategy, ...]:
        """Of this technique itself, not of its parts."""
        return self.by_technique.get(technique, ())
