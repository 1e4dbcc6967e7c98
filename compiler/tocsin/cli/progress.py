"""What a command is at, on stderr while people watch it there, and how long that took."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING

from tocsin.cli.output import console, on_terminal, say
from tocsin.escape import printable
from tocsin.progress import Notify, Progress, T

if TYPE_CHECKING:
    from rich.progress import Progress as Live
    from rich.progress import TaskID

TOLD = 1.0
"""Seconds of a stage that leaves a line behind."""


def progress() -> Progress:
    """For people where they watch; a pipe gets notes alone."""
    return StageLines() if on_terminal() else Notes()


class Notes(Progress):
    """Notes for people, and nothing that passes."""

    def notify(self, note: str) -> None:
        """On stderr."""
        say(note)


class StageLines(Notes):
    """A line for each stage at work, with the seconds since its beginning."""

    def __init__(self) -> None:
        self._live: Live | None = None

    @contextmanager
    def stage(self, name: str) -> Iterator[Notify]:
        """A line while it lasts; what took long leaves one with its seconds."""
        with self._line(name) as (live, line):
            yield lambda said: live.update(line, description=printable(said))

    def track(self, things: Sequence[T], name: str) -> Iterator[T]:
        """A line that counts."""
        with self._line(name, f"{name}: 0 of {len(things):,}") as (live, line):
            for number, thing in enumerate(things, 1):
                live.update(line, description=f"{printable(name)}: {number:,} of {len(things):,}")
                yield thing

    @contextmanager
    def _line(self, name: str, shown: str = "") -> Iterator[tuple[Live, TaskID]]:
        outermost, begun = self._live is None, perf_counter()
        live = self._live = self._live or _live()
        line = live.add_task(printable(shown or name), total=None)
        live.start()
        try:
            yield live, line
        finally:
            live.remove_task(line)
            if outermost:
                live.stop()
                self._live = None
        if (seconds := perf_counter() - begun) >= TOLD:
            say(f"{name}: {seconds:.1f} s")


def _live() -> Live:
    from rich import progress as shown  # noqa: PLC0415 - only where people watch

    return shown.Progress(
        shown.SpinnerColumn(),
        shown.TextColumn("{task.description}", markup=False),
        shown.TimeElapsedColumn(),
        console=console(),
        transient=True,
    )
