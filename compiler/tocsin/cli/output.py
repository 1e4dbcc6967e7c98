"""What every command prints with: JSON, diagnostics in four formats, the terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import click
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from tocsin import __version__, gate
from tocsin.cli.groups import COLOUR, FindingGroup, group_text, grouped, place_text, styled
from tocsin.diagnostics import Diagnostic, FindingsError, Severity, has_errors
from tocsin.escape import annotation, annotation_property, json_text, printable
from tocsin.escape import sarif as sarif_text

F = TypeVar("F", bound=Callable[..., Any])
_EXCERPTED = 2 * gate.MIB
_ENDLESS = 1_000_000
FORMATS = ("text", "json", "github", "sarif")
_SARIF = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def format_option(*choices: str) -> Callable[[F], F]:
    """`--format`, the first choice being the default."""
    return click.option(
        "--format", "fmt", type=click.Choice(choices), default=choices[0], show_default=True
    )


@cache
def console() -> Console:
    """The terminal for people: stderr, so that stdout stays for data."""
    return Terminal(stderr=True)


class Terminal(Console):
    """A terminal on which no text is markup, and no text moves the cursor or turns letters round.

    Names are escaped where they are put in (`tocsin.escape`), to stay on their line; this is the
    net below. Colours are styles. What is no terminal has no edge at which lines are cut or broken.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        width = None if (sys.stderr if stderr else sys.stdout).isatty() else _ENDLESS
        super().__init__(stderr=stderr, width=width, highlight=False, markup=False, emoji=False)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterator[Segment]:
        """The segments of what is printed, their text without control characters."""
        for each in super().render(renderable, options):
            yield each if each.control else Segment(_visible(each.text), each.style)


def _visible(text: str) -> str:
    if text.replace("\n", "").isprintable():
        return text
    return "\n".join(map(printable, text.split("\n")))


def echo_json(value: Any) -> None:
    """One JSON value on stdout; a large one in parts, so that its text is never held whole."""
    pieces = chain(json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(value), "\n")
    while part := "".join(islice(pieces, 100_000)):
        click.echo(json_text(part), nl=False)


def print_diagnostics(
    found: Iterable[Diagnostic],
    fmt: str = "text",
    *,
    err: bool = False,
    every: bool = False,
    messages: int = 0,
) -> bool:
    """Print findings: `text` and `github` a block each, `json` and `sarif` one document.

    In `text`, many of one kind are one block but for `every`, with so many `messages`, by default
    a few; whether there was such a block.
    """
    if fmt == "json":
        echo_json([d.as_json() for d in found])
    elif fmt == "sarif":
        echo_json(sarif(found))
    elif fmt == "github":
        for each in found:
            click.echo(_github(each), err=err)
    else:
        few, many = (found, []) if every else grouped(found)
        _print_text(few, many, messages, err=err)
        return bool(many)
    return False


def print_wrong(found: Sequence[Diagnostic], fmt: str) -> None:
    """Print what is wrong beside a result, on stderr; errors that end JSON are told there."""
    if fmt != "json" or not has_errors(found):
        print_diagnostics(found, err=True)


def end_if_wrong(found: Sequence[Diagnostic], fmt: str) -> None:
    """End with 1 where there are errors; in text they are printed already."""
    if has_errors(found):
        raise FindingsError(found if fmt == "json" else ())


def _print_text(
    few: Iterable[Diagnostic], many: Iterable[FindingGroup], messages: int, *, err: bool
) -> None:
    for each in few:
        click.echo(_text(each), err=err)
    for group in many:
        click.echo(group_text(group, messages), err=err)


def _text(each: Diagnostic) -> str:
    span = each.span
    severity = styled(each.severity.value, fg=COLOUR[each.severity], bold=True)
    place = place_text(span)
    lines = [f"{place}: {severity} {each.code}: {printable(each.message)}"]
    source = _line(span.file, span.line)
    if source.strip() and len(source) <= 200:  # noqa: PLR2004 - longer lines say nothing at a glance
        gutter = f"{span.line:5} | "
        lines += [gutter + source, " " * (len(gutter) + span.column - 1) + "^"]
    if each.hint:
        lines.append(f"  hint: {printable(each.hint)}")
    return "\n".join(lines)


@cache
def _lines(file: str) -> tuple[str, ...]:
    try:
        gate.given(Path(file))
        return tuple(gate.read_text(Path(file), _EXCERPTED).splitlines())
    except gate.UnreadError:
        return ()


def _line(file: str, number: int) -> str:
    lines = _lines(file)
    text = lines[number - 1].replace("\t", " ") if 0 < number <= len(lines) else ""
    return text if text.isprintable() else ""


def _github(each: Diagnostic) -> str:
    level = {"info": "notice"}.get(each.severity.value, each.severity.value)
    said = f"{each.message} ({each.hint})" if each.hint else each.message
    span = each.span
    file = annotation_property(span.file)
    place = f"file={file},line={span.line},col={span.column},title={each.code}"
    return f"::{level} {place}::{annotation(said)}"


def sarif(found: Iterable[Diagnostic]) -> dict[str, Any]:
    """Findings as a SARIF 2.1.0 log."""
    results = [_sarif_result(each) for each in found]
    rules = sorted({result["ruleId"] for result in results})
    driver = {"name": "tocsin", "version": __version__, "rules": [{"id": r} for r in rules]}
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    run = {"tool": {"driver": driver}, "results": results}
    return {"$schema": schema, "version": "2.1.0", "runs": [run]}


def _sarif_result(each: Diagnostic) -> dict[str, Any]:
    region = {"startLine": each.span.line, "startColumn": each.span.column}
    place = {
        "artifactLocation": {
            "uri": quote(Path(each.span.file).as_posix(), errors="surrogateescape")
        },
        "region": region,
    }
    said = [sarif_text(part) for part in (each.message, each.hint) if part]
    return {
        "ruleId": each.code,
        "level": _SARIF[each.severity],
        "message": {"text": "\n".join(said)},
        "locations": [{"physicalLocation": place}],
    }


def on_terminal() -> bool:
    """Whether people are watching stderr."""
    return sys.stderr.isatty()


def say(message: str) -> None:
    """A note for people, on stderr: one line, whatever is in it."""
    console().print(printable(message), soft_wrap=True)


def show(page: Text | str) -> None:
    """A result on stdout: lines are never cut, colours only on a terminal."""
    Terminal().print(page, soft_wrap=True)


def shown(file: Path) -> str:
    """The path as it is typed in the current folder."""
    here = Path.cwd()
    return str(file.relative_to(here) if file.is_relative_to(here) else file)
