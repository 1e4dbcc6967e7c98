"""`tocsin validate`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from tocsin.app import validate as use_case
from tocsin.check.catalogue import catalogue
from tocsin.cli.output import FORMATS, format_option, print_diagnostics, say
from tocsin.cli.progress import progress
from tocsin.diagnostics import Diagnostic, Severity, near, summary
from tocsin.plural import plural, serving

_SEVERITIES = click.Choice([each.value for each in Severity])


class Codes(click.ParamType[list[str]]):
    """Codes of findings with commas between them, as `TOC101,TOC102`."""

    name = "codes"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[str]:
        """The codes, each of which the catalogue has."""
        codes = [code.strip().upper() for code in value.split(",")]
        for code in codes:
            if code not in catalogue():
                close = near(code, catalogue())
                meant = f"; did you mean {close}?" if close else ""
                self.fail(f"there is no code {code!r}{meant}", param, ctx)
        return codes


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--all", "every", is_flag=True, help="Show each finding, also where many are alike.")
@click.option(
    "--level",
    type=_SEVERITIES,
    default=Severity.INFO.value,
    show_default=True,
    help="Show only findings that weigh so much or more.",
)
@click.option(
    "--ignore",
    "ignored",
    type=Codes(),
    multiple=True,
    metavar="CODE[,CODE]",
    help="Leave findings of a code out, and do not let them fail; repeatable.",
)
@click.option(
    "--fail-on",
    type=_SEVERITIES,
    default=Severity.ERROR.value,
    show_default=True,
    help="End with 1 if a finding weighs so much or more, shown or not.",
)
@format_option(*FORMATS)
def validate(  # noqa: PLR0913 - one parameter an option
    paths: tuple[Path, ...],
    *,
    every: bool,
    level: str,
    ignored: tuple[list[str], ...],
    fail_on: str,
    fmt: str,
) -> None:
    """Find every mistake in rules, sources and cases.

    PATHS are projects (folders with a tocsin.toml) or any Sigma files and folders (- is stdin);
    without PATHS, the project of the current folder. What is part of a project is checked as such,
    and only what concerns PATHS is said. Exit code 1 if any finding is an error, or as --fail-on
    says.

    Of more than five findings of one kind, text shows what they have in common; --all shows each,
    as the formats for machines always do.
    """
    with progress().stage("reading and checking"):
        done = use_case.validate(paths)
    left = {code for codes in ignored for code in codes}
    counted = [each for each in done.found if each.code not in left]
    shown = _weighing(counted, level)
    if print_diagnostics(shown, fmt, every=every):
        say(
            "Many are alike: --all shows each, --level error only errors, --ignore CODE leaves out."
        )
    _tell(done, counted, len(shown))
    if _weighing(counted, fail_on):
        raise click.exceptions.Exit(1)


def _weighing(found: Sequence[Diagnostic], level: str) -> list[Diagnostic]:
    least = Severity(level).rank
    return [each for each in found if each.severity.rank <= least]


def _tell(done: use_case.Validation, counted: Sequence[Diagnostic], shown: int) -> None:
    """The last line: what there is, and what of it was not shown."""
    sound = f"{plural(done.sound, 'detection')} without errors{serving(done.serving)}"
    said = f"{sound}; {summary(counted)}"
    said += f" ({len(counted) - shown} not shown)" if shown < len(counted) else ""
    ignored = len(done.found) - len(counted)
    say(f"{said}; {ignored} ignored" if ignored else said)
