"""`tocsin validate`."""

from __future__ import annotations

from pathlib import Path

import click

from tocsin.app import validate as use_case
from tocsin.cli.output import FORMATS, format_option, print_diagnostics, say
from tocsin.diagnostics import has_errors, summary
from tocsin.plural import plural


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@format_option(*FORMATS)
def validate(paths: tuple[Path, ...], fmt: str) -> None:
    """Find every mistake in rules, sources and cases.

    PATHS are projects (folders with a tocsin.toml) or any Sigma files and folders; without
    PATHS, the project of the current folder. What is part of a project is checked as such, and
    only what concerns PATHS is said. Exit code 1 if any finding is an error.
    """
    done = use_case.validate(paths)
    print_diagnostics(done.found, fmt)
    say(f"{plural(done.sound, 'detection')} without errors; {summary(done.found)}")
    if has_errors(done.found):
        raise click.exceptions.Exit(1)
