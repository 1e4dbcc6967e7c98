"""How use cases tell what goes on."""

from __future__ import annotations

from collections.abc import Callable

Notify = Callable[[str], None]
"""Takes a note for whoever watches."""


def silent(note: str) -> None:
    """Nobody watches."""
    del note
