"""`tocsin scan`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import click
from rich.text import Text

from tocsin.app.engines import AUTO
from tocsin.app.scan import LoadedScan, form_of, found_matches, load_scan, run_scan
from tocsin.backend.forms import Form
from tocsin.cli.ending import json_wanted
from tocsin.cli.engine_option import engine_option
from tocsin.cli.matches import print_matches
from tocsin.cli.options import AUTO as FLATTEN
from tocsin.cli.options import flatten_option
from tocsin.cli.output import (
    console,
    end_if_wrong,
    format_option,
    print_wrong,
    say,
)
from tocsin.cli.paths import GivenPath
from tocsin.cli.progress import progress
from tocsin.diagnostics import Diagnostic, FindingsError, has_errors, summary
from tocsin.escape import printable
from tocsin.ir.query import Resolved
from tocsin.model.artifact import Match
from tocsin.progress import SILENT
from tocsin.scan.run import ScanResult

_PATHS = GivenPath()


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
@click.option("--time-field", default="", metavar="NAME", help="field with the event time")
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
@format_option("jsonl", "json", "table")
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

    Prints one JSON object per match and line (--format json: one list of them): the rule's id, the
    number of the event (from 0, over all files), its file, line and event time; for a correlation
    those of its last event, and the group. The event time is in the field --time-field; without it,
    in the field that the source declares, where the rules' project has a source for the event; else
    in the first of timestamp, @timestamp, UtcTime, TimeCreated_SystemTime, eventTime, time, ts,
    created_at, published, requestReceivedTimestamp with a time: an ISO 8601 text, or a number of
    seconds, milliseconds, microseconds or nanoseconds since 1970, whichever gives a time from 1973
    to 2286.

    A rule is run on the events of its log source if Tocsin or the rules' project knows it, else on
    those that no known log source claims. Stderr lists rules without events of their log source,
    blind rules (no such event has any of their fields), and files and folders without rules; with
    --strict these end the scan with exit code 1. Refused detections and broken lines are listed on
    stderr and make the exit code 1, but the scan continues.
    """
    begun = perf_counter()
    watched = progress()
    with watched.stage("reading rules and events"):
        loaded = load_scan(
            rules,
            events,
            flatten=flatten == FLATTEN,
            ignore_logsource=ignore_logsource,
            time_field=time_field,
        )
    _check(loaded.wrong, strict=strict)
    _tell_lacks(loaded, strict=strict)
    ready = perf_counter()
    result = run_scan(loaded, engine, form_of(engine, form), watched)
    _check(result.refused, strict=strict)
    _print(loaded, result, fmt)
    _print_left_out(result, loaded.queries)
    found = [*loaded.wrong, *result.refused]
    if found:
        say(f"scan went on despite {summary(found)}")
    if stats:
        _stats(loaded, result, ready - begun, perf_counter() - ready)
    end_if_wrong(found, _errors_as())


def _errors_as() -> str:
    """How findings are told: JSON lines of matches are the default, and still read by people."""
    return "json" if json_wanted() else "text"


def _check(found: Sequence[Diagnostic], *, strict: bool) -> None:
    """Tell what is wrong; strictly, errors end the scan."""
    print_wrong(found, _errors_as())
    if strict and has_errors(found):
        kept = found if json_wanted() else ()
        raise FindingsError(kept, f"nothing scanned: {summary(found)}")


def _tell_lacks(loaded: LoadedScan, *, strict: bool) -> None:
    """Say which rules have nothing to look at; strictly, that ends the scan."""
    lines = list(loaded.coverage.lines())
    if strict and loaded.coverage.lacks:
        raise FindingsError((), f"nothing scanned, as --strict asks: {'; '.join(lines)}")
    for line in lines:
        console().print(Text(line, style="yellow"), soft_wrap=True)


def _print(loaded: LoadedScan, result: ScanResult, fmt: str) -> None:
    """The matches; how far that is, is shown unless they appear where it would be."""
    matches = result.matches if fmt != "table" else sorted(result.matches, key=_by_event)
    shown = progress() if fmt == "table" or not sys.stdout.isatty() else SILENT
    print_matches(found_matches(loaded, shown.track(matches, "writing matches")), fmt)


def _by_event(match: Match) -> tuple[int, str, tuple[str, ...]]:
    return match.event, match.detection, match.group


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
