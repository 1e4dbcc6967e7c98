"""Engines by name for `test` and `scan`: the backend of each, and its servers started once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from tocsin.backend import registry
from tocsin.backend.base import Backend, Endpoints

F = TypeVar("F", bound=Callable[..., Any])
ENGINES = ("evaluator", "duckdb", "kafka", "flink")


@dataclass(frozen=True)
class NoServers:
    """Endpoints where no server is needed."""

    kafka: str | None = None
    flink_rest: str | None = None
    flink_gateway: str | None = None


def engine_option(*, several: bool) -> Callable[[F], F]:
    """`--engine`; with `several` also `all`, and more than one by repeating it."""
    choices = (*ENGINES, "all") if several else ENGINES
    default: Any = ("evaluator",) if several else "evaluator"
    return click.option(
        "--engine",
        type=click.Choice(choices),
        multiple=several,
        default=default,
        show_default=True,
        help="where to run; kafka and flink are started if they are not running",
    )


@contextmanager
def started(engines: Sequence[str]) -> Iterator[tuple[Mapping[str, Backend], Endpoints]]:
    """The backends of these engines, and the addresses of their servers while they run."""
    backends = {name: registry.by_engine(name) for name in engines if name != "evaluator"}
    needs = tuple(sorted({need for backend in backends.values() for need in backend.needs}))
    if not needs:
        yield backends, NoServers()
        return
    from tocsin_runtime.engines import running  # noqa: PLC0415 - heavy, and seldom needed

    with running(needs, name=os.environ.get("TOCSIN_ENGINES", "default"), keep=False) as endpoints:
        yield backends, endpoints
