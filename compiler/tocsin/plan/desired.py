"""What the project wants deployed in an environment: its queries, compiled."""

from __future__ import annotations

import platform
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path
from typing import Literal

from tocsin.backend.registry import GROUP, load, packing
from tocsin.compile import Compile, Refusal, compile_query, compiling
from tocsin.front.project import Project
from tocsin.ir.query import CorrelationQuery, Resolved
from tocsin.model.artifact import Artifact
from tocsin.model.detection import Dedup
from tocsin.model.project import Environment
from tocsin.plan.build import Desired
from tocsin.plan.shadow import Placing, placing, shadowed
from tocsin.plan.steps import Refused
from tocsin.plural import plural
from tocsin.progress import SILENT, Progress
from tocsin.release.entry import Entry
from tocsin.state.base import StateReader
from tocsin.state.lock import FILE, Identity, Lock
from tocsin.state.release import Release, Revision


def wanted(  # noqa: PLR0913 - all that decides what is wanted
    project: Project,
    environment: str,
    lock: Lock,
    last: Release | None,
    source: Revision,
    *,
    progress: Progress = SILENT,
) -> Desired:
    """Compile every detection that is not off here; derive its version from the lock.

    A detection that only serves correlations is part of their artifacts, and has none of its own.
    """
    settings = project.settings.environments[environment]
    entries: list[Entry] = []
    bodies: dict[str, bytes] = {}
    refused: list[Refused] = []
    alerting = [query for query in project.queries if query.alerts]
    off = {q.detection.id for q in alerting if _mode(q, environment) == "off"}
    with compiling(project.root, environment) as compile_again:
        for query in progress.track(alerting, "compiling"):
            if query.detection.id in off:
                continue
            old = last.entry(query.detection.id) if last else None
            place = placing(query, _mode(query, environment), last)
            made = compiled(query, settings, place, compile_again)
            if isinstance(made, Refusal):
                refused.append(_refused(made, old))
                continue
            entries += [place.beside] if place.beside else []
            entries.append(entry_of(project, query, made, place, _version(lock, old, query)))
            bodies[made.digest] = made.body
    return Desired(
        environment=environment,
        project=project.settings.project.name,
        reason="apply",
        entries=tuple(entries),
        bodies=bodies,
        refused=tuple(refused),
        off=frozenset(off),
        packed=packing(),
        sources=tuple(project.sources[name] for name in sorted(project.sources)),
        source=source,
        tools=tools(settings),
        warnings=stale_lock(lock, identities(project)),
    )


def completed(desired: Desired, reader: StateReader) -> Desired:
    """Adds the stored bytes of what does not change, in case it needs repair."""
    last = reader.last()
    if last is None:
        return desired
    refused = {no.id for no in desired.refused}
    stay = {e.artifact for e in desired.entries} - desired.bodies.keys()
    kept = [e for e in last.entries if e.artifact in stay or e.id in refused]
    stored = reader.bodies(last, kept)
    return replace(desired, bodies={**desired.bodies, **stored})


def compiled(
    query: Resolved, settings: Environment, place: Placing, by: Compile = compile_query
) -> Artifact | Refusal:
    """What the environment runs for a detection placed like this."""
    backend = load(backend_of(query, settings))
    named = shadowed(query) if place.beside else query
    return by(named, backend, stream=settings.kind != "local")


def backend_of(query: Resolved, settings: Environment) -> str:
    """Name of the backend that serves a detection in an environment."""
    stateful = isinstance(query, CorrelationQuery)
    return settings.backend_of(query.source.name, stateful=stateful)


def identities(project: Project) -> list[Identity]:
    """What the lock file names: key, id and logic of every detection."""
    return [Identity(q.detection.key, q.detection.id, q.logic) for q in project.queries]


def stale_lock(lock: Lock, detections: list[Identity]) -> tuple[str, ...]:
    """A warning if the lock file does not fit the detections."""
    fresh = lock.updated(detections).lines
    ids = sorted(
        (fresh.keys() | lock.lines.keys()),
        key=lambda i: fresh[i].key if i in fresh else lock.lines[i].key,
    )
    off = [fresh.get(i) or lock.lines[i] for i in ids if fresh.get(i) != lock.lines.get(i)]
    if not off:
        return ()
    names = ", ".join(line.key for line in off[:3]) + (" …" if len(off) > 3 else "")  # noqa: PLR2004 - three names show which
    return (f"{FILE} is stale for {plural(len(off), 'detection')} ({names}): run `tocsin lock`",)


def tools(settings: Environment) -> dict[str, str]:
    """Versions of what took part in compiling."""
    backends = {settings.backend, settings.correlations, *settings.backends.values()}
    points = (p for p in entry_points(group=GROUP) if p.name in backends and p.dist)
    found = {p.dist.name: p.dist.version for p in points if p.dist}
    for name in ("pysigma", "sqlglot"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # a backend need not use it
            continue
    return {**found, "python": platform.python_version()}


def _version(lock: Lock, old: Entry | None, query: Resolved) -> int:
    """The lock's word; where it is stale, the next number after all that are in use."""
    line = lock.lines.get(query.detection.id)
    for known in (line, old):
        if known and known.logic == query.logic:
            return known.version
    return max(known.version if known else 0 for known in (line, old)) + 1


def _mode(query: Resolved, environment: str) -> str:
    return query.detection.deploy.get(environment, "live")


def _on_change(query: Resolved) -> Literal["", "keep", "replay", "reset"]:
    """What the author wants; checked by TOC109."""
    wish = query.detection.deploy.get("on_change", "")
    return wish if wish in {"keep", "replay", "reset"} else ""  # type: ignore[return-value] # as checked


def _dedup(query: Resolved) -> Dedup | None:
    """With the places of its fields in the events of the source."""
    given, renamed = query.detection.dedup, query.source.renamed
    if given is None:
        return None
    return replace(given, by=tuple((name, renamed.get(name, ())) for name, _ in given.by))


def _refused(no: Refusal, old: Entry | None) -> Refused:
    detection = no.query.detection
    return Refused(
        detection.id,
        detection.key,
        no.backend,
        no.query.source.name,
        no.words,
        old.version if old else 0,
    )


def entry_of(
    project: Project, query: Resolved, made: Artifact, place: Placing, number: int
) -> Entry:
    """The entry of a detection in a release."""
    detection, meta = query.detection, query.detection.meta
    return Entry(
        id=made.detection,
        key=made.key,
        version=number,
        logic=query.logic,
        artifact=made.digest,
        meta=query.meta,
        backend=made.backend,
        source=made.source,
        path=made.path,
        title=meta.title,
        level=meta.level,
        status=meta.status,
        owner=meta.owner,
        tags=meta.tags,
        description=meta.description,
        author=meta.author,
        license=meta.license,
        references=meta.references,
        falsepositives=meta.falsepositives,
        dedup=_dedup(query),
        playbook=detection.playbook,
        controls=meta.controls,
        file=_below(detection.span.file, project.root),
        cases=len(detection.cases),
        mode="shadow" if place.mode == "shadow" else "live",
        beside=place.beside.id if place.beside else "",
        promoted=place.promoted,
        sources=made.sources,
        group_by=made.group_by,
        on_change=_on_change(query),
    )


def _below(file: str, root: Path) -> str:
    """The path inside the project, so that records are the same wherever it is checked out."""
    path = Path(file).resolve() if file else root
    return (
        path.relative_to(root.resolve()).as_posix() if path.is_relative_to(root.resolve()) else file
    )
