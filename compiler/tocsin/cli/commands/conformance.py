"""`tocsin conformance`."""

from __future__ import annotations

import click
from rich.text import Text

from tocsin.app.conformance import chosen_cases, hold
from tocsin.app.engines import EVALUATOR
from tocsin.app.engines import chosen as installed
from tocsin.cli import completion
from tocsin.cli.engine_option import EngineName
from tocsin.cli.groups import styled
from tocsin.cli.output import console, echo_json, format_option, say
from tocsin.cli.progress import progress
from tocsin.cli.table import print_table
from tocsin.conformance import ConformanceReport, Status, rows
from tocsin.plural import plural

SHOWN = 20
"""Problems told in full; more are counted."""


@click.command()
@click.option(
    "--engine",
    "engines",
    type=EngineName(several=True),
    multiple=True,
    shell_complete=completion.several_engines,
    help="run on the backend of this engine; the default is the evaluator",
)
@click.option(
    "--backend",
    "backends",
    multiple=True,
    shell_complete=completion.backends,
    help="run on this backend",
)
@click.option("--row", "chosen", multiple=True, metavar="ROW", help="only this row, such as L6")
@click.option("--tag", metavar="TAG", help="only cases with this tag, such as seen-wrong")
@format_option("text", "json")
def conformance(
    engines: tuple[str, ...],
    backends: tuple[str, ...],
    chosen: tuple[str, ...],
    tag: str | None,
    fmt: str,
) -> None:
    """Test backends against the contract, on their real engines.

    The contract is a table of small cases that defines row by row what a detection means. A
    backend must pass each case, or refuse it with a mark in its `conformance.yml`. Exit code 1 if
    anything else happens.
    """
    only = chosen_cases(chosen, tag)
    names = installed(engines or (() if backends else (EVALUATOR,)), say)
    with progress().stage("running the cases") as note:
        reports = list(hold(names, backends, only, note))
    if fmt == "json":
        echo_json([_as_json(report) for report in reports])
    else:
        _print(reports)
    if not all(report.ok for report in reports):
        raise click.exceptions.Exit(1)


def _as_json(report: ConformanceReport) -> dict[str, object]:
    return {
        "backend": report.backend,
        "ok": report.ok,
        "seconds": round(report.seconds, 2),
        "pairs": report.pairs,
        "stale": list(report.stale),
        "cases": [result.as_json() for result in report.results],
    }


def _print(reports: list[ConformanceReport]) -> None:
    for report in reports:
        for problem in report.problems[:SHOWN]:
            console().print(Text.assemble((report.backend, "red"), f" {problem}\n"))
        if len(report.problems) > SHOWN:
            console().print(f"… and {plural(len(report.problems) - SHOWN, 'more problem')}\n")
    _summary(reports)
    for report in reports:
        colour, said = ("green", "as declared") if report.ok else ("red", "not as declared")
        count = (
            f"{plural(len(report.results), 'case')}, {report.pairs} pairs of detection and event"
        )
        time = f"{report.seconds:.1f} s"
        console().print(Text.assemble(f"{report.backend}: {count}, {time}: ", (said, colour)))


def _summary(reports: list[ConformanceReport]) -> None:
    """Rows by backend: passed, and in words what else there is."""
    table = []
    titles = {row.id: row.title for row in rows()}
    found = [dict(report.rows()) for report in reports]
    for row in dict.fromkeys(name for each in found for name in each):
        cells = []
        for each in found:
            results = each.get(row, ())
            counts = {s: sum(r.status is s for r in results) for s in Status}
            text = ", ".join(f"{n} {s.value}" for s, n in counts.items() if n)
            wrong = any(result.problem for result in results)
            cells.append(styled(text, fg="red") if wrong else text)
        table.append((f"{row} {styled(titles[row], dim=True)}", *cells))
    print_table(("row", *(report.backend for report in reports)), table, err=True)
