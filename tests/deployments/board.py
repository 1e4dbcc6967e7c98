"""The cuts of an environment in a file, so that a mover that was killed finds them again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tocsin.backend.fleet import Cut


class FileBoard:
    """As the control topic has them: a cut replaces the last of its detection if that is of the
    same change."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @property
    def cuts(self) -> list[Cut]:
        """All cuts, oldest first."""
        found = json.loads(self._file.read_text()) if self._file.is_file() else []
        return [Cut(**each) for each in found]

    def cut(self, cuts: Sequence[Cut]) -> None:
        """Add these."""
        now = self.cuts
        for cut in cuts:
            own = [n for n, each in enumerate(now) if each.detection == cut.detection]
            if own and (now[own[-1]].before, now[own[-1]].after) == (cut.before, cut.after):
                del now[own[-1]]
            now.append(cut)
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps([asdict(each) for each in now]))
        new.replace(self._file)

    def trial(self, share: float | None) -> None:
        """Jobs have no trials."""
