"""What `tocsin explain` shows of a correlation."""

from __future__ import annotations

from typing import Any

from rich.text import Text
from rich.tree import Tree

from tocsin.cases.windows import Windows
from tocsin.cli.output import Terminal, say
from tocsin.escape import printable
from tocsin.ir.account import SHOWN, Standing
from tocsin.ir.figures import Hit
from tocsin.ir.times import millis_text
from tocsin.plural import plural

STANDINGS = 100
"""Base matches whose windows are shown to people."""


def correlation_json(found: Windows) -> dict[str, Any]:
    """The object of a correlation in `explain --format json`."""
    detection = found.query.detection
    return {"rule": detection.id, "key": detection.key, **found.as_json()}


def show_windows(found: Windows, events: int) -> None:
    """A tree for each base match, then the bases and what did not count."""
    out = Terminal()
    detection = found.query.detection
    verdict = "matches" if found.matches else "does not match"
    out.print(
        Text(f"{detection.key} {verdict} in {plural(events, 'event')}", style="bold"),
        soft_wrap=True,
    )
    for standing in found.account.standings[:STANDINGS]:
        tree = Tree(_head(found, standing), guide_style="dim")
        hidden = max(0, len(standing.window) - SHOWN)
        if hidden:
            tree.add(Text(plural(hidden, "earlier event"), style="dim"))
        for hit in standing.window.newest(SHOWN):
            tree.add(_member(found, hit))
        out.print(tree, soft_wrap=True)
    more = len(found.account.standings) - STANDINGS
    if more > 0:
        out.print(Text(f"{more} more; --number shows a base match by its number", style="dim"))
    for key, numbers in found.bases:
        _base(out, key, numbers)
    for line in found.left_out.lines():
        out.print(Text.assemble(("left out: ", "yellow"), line), soft_wrap=True)
    holding = sum(standing.holds for standing in found.account.standings)
    say(f"holds at {holding} of {len(found.account.standings)} base matches")


def _head(found: Windows, standing: Standing) -> Text:
    mark, style = ("+", "green") if standing.holds else ("-", "red")
    group = printable(", ".join(f"{k}={v}" for k, v in found.group_of(standing).items()))
    where = f" [{group}]" if group else ""
    counted = f"{standing.figure}, needs {standing.asked}"
    return Text.assemble((mark, style), f" event {standing.event[1]}{where}: {counted}")


def _member(found: Windows, hit: Hit) -> Text:
    rules = ", ".join(found.bases[rule][0] for rule in sorted(hit.rules))
    names = (ref.name for ref in found.query.correlation.values)
    values = " ".join(f"{k}={v}" for k, v in zip(names, hit.values or (), strict=False))
    line = f"event {hit.event[1]}  {millis_text(hit.time)}  {rules}"
    return Text.assemble(line, (f"  {printable(values)}" if values else "", "dim"))


def _base(out: Terminal, key: str, numbers: tuple[int, ...]) -> None:
    if numbers:
        shown = ", ".join(map(str, numbers[:SHOWN])) + (" …" if len(numbers) > SHOWN else "")
        out.print(Text(f"{key} matches events {shown}", style="dim"), soft_wrap=True)
    else:
        hint = f"`tocsin explain {key} --event FILE` shows why"
        line = Text.assemble(("hint: ", "cyan"), f"{key} matches no event that counts; {hint}")
        out.print(line, soft_wrap=True)
