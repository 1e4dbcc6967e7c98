"""The manifest of a site: the digest of each of its files, and the ledger that it was made from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, ConfigDict, StringConstraints, TypeAdapter, ValidationError

from tocsin import __version__, gate
from tocsin.parse_errors import first_line
from tocsin.release.entry import FORBID_UNKNOWN
from tocsin.release.moment import Moment
from tocsin.site.history.model import History

FILE, ENVELOPE = "manifest.json", "manifest.dsse.json"
KIND = "application/vnd.tocsin.site+json"
MAX_BYTES = 64 * gate.MIB


def _below(path: str) -> str:
    """A path that leads nowhere else. Raises ValueError."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\\" in path or "\0" in path:
        raise ValueError("not a path below the site")
    if path in (FILE, ENVELOPE):
        raise ValueError("a manifest does not list itself")
    return path


_Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_Path = Annotated[str, AfterValidator(_below)]


@dataclass(frozen=True, slots=True)
class SiteManifest:
    """`files`: SHA-256 by path. `head`: the ledger's last commit of the period, empty for none."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    form: Literal[1]
    project: str
    environment: str
    begin: Moment
    end: Moment
    head: str
    tool: str
    files: dict[_Path, _Digest]

    @property
    def until(self) -> datetime:
        """The end of the period."""
        return datetime.fromisoformat(self.end)


_MANIFEST = TypeAdapter(SiteManifest)


def manifest(history: History, files: Mapping[str, str]) -> bytes:
    """The bytes of the manifest of a site with these files. The same site has the same one."""
    period = history.period
    found = SiteManifest(
        form=1,
        project=history.project,
        environment=history.environment,
        begin=period.begin,
        end=period.end,
        head=history.evidence.head,
        tool=f"tocsin {__version__}",
        files=dict(files),
    )
    return json.dumps(asdict(found), indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def parse(data: bytes) -> SiteManifest:
    """The manifest in these bytes. Raises ValueError that says what is wrong in one line."""
    try:
        return _MANIFEST.validate_python(gate.loads(data))
    except (ValueError, ValidationError) as error:
        raise ValueError(first_line(error)) from None
