"""Compiled groups on a backend's real engine; what breaks a run is found and named."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

from tocsin.backend.base import Backend, Endpoints
from tocsin.compile import Refusal, compile_query
from tocsin.conformance.gather import CaseGroup, part_of
from tocsin.ir.query import Resolved
from tocsin.model.artifact import Artifact, Job, Match

CaseHits = frozenset[tuple[int, tuple[str, ...]]]
"""Positions of the events that match, each with its group (empty without a correlation)."""
DetectionOnSource = tuple[str, str]
"""A detection on a source: names of both."""
ATTEMPTS = 100
"""Runs that the search for what breaks a run may take."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a backend makes of a query; `wrong` says what no compiler may do, if it did."""

    made: Artifact | Refusal | None
    wrong: str = ""


def compiled(query: Resolved, backend: Backend) -> Compiled:
    """The artifact or the refusal, made twice: compilers have changed rules in place."""
    try:
        made, again = compile_query(query, backend), compile_query(query, backend)
    except Exception as error:  # noqa: BLE001 - a backend under test may raise anything
        return Compiled(None, f"compiling fails: {type(error).__name__}: {error}")
    if isinstance(made, Refusal) or made == again:
        return Compiled(made)
    return Compiled(made, "compiling it twice gives different bytes")


@dataclass(frozen=True, slots=True)
class Ran:
    """A group as it ran at last: the hits of each detection, or the error that breaks its run."""

    group: CaseGroup
    hits: Mapping[str, CaseHits] = field(default_factory=dict)
    error: str = ""


def run_groups(
    groups: Sequence[CaseGroup],
    made: Mapping[DetectionOnSource, Compiled],
    backend: Backend,
    endpoints: Endpoints,
) -> Iterator[Ran]:
    """Run all groups at once; where that breaks, halves of them until the guilty are alone.

    Raises the first error where nothing at all ran.
    """
    waiting = deque([list(groups)])
    first: Exception | None = None
    ran = False
    for attempt in count():
        if not waiting:
            break
        some = waiting.popleft()
        try:
            done = _run(some, made, backend, endpoints)
        except Exception as error:  # noqa: BLE001 - a backend under test may raise anything
            first = first or error
            parts = _halves(some) if attempt < ATTEMPTS else []
            waiting += parts
            if not parts:
                yield from (Ran(group, error=f"the run fails: {error}") for group in some)
        else:
            ran = True
            yield from done
    if first and not ran:
        raise first


def _run(
    groups: Sequence[CaseGroup],
    made: Mapping[DetectionOnSource, Compiled],
    backend: Backend,
    endpoints: Endpoints,
) -> list[Ran]:
    jobs = [_job(group, made) for group in groups]
    given = [job for job in jobs if job.artifacts and job.events]
    found = iter(backend.run(given, endpoints) if given else [])
    return [
        Ran(group, _by_detection(next(found)) if job.artifacts and job.events else {})
        for group, job in zip(groups, jobs, strict=True)
    ]


def _job(group: CaseGroup, made: Mapping[DetectionOnSource, Compiled]) -> Job:
    """Each detection once, on the events of all cases."""
    keys = dict.fromkeys((group.source.name, placed.query.detection.id) for placed in group.placed)
    artifacts = tuple(done for key in keys if isinstance(done := made[key].made, Artifact))
    return Job((group.source,), artifacts, group.events)


def _by_detection(matches: Iterable[Match]) -> dict[str, CaseHits]:
    found: dict[str, set[tuple[int, tuple[str, ...]]]] = {}
    for match in matches:
        found.setdefault(match.detection, set()).add((match.event, match.group))
    return {name: frozenset(hits) for name, hits in found.items()}


def _halves(groups: Sequence[CaseGroup]) -> list[list[CaseGroup]]:
    """The groups, or the cases of the only one, in two parts; nothing for a single case."""
    if len(groups) > 1:
        return [list(groups[: len(groups) // 2]), list(groups[len(groups) // 2 :])]
    placed = groups[0].placed
    if len(placed) == 1:
        return []
    parts = placed[: len(placed) // 2], placed[len(placed) // 2 :]
    return [[part_of(groups[0], part)] for part in parts]
