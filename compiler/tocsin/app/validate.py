"""Finds every mistake in rules, sources and cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from tocsin import gate
from tocsin.app.project import findings
from tocsin.diagnostics import Diagnostic
from tocsin.front.collect import RuleSet, collect, collect_again, no_rules, rule_files
from tocsin.front.item import Placeholders
from tocsin.front.place import FOLDERS, find_project, project_above
from tocsin.front.placeholders import read_placeholders
from tocsin.front.project import load_project, seen
from tocsin.front.relate import relate_inferred
from tocsin.ir.query import Resolved
from tocsin.scan.infer import UNBOUND

Concerned = tuple[list[Diagnostic], Sequence[Resolved]]
"""Findings, and the detections without errors."""


@dataclass(frozen=True, slots=True)
class Validation:
    """What was found, and how many detections, and rules that only serve them, have no errors."""

    found: tuple[Diagnostic, ...]
    sound: int
    serving: int


def validate(paths: Sequence[Path]) -> Validation:
    """Of projects, or any Sigma files and folders; without paths, of the current project.

    Files of a project are checked as part of it, but only findings about `paths` are returned.
    """
    given = paths or (find_project(Path()),)
    projects = [path for path in given if (path / gate.SETTINGS).is_file()]
    found, sound = list[Diagnostic](), list[Resolved]()
    for root, some in _parts([path for path in given if path not in projects]).items():
        more, queries = _part(root, some) if root else _files(some)
        lone = [path for path in some if root is None or _is_in(path, root / "rules")]
        found, sound = [*found, *more, *no_rules(lone)], [*sound, *queries]
    for path in projects:
        gate.given(path)
        project = load_project(path)
        found += findings(project)
        sound += project.queries
    alerting = sum(query.alerts for query in sound)
    return Validation(tuple(found), alerting, len(sound) - alerting)


def _parts(paths: Sequence[Path]) -> dict[Path | None, list[Path]]:
    """The paths by the project that reads them as its own; None: none does."""
    found: dict[Path | None, list[Path]] = {}
    for path in paths:
        root = None if gate.is_stdin(path) else project_above(path)
        below = [root / name for name in FOLDERS] if root else []
        own = any(_is_in(path, folder) for folder in below)
        found.setdefault(root if own else None, []).append(path)
    return found


def _is_in(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _part(root: Path, paths: Sequence[Path]) -> Concerned:
    """What a whole project's checks say of some of its files, or with a hint at one of them."""
    for path in paths:
        gate.given(path)
        if not path.exists():
            raise gate.MissingError(path, "file or folder")
    project = load_project(root)
    wanted = [_rule_of(path).resolve() for path in paths]

    @cache
    def concerns(file: str) -> bool:
        place = _rule_of(Path(file)).resolve()
        return any(place.is_relative_to(path) for path in wanted)

    every = findings(project)
    files = {q.detection.span.file for q in project.queries}
    named = [file for file in files if concerns(file)]
    found = [d for d in every if concerns(d.span.file) or any(f"{f}:" in d.hint for f in named)]
    return found, [query for query in project.queries if query.detection.span.file in named]


def _rule_of(path: Path) -> Path:
    """The rule's file for a file of cases: what is said of one concerns the other."""
    return path.with_name(path.name.replace(".test.", ".")) if ".test." in path.name else path


def _files(paths: list[Path]) -> Concerned:
    """Findings in rule files, and the detections that have none. Fields are not known here."""
    root = project_above(paths[0])
    values, unread = read_placeholders(seen(root) / "placeholders") if root else ({}, [])
    read = collect_again(paths, values)
    every = _among_neighbours(read, paths, root, values)
    related = relate_inferred(every, UNBOUND, ignore_logsource=True)
    files = {str(file) for file in rule_files(paths)[0]}
    found = [each for each in related.diagnostics if each.span.file in files]
    kept = [query for query in related.queries if query.detection.span.file in files]
    return sorted([*unread, *read.diagnostics, *found], key=lambda d: d.sort_key), kept


def _among_neighbours(
    read: RuleSet, paths: list[Path], root: Path | None, values: Placeholders
) -> RuleSet:
    """The rules among the others of their project, to which correlations may refer."""
    if root is None or not (root / "rules").is_dir():
        return read
    known = {str(file.resolve()) for file in rule_files(paths)[0]}
    rest = [f for f in rule_files([root / "rules"])[0] if str(f.resolve()) not in known]
    others = collect(rest, values)
    names = {name for rule in read.named for name in (rule.detection.id, rule.detection.name)}
    return replace(
        read,
        rules=(*read.rules, *(r for r in others.rules if r.detection.id not in names)),
        correlations=(
            *read.correlations,
            *(c for c in others.correlations if c.detection.id not in names),
        ),
        broken=(*read.broken, *others.broken),
    )
