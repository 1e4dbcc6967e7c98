"""How what takes long tells what it is at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")
Notify = Callable[[str], None]
"""Takes a note for whoever watches."""


def silent(note: str) -> None:
    """Show nothing."""
    del note


class Progress:
    """Shows nothing; what a command shows on a terminal is a subclass."""

    def notify(self, note: str) -> None:
        """Say something that stays."""

    @contextmanager
    def stage(self, name: str) -> Iterator[Notify]:
        """While something is done; what is given takes another name for it, as it goes on."""
        del name
        yield silent

    def track(self, things: Sequence[T], name: str) -> Iterable[T]:
        """The things, while something is done with each."""
        del name
        return things


SILENT = Progress()
