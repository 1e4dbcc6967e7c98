"""`tocsin explain`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.text import Text
from rich.tree import Tree

from tocsin.app.explain import explain_rule
from tocsin.cases.explain import Explanation, Named
from tocsin.cli import completion
from tocsin.cli.explain_windows import correlation_json, show_windows
from tocsin.cli.options import AUTO, flatten_option, project_option
from tocsin.cli.output import Terminal, echo_json, end_if_wrong, format_option, print_wrong, say
from tocsin.cli.paths import GivenPath
from tocsin.cli.progress import progress
from tocsin.escape import printable
from tocsin.events.reading import read_events
from tocsin.ir.trace import Trace

MANY = 8
"""An `any of` with more parts than this, none of which holds, is shown as one line."""


@click.command()
@click.argument("rule", shell_complete=completion.detections)
@click.option(
    "--event",
    "file",
    required=True,
    type=GivenPath(),
    metavar="FILE",
    help="Events, or - for stdin.",
)
@click.option(
    "--number", type=click.IntRange(min=0), help="Only the event with this number, counted from 0."
)
@project_option
@flatten_option
@format_option("text", "json")
def explain(  # noqa: PLR0913 - one parameter an option
    rule: str, *, file: Path, number: int | None, project: Path | None, flatten: str, fmt: str
) -> None:
    """Show why a detection matches an event or does not.

    RULE is a rule file (- is stdin), or the key, name or id of a detection of the project. FILE
    has events in any layout that `tocsin scan` reads. The output shows for each event the verdict,
    the result of every selection with the event's values, and near misses. A correlation is shown
    at each of its base matches (in text, at the first 100): the newest 20 events of the window,
    the figures, and the condition; events are in the order of FILE. Exit code 1 if
    something in the files is broken, else 0, whether the events match or not.
    """
    with progress().stage("reading and explaining"):
        read = read_events([file], flatten=flatten == AUTO)
        found = explain_rule(rule, project, read, number)
    print_wrong(found.wrong, fmt)
    if fmt == "json":
        of_events = (_as_json(*each) for each in found.events)
        echo_json([*of_events, *map(correlation_json, found.correlations)])
    else:
        _show(found.events)
        for each in found.correlations:
            show_windows(each, len(read.events))
    end_if_wrong(found.wrong, fmt)


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
    say(f"{matching} of {len(found)} match")


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
