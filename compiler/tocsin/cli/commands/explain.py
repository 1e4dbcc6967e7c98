"""`tocsin explain`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.text import Text
from rich.tree import Tree

from tocsin.cases import explain as why
from tocsin.cases.explain import Explanation, Named
from tocsin.cases.windows import Windows, explain_windows
from tocsin.cli.events import AUTO, flatten_option
from tocsin.cli.explain_windows import correlation_json, show_windows
from tocsin.cli.output import (
    Terminal,
    console,
    echo_json,
    format_option,
    print_diagnostics,
    summary,
)
from tocsin.diagnostics import Diagnostic, has_errors, near
from tocsin.errors import ConfigError
from tocsin.escape import printable
from tocsin.events.reading import Reading, read_events, read_stream
from tocsin.front.collect import collect
from tocsin.front.placeholders import read_placeholders
from tocsin.front.project import Project, find_project, load_project, project_above
from tocsin.front.relate import relate_inferred
from tocsin.ir.query import CorrelationQuery, Query, Resolved
from tocsin.ir.trace import Trace
from tocsin.scan.infer import UNBOUND
from tocsin.scan.times import guessed_clock

STDIN = "-"
MANY = 8
"""An `any of` with more parts than this, none of which holds, is shown as one line."""


@click.command()
@click.argument("rule")
@click.option("--event", "file", required=True, metavar="FILE", help="Events, or - for stdin.")
@click.option("--number", type=click.IntRange(min=0), help="Only the event of this number, from 0.")
@click.option(
    "--project",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the project; found from the current folder by default.",
)
@flatten_option
@format_option("text", "json")
def explain(  # noqa: PLR0913 - one parameter an option
    rule: str, *, file: str, number: int | None, project: Path | None, flatten: str, fmt: str
) -> None:
    """Why a detection matches an event, or does not.

    RULE is a rule file, or the key, name or id of a detection of the project. FILE holds
    events in any form that `tocsin scan` reads. For each event: the verdict, the truth of every
    selection and what the event has there, and near misses. A correlation is shown at each of its
    base matches (to people, at the first 100): the newest 20 events of the window, what was counted
    there, what was asked; the events are taken in the order of FILE. Exit code 1 if something in
    the files is broken, 0 whether the events match or not.
    """
    queries, values, broken = _detections(rule, project)
    read = _events(file, flatten=flatten == AUTO)
    events, wrong = read.events, [*broken, *read.diagnostics]
    print_diagnostics(wrong, err=True)
    if not queries:
        raise ConfigError(f"no detection without errors in {rule}", exit_code=1)
    chosen = _chosen(events, number)
    parts = [why.named(query, values) for query in queries if isinstance(query, Query)]
    found = [(part, n, why.explain(part, event)) for part in parts for n, event in chosen]
    windows = [_windows(q, events, number) for q in queries if isinstance(q, CorrelationQuery)]
    if fmt == "json":
        echo_json([*(_as_json(*each) for each in found), *map(correlation_json, windows)])
    else:
        _show(found)
        for each in windows:
            show_windows(each, len(events))
    if has_errors(wrong):
        raise click.exceptions.Exit(1)


def _windows(
    query: CorrelationQuery, events: Sequence[dict[str, Any]], number: int | None
) -> Windows:
    declared = all(source.time_field for source in query.sources)
    found = explain_windows(query, events, None if declared else guessed_clock())
    return found if number is None else found.at(number)


def _chosen(
    events: Sequence[dict[str, Any]], number: int | None
) -> list[tuple[int, dict[str, Any]]]:
    numbered = list(enumerate(events))
    if number is None:
        return numbered
    if number >= len(numbered):
        last = f"they are numbered from 0 to {len(numbered) - 1}" if numbered else ""
        raise ConfigError(f"there is no event {number}: {len(numbered)} were read", hint=last)
    return [numbered[number]]


# --- the detection ---------------------------------------------------------------------------

Values = dict[str, tuple[str, ...]]


def _detections(rule: str, folder: Path | None) -> tuple[list[Resolved], Values, list[Diagnostic]]:
    """Queries of a file or of a key, the project's placeholders, and what is wrong there."""
    path = Path(rule)
    if not path.is_file():
        project = load_project(find_project(folder or Path()))
        return [_by_key(project, rule)], _values(project.root), []
    root = folder or project_above(path)
    if root:
        project = load_project(root)
        mine = [q for q in project.queries if Path(q.detection.span.file).samefile(path)]
        wrong = [d for d in project.diagnostics if _is(d, path)]
        if mine or wrong:
            return _alerting(mine), _values(root), wrong
    values = _values(root) if root else {}
    rules = collect([path], values)
    related = relate_inferred(rules, UNBOUND, ignore_logsource=False)
    return _alerting(related.queries), values, [*rules.diagnostics, *related.diagnostics]


def _values(root: Path) -> Values:
    return dict(read_placeholders(root / "placeholders")[0])


def _alerting(queries: Sequence[Resolved]) -> list[Resolved]:
    """Those that raise alerts; where none does, all."""
    return [query for query in queries if query.alerts] or list(queries)


def _is(each: Diagnostic, path: Path) -> bool:
    file = Path(each.span.file)
    return file.exists() and file.samefile(path)


def _by_key(project: Project, word: str) -> Resolved:
    for query in project.queries:
        detection = query.detection
        if word in (detection.key, detection.id, detection.name, Path(detection.span.file).stem):
            return query
    keys = [query.detection.key for query in project.queries]
    close = near(word, keys)
    hint = f"did you mean {close!r}?" if close else "a rule file, or a key from `tocsin test`"
    wrong = f"; {summary(project.diagnostics)}" if has_errors(list(project.diagnostics)) else ""
    raise ConfigError(f"no file and no detection {word!r} in {project.root}{wrong}", hint=hint)


# --- the events ------------------------------------------------------------------------------


def _events(file: str, *, flatten: bool) -> Reading:
    """Events of a file or of stdin."""
    if file == STDIN:
        return read_stream("stdin", sys.stdin.buffer, flatten=flatten)
    return read_events([Path(file)], flatten=flatten)


# --- what is shown ---------------------------------------------------------------------------


def _as_json(parts: Named, number: int, found: Explanation) -> dict[str, Any]:
    detection = parts.query.detection
    head = {"rule": detection.id, "key": detection.key, "event": number}
    return {**head, **found.as_json()}


def _show(found: Sequence[tuple[Named, int, Explanation]]) -> None:
    out = Terminal()
    for parts, number, explanation in found:
        verdict = "matches" if explanation.matches else "does not match"
        head = f"event {number} {verdict} {parts.query.detection.key}"
        out.print(Text(printable(head), style="bold"), soft_wrap=True)
        tree = Tree(_line(explanation.tree), guide_style="dim")
        _grow(tree, explanation.tree)
        out.print(tree, soft_wrap=True)
        for hint in explanation.hints:
            out.print(Text.assemble(("hint: ", "cyan"), hint), soft_wrap=True)
        out.print()
    if not found:
        return
    matching = sum(explanation.matches for _, _, explanation in found)
    console().print(f"{matching} of {len(found)} match")


def _line(node: Trace) -> Text:
    mark, style = ("+", "green") if node.holds else ("-", "red")
    seen = f"   (event: {printable(node.seen)})" if node.seen else ""
    return Text.assemble((mark, style), f" {printable(node.label)}", (seen, "dim"))


def _grow(tree: Tree, node: Trace) -> None:
    for part in node.below:
        if part.label == "any of" and not part.holds and len(part.below) > MANY:
            seen = {below.seen for below in part.below}
            shown = seen.pop() if len(seen) == 1 else ""
            short = Trace(f"any of {len(part.below)}, such as {part.below[0].label}", False, shown)
            tree.add(_line(short))
        else:
            _grow(tree.add(_line(part)), part)
