"""Engines by name: the backend of each, and its servers started once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import orjson

from tocsin.backend import registry
from tocsin.backend.base import Backend, Endpoints, NoServers
from tocsin.model.artifact import Match
from tocsin.model.project import Environment
from tocsin.pack import Part
from tocsin.progress import Notify, Progress
from tocsin.scan.packed import MatcherRun

EVALUATOR, MATCHER = "evaluator", "matcher"
AUTO = "auto"
"""Of evaluator and matcher the faster; of an engine's forms, too."""
PORTION = 1000
"""Events that the matcher takes at a time."""
LEARNED = 4000
"""Events that it chooses what to ask by."""
_RUNNING = f"running the rules, {PORTION:,} events at a time"


def chosen(engines: Sequence[str], notify: Notify) -> tuple[str, ...]:
    """The engines to run, each once; of `all` those that are installed, with a note on others."""
    if "all" not in engines:
        return tuple(dict.fromkeys(engines))
    away = {name: why for name in registry.engines() if (why := registry.missing(name))}
    for name, why in away.items():
        notify(f"{name} is left out: {why}")
    return (EVALUATOR, *(name for name in registry.engines() if name not in away))


def serving(environment: Environment) -> tuple[str, ...]:
    """The evaluator, the engines of an environment's backends, and those that it tests on."""
    own = (registry.load(name).engine for name in sorted(environment.named))
    return tuple(dict.fromkeys((EVALUATOR, *own, *environment.test_on)))


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


def matched(
    parts: Sequence[Part], events: Sequence[Mapping[str, Any]], progress: Progress
) -> MatcherRun:
    """The matcher of kafka-filter's workers, on events in this process."""
    from tocsin_matcher import PackMatcher  # noqa: PLC0415 - only a scan needs it

    with progress.stage("preparing the matcher"):
        matcher = PackMatcher(parts)
        matcher.learn_from(events[:: max(1, len(events) // LEARNED)])
    matches: list[Match] = []
    refused: dict[int, str] = {}
    for start in progress.track(range(0, len(events), PORTION), _RUNNING):
        lines = [orjson.dumps(event) for event in events[start : start + PORTION]]
        done = matcher.match_lines(lines)
        matches += [Match(each.detection, start + each.event) for each in done.matches]
        refused |= {start + number: reason for number, reason in done.refused.items()}
    return MatcherRun(matches, refused)
