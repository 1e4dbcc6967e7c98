"""Kinds of generated cases. Another kind is one more entry of `KINDS`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from differential import authored
from differential.detections import expressions
from differential.near import near_events
from differential.world import Event
from tocsin.ir.nodes import Expr

EVENTS = 4
"""Events of a case, made for its detection."""
ENTROPY = 6000
"""Bytes that are enough for nearly every case; those that run out are left out."""


@dataclass(frozen=True, slots=True)
class Case:
    """A detection with events near it. `text`: as Sigma, where it came from there.

    `error`: code of the finding with which the front refused it (then it has no events).
    """

    kind: str
    expr: Expr
    events: tuple[Event, ...]
    text: str = ""
    error: str = ""


@st.composite
def expression_cases(draw: st.DrawFn) -> Case:
    """An expression."""
    return _with_events(draw, "expression", draw(expressions()))


@st.composite
def sigma_cases(draw: st.DrawFn) -> Case:
    """A Sigma block; one that the front refuses is a case without events."""
    text = authored.written(draw(authored.blocks()))
    found = authored.read(text)
    if found.expr is None:
        return Case("sigma", authored.NOTHING, (), text, found.error)
    return _with_events(draw, "sigma", found.expr, text)


def _with_events(draw: st.DrawFn, kind: str, expr: Expr, text: str = "") -> Case:
    events = [draw(near_events(expr)) for _ in range(EVENTS)]
    return Case(kind, expr, tuple(events), text)


KINDS: Mapping[str, Callable[[], st.SearchStrategy[Case]]] = {
    "expression": expression_cases,
    "sigma": sigma_cases,
}


@dataclass(slots=True)
class Supply:
    """Cases of the given kinds without end, the same ones for the same seed.

    `refused` counts the codes of findings of blocks that the front refused on the way.
    """

    seed: int
    kinds: tuple[str, ...] = tuple(KINDS)
    refused: Counter[str] = field(default_factory=Counter)

    def cases(self) -> Iterator[Case]:
        """Each detection once, the kinds in turn."""
        random = Random(self.seed)
        drawn: list[Case] = []
        makers = [_maker(KINDS[kind](), drawn) for kind in self.kinds]
        seen: set[Expr] = set()
        while True:
            for make in makers:
                make(random.randbytes(ENTROPY))
            for case in drawn:
                if case.error:
                    self.refused[case.error] += 1
                elif case.expr not in seen:
                    seen.add(case.expr)
                    yield case
            drawn.clear()


def kept(seed: int) -> Iterator[Case]:
    """The cases of a seed, each made once in a process: that is most of a test's time."""
    supply, made = _kept(seed)
    for number in count():
        if number == len(made):
            made.append(next(supply))
        yield made[number]


@cache
def _kept(seed: int) -> tuple[Iterator[Case], list[Case]]:
    return Supply(seed).cases(), []


def _maker(of: st.SearchStrategy[Case], drawn: list[Case]) -> Callable[[bytes], object]:
    """Draws one example out of bytes: unlike a run of examples, none resembles another."""

    @settings(database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(of)
    def draw(case: Case) -> None:
        drawn.append(case)

    make: Callable[[bytes], object] = draw.hypothesis.fuzz_one_input  # type: ignore[attr-defined] # given by @given
    return make
