"""Many findings of one kind as one block, so that what there is to decide fits on a screen."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import click

from tocsin.diagnostics import Diagnostic, Severity, Span
from tocsin.escape import printable

FEW = 5
"""So many findings of one kind are shown each; of more, what they have in common."""

MESSAGES = 3
"""So many messages of a kind are shown, of those that come more than once."""
COLOUR = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "blue"}


def styled(text: str, **style: Any) -> str:
    """The text in a style; plain where NO_COLOR is set (https://no-color.org)."""
    return text if os.environ.get("NO_COLOR") else click.style(text, **style)


def place_text(span: Span) -> str:
    """File, line and column, as editors and terminals open them."""
    file = "stdin" if span.file == "-" else printable(span.file)
    return f"{file}:{span.line}:{span.column}"


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """Findings of one code and severity, in the order of their places."""

    found: tuple[Diagnostic, ...]

    @property
    def weight(self) -> tuple[int, int, str]:
        """Errors first, then what is most frequent."""
        first = self.found[0]
        return (first.severity.rank, -len(self.found), first.code)

    @property
    def messages(self) -> list[tuple[str, int]]:
        """Each message and how often it is said, the most frequent first."""
        return Counter(each.message for each in self.found).most_common()

    @property
    def example(self) -> Diagnostic:
        """The first one with the most frequent message."""
        [(message, _), *_] = self.messages
        return next(each for each in self.found if each.message == message)


def grouped(found: Iterable[Diagnostic]) -> tuple[list[Diagnostic], list[FindingGroup]]:
    """The findings to show each, as they come, and those of kinds of which there are many."""
    kinds: dict[tuple[str, Severity], list[Diagnostic]] = {}
    every = list(found)
    for each in every:
        kinds.setdefault((each.code, each.severity), []).append(each)
    many = [FindingGroup(tuple(kind)) for kind in kinds.values() if len(kind) > FEW]
    few = [each for each in every if len(kinds[each.code, each.severity]) <= FEW]
    return few, sorted(many, key=lambda group: group.weight)


def group_text(group: FindingGroup, most: int = 0) -> str:
    """How many there are, which messages come most often, and an example of the first of these.

    `most`: how many messages, however often they come.
    """
    first = group.example
    severity = styled(first.severity.value, fg=COLOUR[first.severity], bold=True)
    place = place_text(first.span)
    lines = [f"{len(group.found):,} × {severity} {first.code}: {_title(group)}"]
    lines += [f"  {count:>7,} × {what}" for what, count in _breakdown(group, most)]
    said = f": {printable(first.message)}" if len(group.messages) > 1 else ""
    lines += [f"  such as {place}{said}"]
    lines += [f"  hint: {printable(first.hint)}"] if first.hint else []
    return "\n".join(lines)


def _title(group: FindingGroup) -> str:
    """What they all say, else what the code means."""
    from tocsin.check.catalogue import catalogue  # noqa: PLC0415 - imports all checks

    [(message, _), *more] = group.messages
    known = catalogue().get(group.found[0].code)
    return known.title if more and known else printable(message)


def _breakdown(group: FindingGroup, most: int) -> Iterator[tuple[str, int]]:
    """Messages where they differ; the rest is counted."""
    told = group.messages
    often = [(message, count) for message, count in told[:MESSAGES] if count > 1]
    shown = told[:most] if most else often
    if len(told) == 1 or not shown:
        return
    yield from ((printable(message), count) for message, count in shown)
    if rest := told[len(shown) :]:
        others = "another message" if len(rest) == 1 else f"{len(rest)} other messages"
        yield others, sum(count for _, count in rest)
