"""What commands that read events from files have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
AUTO, NONE = "auto", "none"


def flatten_option(command: F) -> F:
    """`--flatten`: whether nested Windows events get the field names that rules use."""
    return click.option(
        "--flatten",
        type=click.Choice([AUTO, NONE]),
        default=AUTO,
        show_default=True,
        help="add Sigma's flat field names to nested Windows events (evtx_dump, Winlogbeat)",
    )(command)
