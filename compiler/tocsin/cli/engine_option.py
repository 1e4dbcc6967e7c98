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
        self.note = "" if several else f"; {AUTO} is the faster of {EVALUATOR} and {MATCHER}"

    @property
    def known(self) -> str:
        """All names, in words. Loads the backends."""
        return ", ".join((*self._first, *registry.engines()))

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name itself; backends are only loaded for a name that is not ours."""
        if value not in self._first and value not in registry.engines():
            self.fail(f"{value!r} is not one of {self.known}.", param, ctx)
        return str(value)


class _EngineOption(click.Option):
    """An option whose help lists the engines that are installed."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The line in `--help`, for which alone the backends are loaded."""
        if isinstance(self.type, EngineName):
            servers = "servers are started if they are not running"
            self.help = f"{self.type.known}{self.type.note}; {servers}"
        return super().get_help_record(ctx)


def engine_option(*, several: bool) -> Callable[[F], F]:
    """`--engine`; with `several` also `all`, and more than one by repeating it."""
    default: Any = (EVALUATOR,) if several else AUTO
    return click.option(
        "--engine",
        cls=_EngineOption,
        type=EngineName(several=several),
        multiple=several,
        shell_complete=completion.several_engines if several else completion.scan_engines,
        default=default,
        show_default=True,
    )
