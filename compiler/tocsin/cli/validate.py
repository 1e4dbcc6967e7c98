"""`tocsin validate`."""

from __future__ import annotations

from pathlib import Path

import click

from tocsin.check import run_checks
from tocsin.cli.output import FORMATS, console, format_option, print_diagnostics, summary
from tocsin.diagnostics import Diagnostic, has_errors
from tocsin.front.collect import collect
from tocsin.front.project import SETTINGS, find_project, load_project, placeholders


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@format_option(*FORMATS)
def validate(paths: tuple[Path, ...], fmt: str) -> None:
    """Find every mistake in rules, sources and cases.

    PATHS are projects (folders with a tocsin.toml) or any Sigma files and folders; without
    PATHS, the project of the current folder. Exit code 1 if any finding is an error.
    """
    found: list[Diagnostic] = []
    count = 0
    for path in paths or (find_project(Path()),):
        findings, read = _validate(path)
        found += findings
        count += read
    print_diagnostics(found, fmt)
    console().print(f"{count} detections without errors; {summary(found)}")
    if has_errors(found):
        raise click.exceptions.Exit(1)


def _validate(path: Path) -> tuple[list[Diagnostic], int]:
    if (path / SETTINGS).is_file():
        project = load_project(path)
        return sorted([*project.diagnostics, *run_checks(project)], key=lambda d: d.sort_key), len(
            project.queries
        )
    rules = collect([path], _placeholders_above(path))
    return list(rules.diagnostics), len(rules.rules)


def _placeholders_above(path: Path) -> dict[str, tuple[str, ...]]:
    for folder in (path.resolve(), *path.resolve().parents):
        if (folder / SETTINGS).is_file():
            return dict(placeholders(folder))
    return {}
