"""Queries to artifacts; what a backend refuses becomes a diagnostic, never an approximation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tocsin.backend.base import Backend, refuse_undeclared
from tocsin.backend.forms import PackBackend, part_of
from tocsin.backend.refusal_words import remedy, words
from tocsin.backend.registry import code
from tocsin.cache import Table, table
from tocsin.diagnostics import Diagnostic
from tocsin.errors import Unsupported
from tocsin.ir.query import Query, Resolved
from tocsin.model.artifact import Artifact
from tocsin.pack import Part


@dataclass(frozen=True, slots=True)
class Refusal:
    """A detection that a backend does not take, and why."""

    query: Resolved
    backend: str
    node: str
    reason: str
    detail: str = ""

    @property
    def diagnostic(self) -> Diagnostic:
        """The refusal as a finding at the detection's place."""
        detection = self.query.detection
        return Diagnostic(
            "TOC900",
            f"{self.backend} refuses this detection: {self.words}",
            detection.span,
            hint=remedy(self.backend, self.node, self.reason),
            rule=detection.id,
        )

    @property
    def words(self) -> str:
        """Why, as people say it."""
        return words(self.node, self.reason, self.detail)


def compile_query(query: Resolved, backend: Backend, *, stream: bool = False) -> Artifact | Refusal:
    """One detection for one backend; `stream`: in the form that stream environments deploy."""
    try:
        refuse_undeclared(query, backend.capabilities)
        return _deployed(query, backend) if stream else backend.compile(query)
    except Unsupported as no:
        return Refusal(query, backend.name, no.node, no.reason, no.detail)


def _deployed(query: Resolved, backend: Backend) -> Artifact:
    """In the form that stream environments deploy, where the backend has one."""
    from tocsin.backend.streaming import StreamBackend  # noqa: PLC0415 - slow to load

    return backend.deployed(query) if isinstance(backend, StreamBackend) else backend.compile(query)


class Compile(Protocol):
    """What compiles as `compile_query` does."""

    def __call__(self, query: Resolved, backend: Backend, *, stream: bool) -> Artifact | Refusal:
        """One detection for one backend."""


class KnownCompiler:
    """Compiles for the backends, and knows what was compiled before."""

    def __init__(self, known: Table) -> None:
        self._known = known

    def __call__(self, query: Resolved, backend: Backend, *, stream: bool) -> Artifact | Refusal:
        """What is known, or what `compile_query` makes."""

        def make() -> Artifact | tuple[str, str, str]:
            made = compile_query(query, backend, stream=stream)
            return made if isinstance(made, Artifact) else (made.node, made.reason, made.detail)

        of = f"{query.exact} {backend.name} {stream}"
        found = self._known.answer(of, make)
        return found if isinstance(found, Artifact) else Refusal(query, backend.name, *found)


@contextmanager
def compiling(root: Path, environment: str) -> Iterator[Compile]:
    """Compiles for an environment of the project at `root`; what was done is known again."""
    with table("compiled", [root / environment], code()) as known:
        yield KnownCompiler(known)


def compile_part(query: Query, backend: PackBackend | None) -> Part | Refusal:
    """A detection's part of a pack for one backend, or for the matcher of this process."""
    try:
        return backend.part(query) if backend else part_of(query)
    except Unsupported as no:
        name = backend.name if backend else "matcher"
        return Refusal(query, name, no.node, no.reason, no.detail)


def compile_all(
    queries: Iterable[Resolved], backend: Backend
) -> tuple[list[tuple[Resolved, Artifact]], list[Refusal]]:
    """All detections for one backend: what compiled, what was refused."""
    done: list[tuple[Resolved, Artifact]] = []
    refused: list[Refusal] = []
    for query in queries:
        result = compile_query(query, backend)
        if isinstance(result, Refusal):
            refused.append(result)
        else:
            done.append((query, result))
    return done, refused
