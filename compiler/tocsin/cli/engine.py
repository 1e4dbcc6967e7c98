"""Engines by name for `test` and `scan`: the backend of each, and its servers started once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import click
import orjson
from click.shell_completion import CompletionItem

from tocsin.backend import registry
from tocsin.backend.base import Backend, Endpoints, NoServers
from tocsin.model.artifact import Match
from tocsin.pack import Part
from tocsin.scan.packed import MatcherRun

F = TypeVar("F", bound=Callable[..., Any])
EVALUATOR, MATCHER = "evaluator", "matcher"
PORTION = 1000
"""Events that the matcher takes at a time."""
LEARNED = 4000
"""Events that it chooses what to ask by."""


class EngineName(click.ParamType[str]):
    """`evaluator`, the engine of an installed backend; with `several` `all`, else `matcher`."""

    name = "engine"

    def __init__(self, *, several: bool) -> None:
        self._first = (EVALUATOR, "all") if several else (EVALUATOR, MATCHER)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name itself; backends are only loaded for a name that is not ours."""
        if value not in self._first and value not in registry.engines():
            known = ", ".join((*self._first, *registry.engines()))
            self.fail(f"{value!r} is not one of {known}.", param, ctx)
        return str(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Names that begin so."""
        del ctx, param
        names = (*self._first, *registry.engines())
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def engine_option(*, several: bool) -> Callable[[F], F]:
    """`--engine`; with `several` also `all`, and more than one by repeating it."""
    default: Any = (EVALUATOR,) if several else EVALUATOR
    return click.option(
        "--engine",
        type=EngineName(several=several),
        multiple=several,
        default=default,
        show_default=True,
        help=("evaluator, " if several else "evaluator, matcher, ")
        + "duckdb, spark, kafka, flink"
        + (" or all" if several else "")
        + "; servers are started if they are not running",
    )


def chosen(engines: Sequence[str]) -> tuple[str, ...]:
    """The engines to run, each once; of `all` those that are installed, the rest said on stderr."""
    if "all" not in engines:
        return tuple(dict.fromkeys(engines))
    away = {name: why for name in registry.engines() if (why := registry.missing(name))}
    for name, why in away.items():
        click.echo(f"{name} is left out: {why}", err=True)
    return (EVALUATOR, *(name for name in registry.engines() if name not in away))


@contextmanager
def started(engines: Sequence[str]) -> Iterator[tuple[Mapping[str, Backend], Endpoints]]:
    """The backends of these engines, and the addresses of their servers while they run."""
    backends = {name: registry.by_engine(name) for name in engines if name != EVALUATOR}
    with started_for(backends.values()) as endpoints:
        yield backends, endpoints


@contextmanager
def started_for(backends: Iterable[Backend]) -> Iterator[Endpoints]:
    """The addresses of the servers that these backends need, while they run."""
    needs = tuple(sorted({need for backend in backends for need in backend.needs}))
    if not needs:
        yield NoServers()
        return
    from tocsin_engines import running  # noqa: PLC0415 - heavy, and seldom needed

    with running(needs, name=os.environ.get("TOCSIN_ENGINES", "default"), keep=False) as endpoints:
        yield endpoints


def matched(parts: Sequence[Part], events: Sequence[Mapping[str, Any]]) -> MatcherRun:
    """The matcher of kafka-filter's workers, on events in this process."""
    from tocsin_matcher import PackMatcher  # noqa: PLC0415 - only a scan needs it

    matcher = PackMatcher(parts)
    matcher.learn_from(events[:: max(1, len(events) // LEARNED)])
    matches: list[Match] = []
    refused: dict[int, str] = {}
    for start in range(0, len(events), PORTION):
        lines = [orjson.dumps(event) for event in events[start : start + PORTION]]
        done = matcher.match_lines(lines)
        matches += [Match(each.detection, start + each.event) for each in done.matches]
        refused |= {start + number: reason for number, reason in done.refused.items()}
    return MatcherRun(matches, refused)
