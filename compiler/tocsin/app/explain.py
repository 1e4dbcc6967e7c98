"""Why a detection matches an event, or does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tocsin import gate
from tocsin.cases import explain as why
from tocsin.cases.explain import Explanation, Named
from tocsin.cases.windows import Windows, explain_windows
from tocsin.diagnostics import Diagnostic, FindingsError, has_errors, near, summary
from tocsin.errors import ConfigError
from tocsin.events.reading import EventFiles
from tocsin.front.collect import collect
from tocsin.front.place import find_project, project_above
from tocsin.front.placeholders import read_placeholders
from tocsin.front.project import Project, load_project
from tocsin.front.relate import relate_inferred
from tocsin.ir.query import CorrelationQuery, Query, Resolved
from tocsin.plural import plural
from tocsin.scan.infer import UNBOUND
from tocsin.scan.times import GUESSED

PlaceholderValues = dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Explained:
    """Each detection on each event, each correlation on all, and what is wrong in the files."""

    events: tuple[tuple[Named, int, Explanation], ...]
    correlations: tuple[Windows, ...]
    wrong: tuple[Diagnostic, ...]


def explain_rule(
    rule: str, project: Path | None, read: EventFiles, number: int | None
) -> Explained:
    """Explain a rule file, or a detection of the project, on the events, or on one of them."""
    queries, values, broken = _detections(rule, project)
    wrong = (*broken, *read.diagnostics)
    if not queries:
        raise FindingsError(wrong, f"no detection without errors in {rule}")
    chosen = _chosen(read.events, number, wrong)
    parts = [why.named(query, values) for query in queries if isinstance(query, Query)]
    return Explained(
        tuple((part, n, why.explain(part, event)) for part in parts for n, event in chosen),
        tuple(
            _windows(query, read.events, number)
            for query in queries
            if isinstance(query, CorrelationQuery)
        ),
        wrong,
    )


def _windows(
    query: CorrelationQuery, events: Sequence[dict[str, Any]], number: int | None
) -> Windows:
    declared = all(source.time_field for source in query.sources)
    found = explain_windows(query, events, None if declared else GUESSED)
    return found if number is None else found.at(number)


def _chosen(
    events: Sequence[dict[str, Any]], number: int | None, wrong: Sequence[Diagnostic]
) -> list[tuple[int, dict[str, Any]]]:
    numbered = list(enumerate(events))
    if number is None:
        return numbered
    if number >= len(numbered):
        last = f"events are numbered from 0 to {len(numbered) - 1}" if numbered else ""
        message = f"event {number} does not exist: {plural(len(numbered), 'event')} read"
        raise FindingsError(wrong, message, hint=last, exit_code=2)
    return [numbered[number]]


def _detections(
    rule: str, folder: Path | None
) -> tuple[list[Resolved], PlaceholderValues, list[Diagnostic]]:
    """Queries of a file or of a key, the project's placeholders, and what is wrong there."""
    path = Path(rule)
    if not path.is_file() and not gate.is_stdin(path):
        project = load_project(find_project(folder or Path()))
        return [_by_key(project, rule)], _values(project.root), []
    root = folder or project_above(path)
    if root and not gate.is_stdin(path):
        project = load_project(root)
        mine = [q for q in project.queries if Path(q.detection.span.file).samefile(path)]
        wrong = [d for d in project.diagnostics if _is(d, path)]
        if mine or wrong:
            return _alerting(mine), _values(root), wrong
    values = _values(root) if root else {}
    rules = collect([path], values)
    related = relate_inferred(rules, UNBOUND, ignore_logsource=False)
    return _alerting(related.queries), values, [*rules.diagnostics, *related.diagnostics]


def _values(root: Path) -> PlaceholderValues:
    return dict(read_placeholders(root / "placeholders")[0])


def _alerting(queries: Sequence[Resolved]) -> list[Resolved]:
    """Those that raise alerts; where none does, all."""
    return [query for query in queries if query.alerts] or list(queries)


def _is(each: Diagnostic, path: Path) -> bool:
    file = Path(each.span.file)
    return file.exists() and file.samefile(path)


def _by_key(project: Project, word: str) -> Resolved:
    for query in project.queries:
        detection = query.detection
        if word in (detection.key, detection.id, detection.name, Path(detection.span.file).stem):
            return query
    keys = [query.detection.key for query in project.queries]
    close = near(word, keys)
    if not close and Path(word).suffix in (".yml", ".yaml"):
        raise gate.MissingError(Path(word))
    hint = f"did you mean {close!r}?" if close else "a rule file, or a key from `tocsin test`"
    wrong = f"; {summary(project.diagnostics)}" if has_errors(list(project.diagnostics)) else ""
    raise ConfigError(f"no file and no detection {word!r} in {project.root}{wrong}", hint=hint)
