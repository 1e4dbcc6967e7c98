"""`--engine`: the evaluator, or engines of installed backends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from tocsin.app.engines import AUTO, EVALUATOR, MATCHER
from tocsin.backend import registry
from tocsin.cli import completion

F = TypeVar("F", bound=Callable[..., Any])


class EngineName(click.ParamType[str]):
    """`evaluator` or the engine of an installed backend.

    With `several` also `all`, without also `auto` and `matcher`.
    """

    name = "engine"

    def __init__(self, *, several: bool) -> None:
        self._first = (EVALUATOR, "all") if several else (AUTO, EVALUATOR, MATCHER)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name itself; backends are only loaded for a name that is not ours."""
        if value not in self._first and value not in registry.engines():
            known = ", ".join((*self._first, *registry.engines()))
            self.fail(f"{value!r} is not one of {known}.", param, ctx)
        return str(value)


def engine_option(*, several: bool) -> Callable[[F], F]:
    """`--engine`; with `several` also `all`, and more than one by repeating it."""
    default: Any = (EVALUATOR,) if several else AUTO
    return click.option(
        "--engine",
        type=EngineName(several=several),
        multiple=several,
        shell_complete=completion.several_engines if several else completion.scan_engines,
        default=default,
        show_default=True,
        help=("evaluator, " if several else "auto (matcher or evaluator), evaluator, matcher, ")
        + "duckdb, spark, kafka, flink"
        + (" or all" if several else "")
        + "; servers are started if they are not running",
    )
