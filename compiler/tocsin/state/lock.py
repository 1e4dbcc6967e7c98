"""Human version numbers: `tocsin.lock`, one sorted line per detection, nobody bumps by hand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote

from tocsin import gate
from tocsin.errors import ConfigError
from tocsin.model.names import canonical_id

FILE = "tocsin.lock"
MAX_BYTES = 32 * gate.MIB
_LINE = re.compile(
    r"(?P<key>\S+) (?P<id>\S+) v(?P<version>[1-9][0-9]{0,8}) (?P<logic>[0-9a-f]{64})"
)
_HEADER = "# Written by `tocsin lock`: key id version logic. To merge, take either side.\n"


@dataclass(frozen=True, slots=True, order=True)
class Locked:
    """One line: this logic of the detection has this version number."""

    key: str
    id: str
    version: int
    logic: str

    def __str__(self) -> str:
        # Quoted: a line has exactly four words, whatever a detection is called.
        return f"{quote(self.key)} {quote(self.id)} v{self.version} {self.logic}"


@dataclass(frozen=True, slots=True)
class Identity:
    """A detection as the project holds it now."""

    key: str
    id: str
    logic: str


@dataclass(frozen=True, slots=True)
class Lock:
    """The versions of a project, by detection id."""

    lines: Mapping[str, Locked] = field(default_factory=dict)

    def version(self, detection: str, logic: str) -> int:
        """Version of this logic: as locked, else the next one, 1 for a new detection."""
        known = self.lines.get(detection)
        if known is None:
            return 1
        return known.version if known.logic == logic else known.version + 1

    def updated(self, detections: Iterable[Identity]) -> Lock:
        """The lock that fits these detections; lines of detections that are gone are dropped."""
        return Lock(
            {d.id: Locked(d.key, d.id, self.version(d.id, d.logic), d.logic) for d in detections}
        )

    def render(self) -> str:
        """The text of the file."""
        return _HEADER + "".join(f"{line}\n" for line in sorted(self.lines.values()))


def read_lock(root: Path) -> Lock:
    """The lock of the project in this folder; empty if it has none yet."""
    path = root / FILE
    try:
        text = gate.read_text(path, MAX_BYTES)
    except gate.MissingError:
        return Lock()
    return Lock({line.id: line for line in _parse(text)})


def _parse(text: str) -> Iterable[Locked]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line.strip())
        if found is None:
            raise ConfigError(
                f"{FILE}:{number}: not a line of a lock file: {line[:60]!r}",
                hint="take either side of a merge conflict, then run `tocsin lock`",
                file=FILE,
                line=number,
            )
        key, detection = (canonical_id(unquote(found[name])) for name in ("key", "id"))
        yield Locked(key, detection, int(found["version"]), found["logic"])
