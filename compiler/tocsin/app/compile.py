"""Compiles detections with every backend, and counts what each compiles and refuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tocsin.app.output_folder import gather, needed_files, tables, write
from tocsin.backend import registry
from tocsin.backend.base import Backend
from tocsin.compile import Refusal, compile_query
from tocsin.diagnostics import Diagnostic
from tocsin.errors import ConfigError, EngineError
from tocsin.front.collect import collect_again
from tocsin.front.place import find_project
from tocsin.front.project import Project, load_project
from tocsin.front.relate import relate_inferred
from tocsin.ir.correlation import Correlation
from tocsin.ir.nodes import Keyword
from tocsin.ir.query import Resolved, rebound
from tocsin.model.artifact import Artifact
from tocsin.model.source import Column, FieldType, Source
from tocsin.plan.desired import backend_of
from tocsin.scan.infer import UNBOUND, VALUES
from tocsin.scan.times import TIME_FIELDS

Passing = Callable[[Sequence[Resolved], str], Iterable[Resolved]]
"""Passes detections on for a backend of this name, and may show how many went through."""


@dataclass(frozen=True, slots=True)
class Built:
    """The result of one backend for the detections that are meant for it."""

    backend: Backend
    artifacts: tuple[Artifact, ...]
    refused: tuple[Refusal, ...]
    sources: tuple[Source, ...]

    @property
    def reasons(self) -> list[tuple[tuple[str, str], int]]:
        """How often each node was refused for each reason, most frequent first."""
        counted = Counter((no.node, no.reason) for no in self.refused)
        return sorted(counted.items(), key=lambda item: (-item[1], item[0]))

    def as_json(self) -> dict[str, Any]:
        """The object that `compile --format json` prints for a backend."""
        made = sorted(self.artifacts, key=lambda a: a.path)
        return {
            "compiled": len(made),
            "refused": len(self.refused),
            "reasons": [{"node": n, "reason": r, "count": c} for (n, r), c in self.reasons],
            "artifacts": [
                {"path": a.path, "detection": a.detection, "logic": a.logic, "sha256": a.digest}
                for a in made
            ],
            "refusals": [no.diagnostic.as_json() for no in self.refused],
        }


@dataclass(frozen=True, slots=True)
class ToCompile:
    """Detections by the backend that gets them, and what is wrong in their files."""

    queries: tuple[tuple[Backend, tuple[Resolved, ...]], ...]
    wrong: tuple[Diagnostic, ...]

    @property
    def distinct(self) -> tuple[Resolved, ...]:
        """Each of them once, whichever backends get it."""
        return tuple({q.detection.id: q for _, some in self.queries for q in some}.values())


def to_compile(paths: Sequence[Path], targets: Sequence[str], env: str | None) -> ToCompile:
    """Any Sigma files, without paths the current project; with `env` what that would deploy."""
    project = None if paths else load_project(find_project(Path()))
    names = targets or (_serving(project, env) if project and env else registry.names())
    backends = [registry.load(name) for name in dict.fromkeys(names)]
    queries, wrong = (project.queries, project.diagnostics) if project else _inferred(paths)
    meant = ((b, tuple(_meant(queries, b, project, env))) for b in backends)
    return ToCompile(tuple(meant), tuple(wrong))


def build_all(given: ToCompile, progress: Passing) -> list[Built]:
    """What each backend makes of its detections."""
    return [_build(backend, queries, progress) for backend, queries in given.queries]


@dataclass(frozen=True, slots=True)
class Written:
    """How many files were written and removed, and why those of a backend are not whole."""

    files: int
    removed: int
    missing: tuple[tuple[str, EngineError], ...]


def write_built(out: Path, built: Sequence[Built]) -> Written:
    """Write artifacts, tables and a manifest; remove what an older run wrote."""
    if out.is_file():
        raise ConfigError(f"{out} is a file", hint="name a folder", file=out)
    files = gather(artifact for each in built for artifact in each.artifacts)
    missing: list[tuple[str, EngineError]] = []
    for each in built:
        files |= tables(each.backend, each.sources)
        try:
            files |= needed_files(each.backend) if each.sources else {}
        except EngineError as error:
            missing.append((each.backend.name, error))
    removed = write(out, files, [each.backend.name for each in built])
    return Written(len(files), removed, tuple(missing))


def _inferred(paths: Sequence[Path]) -> tuple[tuple[Resolved, ...], tuple[Diagnostic, ...]]:
    """Any rules, bound to one table that has a text column for every field they look at."""
    found = collect_again(paths)
    related = relate_inferred(found, UNBOUND, ignore_logsource=False)
    kinds = {kind for query in related.queries for kind in query.kinds}
    fields = {name for query in related.queries for name in query.fields}
    columns = [Column(name, FieldType.STRING, (name,)) for name in sorted(fields)]
    time = TIME_FIELDS[0] if Correlation.__name__ in kinds else ""
    if time and time not in fields:
        columns.append(Column(time, FieldType.TIMESTAMP, (time,)))
    values = VALUES if Keyword.__name__ in kinds else ""
    if values:
        columns.append(Column(VALUES, FieldType.STRINGS, (VALUES,)))
    source = Source(
        "events",
        tuple(columns),
        topic="events",
        table="events",
        time_field=time,
        values_column=values,
    )
    alerting = (query for query in related.queries if query.alerts)
    return tuple(rebound(q, source) for q in alerting), (*found.diagnostics, *related.diagnostics)


def _serving(project: Project, env: str) -> list[str]:
    """The backends that an environment deploys with."""
    environment = project.environment(env)
    return sorted({backend_of(query, environment) for query in project.queries})


def _meant(
    queries: Sequence[Resolved], backend: Backend, project: Project | None, env: str | None
) -> Iterator[Resolved]:
    """The detections that a backend gets: with an environment, those that it serves there."""
    if project is None or env is None:
        yield from queries
        return
    environment = project.environment(env)
    for query in queries:
        off = query.detection.deploy.get(env) == "off" or not query.alerts
        if not off and backend_of(query, environment) == backend.name:
            yield query


def _build(backend: Backend, queries: Sequence[Resolved], progress: Passing) -> Built:
    made = [compile_query(query, backend) for query in progress(queries, backend.name)]
    artifacts = tuple(each for each in made if isinstance(each, Artifact))
    refused = tuple(each for each in made if isinstance(each, Refusal))
    used = {artifact.source for artifact in artifacts}
    sources = {s.name: s for q in queries if q.source.name in used for s in q.sources}
    return Built(backend, artifacts, refused, tuple(sources[name] for name in sorted(sources)))
