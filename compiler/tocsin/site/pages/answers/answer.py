"""The answer to one question of an auditor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tocsin.html_templates import visible
from tocsin.site.pages.linked import NONE

MOST_NAMED = 12
"""So many things does an answer name; the page it leads to has all."""


@dataclass(frozen=True, slots=True)
class QuestionAnswer:
    """Sentences, each with its record; `recorded` tells whether the ledger has the fact."""

    number: int
    question: str
    sentences: tuple[Markup, ...]
    more: tuple[tuple[str, str], ...] = ()
    recorded: bool = True


def say(text: str, *values: object) -> Markup:
    """A sentence of ours with values in it, which are escaped unless they are markup."""
    return Markup(text).format(*map(visible, values))  # noqa: S704 - the text is a literal of ours


def named(found: Sequence[Markup]) -> Markup:
    """The first of them, and how many more there are."""
    shown = Markup(", ").join(found[:MOST_NAMED])
    rest = len(found) - MOST_NAMED
    return shown + (Markup(" and {} more").format(rest) if rest > 0 else Markup(""))


def absent(what: str) -> Markup:
    """That the ledger does not tell."""
    return Markup("{}: {}.").format(what, NONE)


def each_or(found: Iterable[Markup], otherwise: Markup) -> tuple[Markup, ...]:
    """The sentences, or another one if there are none."""
    return tuple(found) or (otherwise,)
