"""The interface between the compiler and a backend: everything that a backend needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from tocsin.errors import Unsupported
from tocsin.ir.correlation import NODE_TYPES
from tocsin.ir.query import CorrelationQuery, Resolved
from tocsin.model.artifact import Artifact, Job, Match, Missed, WindowRow
from tocsin.model.source import Source


class Support(StrEnum):
    """Support of a backend for a node: yes, not implemented, not possible yet, never possible."""

    YES = "yes"
    NOTIMPL = "notimpl"
    NOTYET = "notyet"
    NEVER = "never"


class Endpoints(Protocol):
    """Where running engines can be reached."""

    @property
    def addresses(self) -> Mapping[str, str]:
        """Addresses by name. An engine that is not running has none."""


@dataclass(frozen=True, slots=True)
class NoServers:
    """Endpoints if no server is needed."""

    addresses: Mapping[str, str] = field(default_factory=dict)


class Backend(Protocol):
    """A target language with its engine. `needs` names the engines that `run` needs."""

    name: str
    engine: str
    needs: tuple[str, ...]
    capabilities: Mapping[str, Support]

    def compile(self, query: Resolved) -> Artifact:
        """The artifact of one detection. Raises Unsupported before any text is made."""

    def run(self, jobs: Sequence[Job], endpoints: Endpoints) -> list[list[Match]]:
        """Run each job's artifacts on the real engine; the matches of each job, sorted."""


@runtime_checkable
class ExtraEngine(Protocol):
    """A backend whose engine may be missing, because it is an extra of the package."""

    def missing(self) -> str:
        """Why its engine cannot run here, or nothing. Compiling works without it."""


@runtime_checkable
class VersionedEngine(Protocol):
    """What a backend has that tells the version of its engine, besides."""

    def engine_version(self, endpoints: Endpoints) -> str:
        """Of the one that is running, or would run here."""


@runtime_checkable
class TableBackend(Protocol):
    """A backend whose statements read tables."""

    def tables(self, source: Source) -> str:
        """The definitions that statements over this source need."""

    def files(self) -> Mapping[str, bytes]:
        """Files that the definitions refer to, by name."""


class Loaded(Protocol):
    """The loaded events of a job, to query its correlations."""

    def matches(self) -> list[Match]:
        """The matches, sorted."""

    def judged(self) -> list[WindowRow]:
        """All events of groups at which correlations are evaluated, in any order."""

    def left_out(self) -> list[Missed]:
        """The base matches that do not count, by correlation and reason, in any order."""


@runtime_checkable
class WindowBackend(Protocol):
    """A backend that can report the windows of correlations and what they leave out."""

    def loaded(self, job: Job, endpoints: Endpoints) -> AbstractContextManager[Loaded]:
        """The events of a job with correlations, loaded while the block runs."""


def artifact_of(backend: str, query: Resolved, suffix: str, body: bytes) -> Artifact:
    """The artifact of a query: its identity is the query's, its bytes are the backend's."""
    stateful = isinstance(query, CorrelationQuery)
    keys = query.correlation.group_by if isinstance(query, CorrelationQuery) else ()
    return Artifact(
        detection=query.detection.id,
        key=query.detection.key,
        backend=backend,
        source=query.source.name,
        logic=query.logic,
        suffix=suffix,
        body=body,
        sources=tuple(source.name for source in query.sources) if stateful else (),
        group_by=tuple(key.name for key in keys),
    )


def refuse_undeclared(query: Resolved, capabilities: Mapping[str, Support]) -> None:
    """Raise Unsupported for the first node that is not declared as working."""
    known = {t.__name__ for t in NODE_TYPES}
    for kind in sorted(query.kinds & known):
        support = capabilities.get(kind)
        if support is not Support.YES:
            raise Unsupported(kind, support.value if support else "undeclared")
