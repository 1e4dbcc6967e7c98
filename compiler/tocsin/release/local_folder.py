"""The folder of a local environment: what apply writes there, and workers read."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from tocsin import files, gate
from tocsin.model.source import Source
from tocsin.release.entry import Entry, Whole
from tocsin.release.mute import MutedUntil

LAST_RUN = "last-run.json"
"""The report of the last run."""
ARTIFACTS = "artifacts"
"""The folder of all artifacts."""
MAX_BYTES = 256 * gate.MIB
"""Of one file."""
_LIVE = "live.json"
_FORM = 2


@dataclass(frozen=True, slots=True)
class LiveTable:
    """What is live, in `live.json`; release 0 if nothing is.

    `mutes`: until when detections, by id, raise no alerts.
    """

    environment: str
    release: Whole
    sources: tuple[Source, ...]
    detections: tuple[Entry, ...]
    mutes: MutedUntil = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> LiveTable:
        """The table of a folder.

        Raises MissingError if it has none, UnreadError if it is damaged.
        """
        path = folder / _LIVE
        table = gate.read_json(path, MAX_BYTES)
        try:
            if table["form"] != _FORM:
                raise gate.UnreadError(
                    path, f"form {table['form']!r} is not known here, only {_FORM}"
                )
            return _TABLE.validate_python(table)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(map(str, first["loc"]))
            raise gate.UnreadError(path, f"{place}: {first['msg']}") from None
        except (KeyError, TypeError):
            raise gate.UnreadError(path, "it is not a table of detections with a form") from None

    def write(self, folder: Path) -> None:
        """Make this what is live, in one step."""
        table = {"form": _FORM, **_TABLE.dump_python(self, mode="json")}
        text = json.dumps(table, indent=1, ensure_ascii=False)
        files.write(folder / _LIVE, text.encode() + b"\n")


_TABLE = TypeAdapter(LiveTable)
