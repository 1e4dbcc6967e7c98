"""The release record of an environment in a file, with all that it ever was."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tocsin.release.cutover import Cutover


@dataclass(frozen=True, slots=True)
class State:
    """What readers knew from `at` (milliseconds since 1970): the live logic, and the cutovers."""

    at: int
    now: str
    cutovers: tuple[Cutover, ...]


class FileBoard:
    """As the control topic has it.

    A cutover replaces the last of its detection if that is of the same change. `now` is the logic
    of the correlation that is live.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    @property
    def states(self) -> list[State]:
        """All states, oldest first."""
        found = json.loads(self._file.read_text()) if self._file.is_file() else []
        return [State(s["at"], s["now"], tuple(map(_cutover, s["cutovers"]))) for s in found]

    def cut_over(self, cutovers: Sequence[Cutover]) -> None:
        """Add these."""
        last = self._last()
        kept = list(last.cutovers)
        for new in cutovers:
            own = [n for n, each in enumerate(kept) if each.detection == new.detection]
            if own and (kept[own[-1]].before, kept[own[-1]].after) == (new.before, new.after):
                del kept[own[-1]]
            kept.append(new)
        self._add(last.now, kept)

    def release(self, now: str) -> None:
        """The logic that is live from now on."""
        self._add(now, self._last().cutovers)

    def canary(self, share: float | None) -> None:
        """Jobs have no canary."""

    def begin(self, starts: Mapping[str, int]) -> None:
        """Jobs know where they began."""

    def _last(self) -> State:
        return (self.states or [State(0, "", ())])[-1]

    def _add(self, now: str, cutovers: Sequence[Cutover]) -> None:
        states = [*self.states, State(time.time_ns() // 1_000_000, now, tuple(cutovers))]
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps([asdict(each) for each in states]))
        new.replace(self._file)


def _cutover(told: Mapping[str, Any]) -> Cutover:
    return Cutover(**{**told, "ends": tuple(told["ends"])})
