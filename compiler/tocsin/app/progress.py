"""How use cases tell what goes on."""

from __future__ import annotations

from collections.abc import Callable

from tocsin.plan.steps import Plan

Notify = Callable[[str], None]
"""Takes a note for whoever watches."""

Review = Callable[[Plan], None]
"""Sees a plan before it is carried out, and raises to stop it."""


def silent(note: str) -> None:
    """Nobody watches."""
    del note
