"""What is told of sources, of ATT&CK, and of controls."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.model.attack import Attack
from tocsin.model.attack_strategies import AttackStrategies
from tocsin.model.source import Source


@dataclass(frozen=True, slots=True)
class SourceHistory:
    """A source as last declared. `detections`: that read it at the end; `first`: a release."""

    name: str
    source: Source
    detections: tuple[str, ...]
    first: int
    last: int
    declared: bool


@dataclass(frozen=True, slots=True)
class AttackRecord:
    """ATT&CK as of a release. `attack` is None where neither it nor its digest is known here.

    `strategies` is None where that file has none.
    """

    release: int
    digest: str
    attack: Attack | None
    strategies: AttackStrategies | None = None


@dataclass(frozen=True, slots=True)
class MappingRecord:
    """A mapping of controls to techniques, as the project had it at the end.

    `whose` made it. `lost`: technique ids of it that ATT&CK of then has no successor of.
    """

    name: str
    title: str
    catalogue: str
    version: str
    whose: str
    licence: str
    attack: str
    digest: str
    release: int
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ControlEvidence:
    """Why a detection supports a control: its author says so, or a mapping of a technique does.

    `technique`: as ATT&CK of then calls it, `mapped` as the mapping does. `kind` and `score`: as in
    the mapping.
    """

    detection: str
    mapping: str = ""
    technique: str = ""
    mapped: str = ""
    kind: str = ""
    score: str = ""


@dataclass(frozen=True, slots=True)
class ControlHistory:
    """A control of a catalogue (`nist-800-53`), and what supports it at the end.

    `name` is None where no mapping names it. `techniques`: that mappings give it, supported or not.
    """

    catalogue: str
    version: str
    id: str
    name: str | None
    group: str | None
    techniques: tuple[str, ...]
    evidence: tuple[ControlEvidence, ...]
