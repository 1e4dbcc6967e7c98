"""`tocsin conformance`."""

from __future__ import annotations

from collections.abc import Iterable

import click
from rich.table import Table
from rich.text import Text

from tocsin.backend import registry
from tocsin.backend.base import Backend
from tocsin.cli.engine import EVALUATOR, EngineName, chosen, started_for
from tocsin.cli.output import console, echo_json, format_option
from tocsin.conformance import Case, Report, Status, cases, rows, run
from tocsin.conformance.judge import judge_table
from tocsin.errors import ConfigError

SHOWN = 20
"""Problems told in full; more are counted."""


@click.command()
@click.option(
    "--engine",
    "engines",
    type=EngineName(several=True),
    multiple=True,
    help="run on the backend of this engine; without --engine and --backend: evaluator",
)
@click.option("--backend", "backends", multiple=True, help="run on this backend")
@click.option("--row", "chosen", multiple=True, metavar="ROW", help="only this row, such as L6")
@click.option("--tag", metavar="TAG", help="only cases with a tag, such as seen-wrong")
@format_option("text", "json")
def conformance(
    engines: tuple[str, ...],
    backends: tuple[str, ...],
    chosen: tuple[str, ...],
    tag: str | None,
    fmt: str,
) -> None:
    """Hold backends against the contract, on their real engines.

    The contract is a table of some hundred small cases: what a detection means, row by row. A
    backend passes a case, or refuses it and says so in its table of marks; all else is a problem.
    Exit code 1 if anything is not as declared.
    """
    only = list(_cases(chosen, tag))
    reports = list(_reports(engines or (() if backends else (EVALUATOR,)), backends, only))
    if fmt == "json":
        echo_json([_as_json(report) for report in reports])
    else:
        _print(reports)
    if not all(report.ok for report in reports):
        raise click.exceptions.Exit(1)


def _cases(wanted: Iterable[str], tag: str | None) -> Iterable[Case]:
    known = {row.id for row in rows()}
    for name in wanted:
        if name not in known:
            raise ConfigError(f"no row {name!r}", hint=f"rows: {', '.join(r.id for r in rows())}")
    return (
        case
        for case in cases()
        if (not wanted or case.row in wanted) and (tag is None or tag in case.tags)
    )


def _reports(engines: Iterable[str], backends: Iterable[str], only: list[Case]) -> Iterable[Report]:
    names = chosen(tuple(engines))
    if EVALUATOR in names:
        yield judge_table(only)
    wanted: list[Backend] = [registry.by_engine(name) for name in names if name != EVALUATOR]
    wanted += [registry.load(name) for name in backends]
    whole = len(only) == sum(1 for _ in cases())
    with started_for(wanted) as endpoints:
        for backend in dict.fromkeys(wanted):
            with console().status(f"{backend.name}: {len(only)} cases on {backend.engine}"):
                yield run(backend, endpoints, only=None if whole else only)


def _as_json(report: Report) -> dict[str, object]:
    return {
        "backend": report.backend,
        "ok": report.ok,
        "seconds": round(report.seconds, 2),
        "pairs": report.pairs,
        "stale": list(report.stale),
        "cases": [result.as_json() for result in report.results],
    }


def _print(reports: list[Report]) -> None:
    for report in reports:
        for problem in report.problems[:SHOWN]:
            console().print(Text.assemble((report.backend, "red"), f" {problem}\n"))
        if len(report.problems) > SHOWN:
            console().print(f"… and {len(report.problems) - SHOWN} problems more\n")
    _summary(reports)
    for report in reports:
        colour, said = ("green", "as declared") if report.ok else ("red", "not as declared")
        count = f"{len(report.results)} cases, {report.pairs} pairs of detection and event"
        time = f"{report.seconds:.1f} s"
        console().print(Text.assemble(f"{report.backend}: {count}, {time}: ", (said, colour)))


def _summary(reports: list[Report]) -> None:
    """Rows by backend: passed, and in words what else there is."""
    table = Table("row", *(report.backend for report in reports), box=None, header_style="dim")
    titles = {row.id: row.title for row in rows()}
    found = [dict(report.rows()) for report in reports]
    for row in dict.fromkeys(name for each in found for name in each):
        cells = []
        for each in found:
            results = each.get(row, ())
            counts = {s: sum(r.status is s for r in results) for s in Status}
            text = ", ".join(f"{n} {s.value}" for s, n in counts.items() if n)
            wrong = any(result.problem for result in results)
            cells.append(Text(text, "red" if wrong else ""))
        table.add_row(Text.assemble(f"{row} ", (titles[row], "dim")), *cells)
    console().print(table)
