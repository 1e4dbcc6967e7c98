"""Progress of long operations."""

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
    """Shows nothing; the command line has a subclass that shows it on a terminal."""

    def notify(self, note: str) -> None:
        """Show a line that stays."""

    @contextmanager
    def stage(self, name: str) -> Iterator[Notify]:
        """While something is done; what is given takes another name for it, as it goes on."""
        del name
        yield silent

    def track(self, things: Sequence[T], name: str) -> Iterable[T]:
        """Iterate over the items and show how far it is."""
        del name
        return things


SILENT = Progress()
