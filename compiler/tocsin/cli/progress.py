"""What a command is at, on stderr while people watch it there, and how long that took."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Timer
from time import perf_counter
from typing import TYPE_CHECKING

from tocsin.cli.output import console, on_terminal, say
from tocsin.escape import printable
from tocsin.progress import Notify, Progress, T

if TYPE_CHECKING:
    from rich.progress import Progress as Live
    from rich.progress import TaskID

QUICK = 0.5
"""Seconds of a command in which no line is shown: what comes and goes at once flickers."""
OFTEN = 0.1
"""Seconds between two counts on a line."""
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

    def __init__(self, quick: float = QUICK) -> None:
        self._from = perf_counter() + quick
        self._lines: _Lines | None = None

    @contextmanager
    def stage(self, name: str) -> Iterator[Notify]:
        """A line while it lasts; what took long leaves one with its seconds."""
        with self._line(name) as (live, line):
            yield lambda said: live.update(line, description=printable(said))

    def track(self, things: Sequence[T], name: str) -> Iterator[T]:
        """A line that counts."""
        begin, end, due = f"{printable(name)}: ", f" of {len(things):,}", 0.0
        with self._line(name, f"{begin}0{end}") as (live, line):
            for number, thing in enumerate(things, 1):
                if (now := perf_counter()) >= due:
                    live.update(line, description=f"{begin}{number:,}{end}")
                    due = now + OFTEN
                yield thing

    @contextmanager
    def _line(self, name: str, shown: str = "") -> Iterator[tuple[Live, TaskID]]:
        outermost, begun = self._lines is None, perf_counter()
        lines = self._lines = self._lines or _Lines(self._from - begun)
        line = lines.live.add_task(printable(shown or name), total=None)
        try:
            yield lines.live, line
        finally:
            lines.live.remove_task(line)
            if outermost:
                lines.stop()
                self._lines = None
        if (seconds := perf_counter() - begun) >= TOLD:
            say(f"{name}: {seconds:.1f} s")


class _Lines:
    """Lines of stages, shown when so many seconds have passed and some still last."""

    def __init__(self, wait: float) -> None:
        self.live = _live()
        self._start = Timer(max(wait, 0), self.live.start)
        self._start.daemon = True
        self._start.start()

    def stop(self) -> None:
        self._start.cancel()
        self._start.join()  # it may be about to start what is stopped here
        self.live.stop()


def _live() -> Live:
    from rich import progress as shown  # noqa: PLC0415 - only where people watch

    return shown.Progress(
        shown.SpinnerColumn(),
        shown.TextColumn("{task.description}", markup=False),
        shown.TimeElapsedColumn(),
        console=console(),
        transient=True,
    )
