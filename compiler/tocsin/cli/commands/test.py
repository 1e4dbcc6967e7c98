"""`tocsin test`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from tocsin import gate
from tocsin.cases.judge import Verdict
from tocsin.cases.junit import junit
from tocsin.cases.run import EVALUATOR, run_engine, run_evaluator
from tocsin.cli.engine import chosen, engine_option, started
from tocsin.cli.output import console, echo_json, format_option, print_diagnostics, summary
from tocsin.diagnostics import has_errors
from tocsin.errors import ConfigError
from tocsin.escape import printable
from tocsin.front.project import Project, find_project, load_project
from tocsin.ir.query import Resolved
from tocsin.state.changes import put_back


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@engine_option(several=True)
@click.option(
    "--changed-since", metavar="REV", help="only detections that a change since a revision reaches"
)
@click.option("--junit", "junit_file", type=click.Path(path_type=Path), help="write JUnit XML")
@format_option("text", "json")
def test(
    paths: tuple[Path, ...],
    engine: tuple[str, ...],
    changed_since: str | None,
    junit_file: Path | None,
    fmt: str,
) -> None:
    """Run the cases of detections on the evaluator or on real engines.

    PATHS choose rule files or folders of a project; without PATHS, all. One start of an engine
    serves all cases. Exit code 1 if a case fails or a file has errors.
    """
    for path in paths:
        if not path.exists():
            raise ConfigError(f"no such file or folder: {path}")
    project = load_project(find_project(paths[0] if paths else Path()))
    queries = _chosen(project, paths, changed_since)
    broken = [d for d in project.diagnostics if _concerns(d.span.file, paths)]
    print_diagnostics(broken, err=True)
    verdicts = list(_run(queries, engine))
    if junit_file:
        _write(junit_file, junit(verdicts))
    if fmt == "json":
        echo_json([v.as_json() for v in verdicts])
    _report(verdicts, queries)
    if has_errors(broken):
        console().print(
            Text.assemble(("not tested because of errors:", "red"), f" {summary(broken)}")
        )
    if has_errors(broken) or not all(v.ok for v in verdicts):
        raise click.exceptions.Exit(1)


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}") from None


def _chosen(project: Project, paths: Sequence[Path], rev: str | None) -> list[Resolved]:
    chosen = [q for q in project.queries if _concerns(q.detection.span.file, paths)]
    if paths and not chosen and not project.diagnostics:
        names = ", ".join(map(str, paths))
        raise ConfigError(f"no detections in {names}", hint=f"the project is {project.root}")
    if rev is None:
        return chosen
    return _reached(project, chosen, rev)


def _reached(project: Project, chosen: list[Resolved], rev: str) -> list[Resolved]:
    """What means something else than at a revision, or has other cases, whatever file did it."""
    with TemporaryDirectory(prefix="tocsin-since-") as folder:
        root = put_back(project.root, rev, Path(folder))
        if root is None or not (root / gate.SETTINGS).is_file():
            return chosen
        try:
            before = load_project(root)
        except ConfigError:
            return chosen
    if before.settings != project.settings:
        return chosen
    old = {query.detection.id: _tested(query) for query in before.queries}
    return [query for query in chosen if old.get(query.detection.id) != _tested(query)]


def _tested(query: Resolved) -> tuple[Any, ...]:
    """All that decides how the cases of a detection end."""
    cases = tuple((case.name, case.events, case.expect) for case in query.detection.cases)
    return (query.logic, query.sources, cases)


def _concerns(file: str, paths: Sequence[Path]) -> bool:
    place = Path(file).resolve()
    wanted = [_rule_of(path.resolve()) for path in paths]
    return not paths or any(place == path or path in place.parents for path in wanted)


def _rule_of(path: Path) -> Path:
    return path.with_name(path.name.replace(".test.", ".")) if ".test." in path.name else path


def _run(queries: Sequence[Resolved], engines: Sequence[str]) -> Iterator[Verdict]:
    names = chosen(engines)
    if EVALUATOR in names:
        yield from run_evaluator(queries)
    with started(names) as (backends, endpoints):
        for name, backend in backends.items():
            with console().status(f"{name}: running the cases"):
                yield from run_engine(queries, backend, endpoints)


def _report(verdicts: Sequence[Verdict], queries: Sequence[Resolved]) -> None:
    out = console()
    for verdict in verdicts:
        if not verdict.ok:
            place = printable(f"({verdict.engine}) {verdict.file}:{verdict.line}")
            name = printable(f"{verdict.key}: {verdict.case}")
            out.print(Text.assemble(("failed", "red"), f" {name} ", (place, "dim")))
            for line in (*verdict.problems, *verdict.why):
                out.print(f"    {printable(line)}")
    for why, count in Counter((v.engine, v.refused) for v in verdicts if v.refused).items():
        said = printable(f" by {why[0]}: {why[1]} ({count} cases)")
        out.print(Text.assemble(("refused", "yellow"), said))
    table = Table("engine", "passed", "failed", "refused", box=None, header_style="dim")
    for engine in dict.fromkeys(v.engine for v in verdicts):
        mine = [v for v in verdicts if v.engine == engine]
        refused = sum(bool(v.refused) for v in mine)
        failed = sum(not v.ok for v in mine)
        table.add_row(engine, str(len(mine) - failed - refused), str(failed), str(refused))
    out.print(table)
    untested = [q.detection.key for q in queries if q.alerts and not q.detection.cases]
    if untested:
        said = f" {', '.join(map(printable, untested))}"
        out.print(Text.assemble(("without cases:", "yellow"), said))
