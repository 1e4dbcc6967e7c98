"""`tocsin validate`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from tocsin.app import validate as use_case
from tocsin.check.catalogue import catalogue
from tocsin.cli.output import FORMATS, format_option, print_diagnostics, say
from tocsin.cli.paths import GivenPath
from tocsin.cli.progress import progress
from tocsin.diagnostics import Diagnostic, Severity, alike, summary
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
                close = alike(code, catalogue())
                meant = f"Did you mean {close}?" if close else "Codes are like TOC101."
                self.fail(f"there is no code {code!r}. {meant}", param, ctx)
        return codes


@click.command()
@click.argument("paths", nargs=-1, type=GivenPath())
@click.option("--all", "every", is_flag=True, help="Show every finding, even if many are alike.")
@click.option(
    "--messages",
    type=click.IntRange(min=1),
    metavar="N",
    help="Of many findings of one kind, show the N most frequent messages [default: 3].",
)
@click.option(
    "--level",
    type=_SEVERITIES,
    default=Severity.INFO.value,
    show_default=True,
    help="Show only findings of this severity or higher.",
)
@click.option(
    "--ignore",
    "ignored",
    type=Codes(),
    multiple=True,
    metavar="CODE[,CODE]",
    help="Hide findings with this code and do not fail on them; repeatable.",
)
@click.option(
    "--fail-on",
    type=_SEVERITIES,
    default=Severity.ERROR.value,
    show_default=True,
    help="Exit 1 on findings of this severity or higher, shown or not.",
)
@format_option(*FORMATS)
def validate(  # noqa: PLR0913 - one parameter an option
    paths: tuple[Path, ...],
    *,
    every: bool,
    messages: int | None,
    level: str,
    ignored: tuple[list[str], ...],
    fail_on: str,
    fmt: str,
) -> None:
    """Find every mistake in rules, sources and cases.

    PATHS are projects (folders with a tocsin.toml) or any Sigma files and folders (- is stdin);
    without PATHS, the project of the current folder. Files of a project are checked as part of it,
    but only findings about PATHS are shown. Exit code 1 if any finding is an error; --fail-on
    changes that.

    If there are more than five findings of one kind, the text format summarises them: their number,
    the most frequent messages, an example. --all shows each, as the other formats always do.
    """
    with progress().stage("reading and checking"):
        done = use_case.validate(paths)
    left = {code for codes in ignored for code in codes}
    counted = [each for each in done.found if each.code not in left]
    shown = _weighing(counted, level)
    if print_diagnostics(shown, fmt, every=every, messages=messages or 0):
        say(
            "Many are alike: --all shows each, --messages N more of what they say, "
            "--level error only errors, --ignore CODE leaves out."
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
