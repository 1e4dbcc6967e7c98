"""`tocsin validate`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from tocsin import gate
from tocsin.check import run_checks
from tocsin.cli.output import FORMATS, console, format_option, print_diagnostics, summary
from tocsin.diagnostics import Diagnostic, has_errors
from tocsin.front.collect import RuleSet, collect, no_rules, rule_files
from tocsin.front.item import Placeholders
from tocsin.front.placeholders import read_placeholders
from tocsin.front.project import find_project, load_project, project_above, seen
from tocsin.front.relate import relate_inferred
from tocsin.scan.infer import UNBOUND


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@format_option(*FORMATS)
def validate(paths: tuple[Path, ...], fmt: str) -> None:
    """Find every mistake in rules, sources and cases.

    PATHS are projects (folders with a tocsin.toml) or any Sigma files and folders; without
    PATHS, the project of the current folder. Exit code 1 if any finding is an error.
    """
    given = paths or (find_project(Path()),)
    projects = [path for path in given if (path / gate.SETTINGS).is_file()]
    others = [path for path in given if path not in projects]
    found, count = _files(others) if others else ([], 0)
    found += no_rules(others)
    for path in projects:
        gate.given(path)
        project = load_project(path)
        found += sorted([*project.diagnostics, *run_checks(project)], key=lambda d: d.sort_key)
        count += len(project.queries)
    print_diagnostics(found, fmt)
    console().print(f"{count} detections without errors; {summary(found)}")
    if has_errors(found):
        raise click.exceptions.Exit(1)


def _files(paths: list[Path]) -> tuple[list[Diagnostic], int]:
    """Findings in rule files, and how many detections have none. Fields are not known here."""
    root = project_above(paths[0])
    values, unread = read_placeholders(seen(root) / "placeholders") if root else ({}, [])
    read = collect(paths, values)
    every = _among_neighbours(read, paths, root, values)
    related = relate_inferred(every, UNBOUND, ignore_logsource=True)
    files = {str(file) for file in rule_files(paths)[0]}
    found = [each for each in related.diagnostics if each.span.file in files]
    kept = [query for query in related.queries if query.detection.span.file in files]
    return sorted([*unread, *read.diagnostics, *found], key=lambda d: d.sort_key), len(kept)


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
