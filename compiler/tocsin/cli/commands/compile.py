"""`tocsin compile`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.progress import track
from rich.table import Table

from tocsin.app.output_folder import gather, tables, write
from tocsin.backend import registry
from tocsin.backend.base import Backend
from tocsin.cli.output import (
    Terminal,
    console,
    echo_json,
    format_option,
    on_terminal,
    print_diagnostics,
)
from tocsin.compile import Refusal, compile_query
from tocsin.diagnostics import Diagnostic, has_errors
from tocsin.errors import ConfigError
from tocsin.escape import printable
from tocsin.front.collect import collect
from tocsin.front.project import Project, find_project, load_project
from tocsin.front.relate import relate_inferred
from tocsin.ir.correlation import Correlation
from tocsin.ir.nodes import Keyword
from tocsin.ir.query import Resolved, rebound
from tocsin.model.artifact import Artifact
from tocsin.model.source import Column, FieldType, Source
from tocsin.plan.desired import backend_of
from tocsin.scan.infer import UNBOUND, VALUES
from tocsin.scan.times import TIME_FIELDS


@dataclass(frozen=True, slots=True)
class Built:
    """What one backend made of the detections that are meant for it."""

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


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--target", "targets", multiple=True, metavar="NAME", help="A backend; repeatable.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder to write to.")
@click.option("--env", metavar="ENV", help="Only what this environment would deploy.")
@format_option("text", "json")
def compile(  # noqa: A001 - the command's name
    paths: tuple[Path, ...],
    *,
    targets: tuple[str, ...],
    out: Path | None,
    env: str | None,
    fmt: str,
) -> None:
    """Make the artifacts of every backend, and count what each compiles and refuses.

    Without PATHS, all detections of the project; PATHS are any Sigma files and folders, compiled
    over one table `events` with a text column a field (event time for correlations: `timestamp`).
    With --out, artifacts are written to DIR/<backend>/<source>/<key>.<suffix>, with the tables that
    they read and a manifest; equal detections give equal bytes. Exit code 1 if something was
    refused or has errors.
    """
    if env and paths:
        raise click.UsageError("--env needs the project's own detections, so no PATHS")
    project = None if paths else load_project(find_project(Path()))
    names = targets or (_serving(project, env) if project and env else registry.names())
    backends = [registry.load(name) for name in dict.fromkeys(names)]
    queries, wrong = (project.queries, project.diagnostics) if project else _inferred(paths)
    print_diagnostics(wrong, err=True)
    built = [_build(b, list(_meant(queries, b, project, env))) for b in backends]
    print_diagnostics([no.diagnostic for each in built for no in each.refused], err=True)
    if out:
        _write(out, built)
    _report(built, fmt)
    if has_errors(list(wrong)) or any(each.refused for each in built):
        raise click.exceptions.Exit(1)


def _inferred(paths: Sequence[Path]) -> tuple[tuple[Resolved, ...], tuple[Diagnostic, ...]]:
    """Any rules, bound to one table that has a text column for every field they look at."""
    found = collect(paths)
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


def _build(backend: Backend, queries: Sequence[Resolved]) -> Built:
    steps = track(
        queries,
        backend.name,
        console=console(),
        transient=True,
        disable=not on_terminal(),
    )
    made = [compile_query(query, backend) for query in steps]
    artifacts = tuple(each for each in made if isinstance(each, Artifact))
    refused = tuple(each for each in made if isinstance(each, Refusal))
    used = {artifact.source for artifact in artifacts}
    sources = {s.name: s for q in queries if q.source.name in used for s in q.sources}
    return Built(backend, artifacts, refused, tuple(sources[name] for name in sorted(sources)))


def _write(out: Path, built: Sequence[Built]) -> None:
    if out.is_file():
        raise ConfigError(f"{out} is a file", hint="name a folder")
    files = gather(artifact for each in built for artifact in each.artifacts)
    for each in built:
        files |= tables(each.backend, each.sources)
    removed = write(out, files, [each.backend.name for each in built])
    gone = f", {removed} of an older run removed" if removed else ""
    console().print(f"{len(files)} files written to {printable(str(out))}{gone}", soft_wrap=True)


def _report(built: Sequence[Built], fmt: str) -> None:
    if fmt == "json":
        echo_json({each.backend.name: each.as_json() for each in built})
        return
    out = Terminal()
    counts = Table("backend", "compiled", "refused", box=None, header_style="dim")
    reasons = Table("backend", "refused", "reason", "count", box=None, header_style="dim")
    for each in built:
        counts.add_row(each.backend.name, str(len(each.artifacts)), str(len(each.refused)))
        for (node, reason), count in each.reasons:
            reasons.add_row(each.backend.name, node, reason, str(count))
    out.print(counts)
    if reasons.row_count:
        out.print(reasons)
