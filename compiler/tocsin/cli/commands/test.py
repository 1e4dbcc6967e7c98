"""`tocsin test`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click
from rich.text import Text

from tocsin.app.cases import engines_of, run_cases, to_test
from tocsin.app.engines import chosen
from tocsin.cases.judge import CaseVerdict
from tocsin.cases.junit import junit
from tocsin.cli import completion
from tocsin.cli.engine_option import engine_option
from tocsin.cli.output import (
    console,
    echo_json,
    end_if_wrong,
    format_option,
    print_wrong,
    say,
)
from tocsin.cli.paths import GivenPath, WrittenPath
from tocsin.cli.progress import progress
from tocsin.cli.table import print_table
from tocsin.diagnostics import has_errors, summary
from tocsin.errors import ConfigError
from tocsin.escape import printable
from tocsin.ir.query import Resolved
from tocsin.plural import plural


@click.command()
@click.argument("paths", nargs=-1, type=GivenPath())
@engine_option(several=True)
@click.option(
    "--env",
    default="",
    metavar="ENV",
    shell_complete=completion.environments,
    help="run them on the evaluator and all engines of this environment",
)
@click.option(
    "--changed-since", metavar="REV", help="only detections affected by changes since this revision"
)
@click.option("--junit", "junit_file", type=WrittenPath(), help="write JUnit XML")
@format_option("text", "json")
def test(  # noqa: PLR0913 - one parameter an option
    *,
    paths: tuple[Path, ...],
    engine: tuple[str, ...],
    env: str,
    changed_since: str | None,
    junit_file: Path | None,
    fmt: str,
) -> None:
    """Run the cases of detections on the evaluator or on real engines.

    PATHS choose rule files or folders of a project; without PATHS, all. One start of an engine
    serves all cases. Exit code 1 if a case fails or a file has errors.
    """
    watched = progress()
    with watched.stage("reading the project"):
        given = to_test(paths, changed_since)
    print_wrong(given.broken, fmt)
    names = engines_of(paths, env) if env else chosen(engine, say)
    with watched.stage("running the cases") as note:
        verdicts = list(run_cases(given.queries, names, note))
    if junit_file:
        _write(junit_file, junit(verdicts))
    if fmt == "json":
        echo_json([v.as_json() for v in verdicts])
    _report(verdicts, given.queries)
    if has_errors(given.broken):
        console().print(
            Text.assemble(("not tested because of errors:", "red"), f" {summary(given.broken)}")
        )
    end_if_wrong(given.broken, fmt)
    if not all(v.ok for v in verdicts):
        raise click.exceptions.Exit(1)


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}", file=path) from None


def _report(verdicts: Sequence[CaseVerdict], queries: Sequence[Resolved]) -> None:
    out = console()
    for verdict in verdicts:
        if not verdict.ok:
            place = printable(f"({verdict.engine}) {verdict.file}:{verdict.line}")
            name = printable(f"{verdict.key}: {verdict.case}")
            out.print(Text.assemble(("failed", "red"), f" {name} ", (place, "dim")))
            for line in (*verdict.problems, *verdict.why):
                out.print(f"    {printable(line)}")
    for why, count in Counter((v.engine, v.refused) for v in verdicts if v.refused).items():
        said = printable(f" by {why[0]}: {why[1]} ({plural(count, 'case')})")
        out.print(Text.assemble(("refused", "yellow"), said))
    rows = []
    for engine in dict.fromkeys(v.engine for v in verdicts):
        mine = [v for v in verdicts if v.engine == engine]
        refused = sum(bool(v.refused) for v in mine)
        failed = sum(not v.ok for v in mine)
        rows.append((engine, str(len(mine) - failed - refused), str(failed), str(refused)))
    print_table(("engine", "passed", "failed", "refused"), rows, err=True)
    untested = [q.detection.key for q in queries if q.alerts and not q.detection.cases]
    if untested:
        said = f" {', '.join(map(printable, untested))}"
        out.print(Text.assemble(("without cases:", "yellow"), said))
