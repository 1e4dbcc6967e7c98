"""Runs the cases of detections on the evaluator or on real engines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tocsin import gate
from tocsin.app.engines import serving, started
from tocsin.app.project import project_at
from tocsin.cases.judge import CaseVerdict
from tocsin.cases.run import EVALUATOR, run_engine, run_evaluator
from tocsin.diagnostics import Diagnostic
from tocsin.errors import ConfigError
from tocsin.front.place import find_project
from tocsin.front.project import Project, load_project, read_settings
from tocsin.ir.query import Resolved
from tocsin.progress import Notify


@dataclass(frozen=True, slots=True)
class Tested:
    """The detections whose cases are to run, and what is wrong in their files."""

    queries: tuple[Resolved, ...]
    broken: tuple[Diagnostic, ...]


def to_test(paths: Sequence[Path], changed_since: str | None) -> Tested:
    """Those of rule files or folders of a project; without paths, all of the current project."""
    for path in paths:
        if gate.is_stdin(path):
            raise ConfigError(
                "cases are not read from standard input",
                hint="they run with the sources of their project: name a file in it",
            )
        if not path.exists():
            raise gate.MissingError(path, "file or folder")
    project = load_project(find_project(paths[0] if paths else Path()))
    queries = _chosen(project, paths, changed_since)
    broken = (d for d in project.diagnostics if _concerns(d.span.file, paths))
    return Tested(tuple(queries), tuple(broken))


def engines_of(paths: Sequence[Path], name: str) -> tuple[str, ...]:
    """The engines that serve an environment of the project, and the evaluator."""
    root = find_project(paths[0] if paths else Path())
    return serving(read_settings(root).environment(name))


def run_cases(
    queries: Sequence[Resolved], engines: Sequence[str], notify: Notify
) -> Iterator[CaseVerdict]:
    """A verdict per case and engine. Each engine is started once for all cases."""
    if EVALUATOR in engines:
        yield from run_evaluator(queries)
    with started(engines) as (backends, endpoints):
        for name, backend in backends.items():
            notify(f"{name}: running the cases")
            yield from run_engine(queries, backend, endpoints)


def reached(project: Project, before: Project | None, chosen: Sequence[Resolved]) -> list[Resolved]:
    """What means something else than before, or has other cases, whatever file did it."""
    if before is None or before.settings != project.settings:
        return list(chosen)
    old = {query.detection.id: _tested(query) for query in before.queries}
    return [query for query in chosen if old.get(query.detection.id) != _tested(query)]


def _chosen(project: Project, paths: Sequence[Path], rev: str | None) -> list[Resolved]:
    chosen = [q for q in project.queries if _concerns(q.detection.span.file, paths)]
    if paths and not chosen and not project.diagnostics:
        names = ", ".join(map(str, paths))
        raise ConfigError(f"no detections in {names}", hint=f"the project is {project.root}")
    return chosen if rev is None else reached(project, project_at(project.root, rev), chosen)


def _tested(query: Resolved) -> tuple[Any, ...]:
    """All that decides how the cases of a detection end."""
    cases = tuple((case.name, case.events, case.expect) for case in query.detection.cases)
    return (query.logic, query.sources, cases)


def _concerns(file: str, paths: Sequence[Path]) -> bool:
    place = Path(file).resolve()
    wanted = [_rule_of(path.resolve()) for path in paths]
    return not paths or any(place == path or path in place.parents for path in wanted)


def _rule_of(path: Path) -> Path:
    return path.with_name(path.name.replace(".test.", ".")) if ".test." in path.name else path
