"""`tocsin scan`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import click
from rich.progress import track
from rich.table import Table
from rich.text import Text

from tocsin.app.engines import AUTO
from tocsin.app.scan import FoundMatch, LoadedScan, form_of, found_matches, load_scan, run_scan
from tocsin.backend.forms import Form
from tocsin.cli.engine_option import engine_option
from tocsin.cli.options import AUTO as FLATTEN
from tocsin.cli.options import flatten_option
from tocsin.cli.output import (
    console,
    format_option,
    on_terminal,
    print_diagnostics,
    say,
    show_table,
)
from tocsin.diagnostics import Diagnostic, has_errors, summary
from tocsin.escape import printable
from tocsin.ir.query import Resolved
from tocsin.scan.run import ScanResult

_PATHS = click.Path(path_type=Path)


class Many(click.Option):
    """An option that takes all words up to the next option: `--rules a b --events c d`."""

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        """Hook into click's parser, which knows fixed numbers of words only."""
        super().add_to_parser(parser, ctx)
        for name in self.opts:
            option = parser._long_opt[name]  # noqa: SLF001 - click has no public way to do this
            option.process = _greedy(option.process)


def _greedy(process: Any) -> Any:
    def take(value: Any, state: Any) -> None:
        process(value, state)
        while state.rargs and (state.rargs[0] == "-" or not state.rargs[0].startswith("-")):
            process(state.rargs.pop(0), state)

    return take


@click.command()
@click.option("--rules", cls=Many, multiple=True, required=True, type=_PATHS, help="files, folders")
@click.option("--events", cls=Many, multiple=True, required=True, type=_PATHS, help="files")
@engine_option(several=False)
@click.option(
    "--form",
    type=click.Choice([AUTO, *map(str, Form)]),
    default=AUTO,
    show_default=True,
    help="one statement per rule, all rules in one pass, or the faster of the two",
)
@click.option(
    "--time-field", default="", metavar="NAME", help="field with the event time, for correlations"
)
@flatten_option
@click.option(
    "--ignore-logsource",
    is_flag=True,
    help="run every rule on every event, whatever its log source",
)
@click.option(
    "--strict",
    is_flag=True,
    help="end the scan if anything is refused, or a rule has no events to match",
)
@click.option(
    "--stats", is_flag=True, help="print statistics as one line of JSON at the end of stderr"
)
@format_option("jsonl", "table")
def scan(  # noqa: PLR0913 - one parameter an option
    rules: tuple[Path, ...],
    events: tuple[Path, ...],
    engine: str,
    *,
    form: str,
    time_field: str,
    flatten: str,
    ignore_logsource: bool,
    strict: bool,
    stats: bool,
    fmt: str,
) -> None:
    """Run any Sigma rules on any events; no source has to be declared.

    The layout of event files is detected by content: JSON lines, JSON objects and arrays, the
    usual envelopes (CloudTrail, Azure, Google Cloud, Elasticsearch), CSV with a header, EVTX (with
    the extra `evtx`); plain or gzipped, UTF-8 or UTF-16. `-` as a file of events is stdin.

    Prints one line per match: the rule's id, the number of the event (from 0, over all files), its
    file, line and event time; for a correlation those of its last event, and the group. Without
    --time-field, the event time is the first of timestamp, @timestamp, UtcTime,
    TimeCreated_SystemTime, eventTime, time, ts, created_at, published, requestReceivedTimestamp
    with a time: an ISO 8601 text, or a number of seconds, milliseconds, microseconds or
    nanoseconds since 1970, whichever gives a time from 1973 to 2286.

    A rule is run on the events of its log source if Tocsin or the rules' project knows it, else on
    those that no known log source claims. Stderr lists rules without events of their log source,
    blind rules (no such event has any of their fields), and files and folders without rules; with
    --strict these end the scan with exit code 1. Refused detections and broken lines are listed on
    stderr and make the exit code 1, but the scan continues.
    """
    begun = perf_counter()
    loaded = load_scan(rules, events, flatten=flatten == FLATTEN, ignore_logsource=ignore_logsource)
    queries, wrong = loaded.queries, loaded.wrong
    print_diagnostics(wrong, err=True)
    _stop_if(strict, wrong)
    _tell_lacks(loaded, strict)
    ready = perf_counter()
    result = run_scan(
        loaded, engine, form_of(engine, form), time_field=time_field, progress=_progress
    )
    print_diagnostics(result.refused, err=True)
    _stop_if(strict, result.refused)
    _print(list(found_matches(loaded, result, time_field)), fmt)
    _print_left_out(result, queries)
    if wrong or result.refused:
        say(f"scan went on despite {summary([*wrong, *result.refused])}")
    if stats:
        _stats(loaded, result, ready - begun, perf_counter() - ready)
    if has_errors([*wrong, *result.refused]):
        raise click.exceptions.Exit(1)


def _tell_lacks(loaded: LoadedScan, strict: bool) -> None:  # noqa: FBT001
    """Say which rules have nothing to look at; strictly, that ends the scan."""
    for line in loaded.coverage.lines():
        console().print(Text(line, style="yellow"), soft_wrap=True)
    if strict and loaded.coverage.lacks:
        say("nothing scanned: --strict stops at the problems above")
        raise click.exceptions.Exit(1)


def _stop_if(strict: bool, found: Sequence[Diagnostic]) -> None:  # noqa: FBT001
    if strict and has_errors(found):
        say(f"nothing scanned: {summary(found)}")
        raise click.exceptions.Exit(1)


def _progress(events: Iterable[Any]) -> Iterable[Any]:
    show = on_terminal()
    return track(events, "events", console=console(), transient=True, disable=not show)


def _print(found: Sequence[FoundMatch], fmt: str) -> None:
    if fmt == "jsonl":
        for each in found:
            click.echo(json.dumps(each.as_json))
        return
    table = Table("time", "event", "level", "title", "group", "rule", box=None)
    for each in sorted(found, key=lambda f: (f.match.event, f.match.detection, f.match.group)):
        meta = each.query.detection.meta
        group = ", ".join(f"{key}={value}" for key, value in (each.group or {}).items())
        place = f"{each.file}:{each.line}"
        row = (each.time or "", place, meta.level, meta.title, group, each.match.detection)
        table.add_row(*(Text(printable(cell)) for cell in row))
    show_table(table)


def _print_left_out(result: ScanResult, queries: Sequence[Resolved]) -> None:
    titles = {query.detection.id: query.detection.meta.title for query in queries}
    for rule, left_out in sorted(result.left_out.items()):
        for line in left_out.lines():
            said = Text.assemble(("left out of ", "yellow"), f"{printable(titles[rule])}: {line}")
            console().print(said, soft_wrap=True)


def _stats(loaded: LoadedScan, result: ScanResult, load: float, seconds: float) -> None:
    figures = {
        "events": len(loaded.events),
        "rules": sum(query.alerts for query in loaded.queries),
        "matches": len(result.matches),
        "load_seconds": round(load, 3),
        "scan_seconds": round(seconds, 3),
        "events_per_second": round(len(loaded.events) / seconds) if seconds else 0,
    }
    form = {"form": result.form} if result.form else {}
    left_out = {rule: found for rule, each in result.left_out.items() if (found := each.told)}
    told = figures | form | {"left_out": left_out} | loaded.coverage.as_json()
    click.echo(json.dumps(told), err=True)
