"""`tocsin compile`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from tocsin.app.compile import Built, build_all, to_compile, write_built
from tocsin.cli import completion
from tocsin.cli.output import (
    echo_json,
    end_if_wrong,
    format_option,
    print_diagnostics,
    print_wrong,
    say,
)
from tocsin.cli.paths import GivenPath, WrittenPath
from tocsin.cli.progress import progress
from tocsin.cli.table import print_table
from tocsin.escape import printable
from tocsin.ir.query import Resolved
from tocsin.plural import plural, serving


@click.command()
@click.argument("paths", nargs=-1, type=GivenPath())
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="NAME",
    shell_complete=completion.backends,
    help="A backend; repeatable.",
)
@click.option("--out", type=WrittenPath(file=False), help="Folder to write to.")
@click.option(
    "--env",
    metavar="ENV",
    shell_complete=completion.environments,
    help="Only what this environment would deploy.",
)
@format_option("text", "json")
def compile(  # noqa: A001 - the command's name
    paths: tuple[Path, ...],
    *,
    targets: tuple[str, ...],
    out: Path | None,
    env: str | None,
    fmt: str,
) -> None:
    """Compile detections with every backend, and count what each compiles and refuses.

    Without PATHS, all detections of the project are compiled. PATHS are any Sigma files and folders
    (- is stdin), compiled for one table `events` with a text column per field (`timestamp` is the
    event time for correlations). With --out, artifacts are written to
    DIR/<backend>/<source>/<key>.<suffix>, with the tables that they read and a manifest; equal
    detections give equal bytes. Exit code 1 if something was refused, has errors or could not be
    written.
    """
    if env and paths:
        raise click.UsageError("--env needs the project's own detections, so no PATHS")
    watched = progress()
    with watched.stage("reading the project"):
        given = to_compile(paths, targets, env)
    print_wrong(given.wrong, fmt)
    built = build_all(given, watched.track)
    print_diagnostics([no.diagnostic for each in built for no in each.refused], err=True)
    whole = _write(out, built) if out else True
    _report(built, given.distinct, fmt)
    end_if_wrong(given.wrong, fmt)
    if not whole or any(each.refused for each in built):
        raise click.exceptions.Exit(1)


def _write(out: Path, built: Sequence[Built]) -> bool:
    """Whether all was written that the statements need."""
    written = write_built(out, built)
    gone = f", {written.removed} from an earlier run removed" if written.removed else ""
    say(f"{plural(written.files, 'file')} written to {printable(str(out))}{gone}")
    for backend, error in written.missing:
        say(f"{backend}: the statements lack a file that they need: {error.message}")
        say(f"  hint: {error.hint}")
    return not written.missing


def _report(built: Sequence[Built], queries: Sequence[Resolved], fmt: str) -> None:
    if fmt == "json":
        echo_json({each.backend.name: each.as_json() for each in built})
        return
    alerting = sum(query.alerts for query in queries)
    if alerting < len(queries):
        say(f"{plural(alerting, 'detection')}{serving(len(queries) - alerting)}")
    counts = [(b.backend.name, str(len(b.artifacts)), str(len(b.refused))) for b in built]
    print_table(("backend", "compiled", "refused"), counts)
    reasons = [
        (each.backend.name, node, reason, str(count))
        for each in built
        for (node, reason), count in each.reasons
    ]
    if reasons:
        print_table(("backend", "refused", "reason", "count"), reasons)
