"""Progress of long operations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import TypeVar

T = TypeVar("T")
Notify = Callable[[str], None]
"""Takes a note for whoever watches."""


def silent(note: str) -> None:
    """Show nothing."""
    del note


class Progress:
    """Shows nothing; the command line has a subclass that shows it on a terminal."""

    @property
    def seconds(self) -> Mapping[str, float]:
        """How long what is over took, by name, where that is measured."""
        return {}

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


class TimedProgress(Progress):
    """Measures what another one shows; a stage within a stage is part of both."""

    def __init__(self, shown: Progress) -> None:
        self._shown = shown
        self._seconds: dict[str, float] = {}

    @property
    def seconds(self) -> Mapping[str, float]:
        """How long each stage took, in the order of their ends."""
        return {name: round(seconds, 3) for name, seconds in self._seconds.items()}

    def notify(self, note: str) -> None:
        """Passed on."""
        self._shown.notify(note)

    @contextmanager
    def stage(self, name: str) -> Iterator[Notify]:
        """Measured under the name that it has first."""
        with self._measured(name), self._shown.stage(name) as notify:
            yield notify

    def track(self, things: Sequence[T], name: str) -> Iterable[T]:
        """Measured with what is done with each."""
        with self._measured(name):
            yield from self._shown.track(things, name)

    @contextmanager
    def _measured(self, name: str) -> Iterator[None]:
        begin = perf_counter()
        try:
            yield
        finally:
            self._seconds[name] = self._seconds.get(name, 0) + perf_counter() - begin


SILENT = Progress()
