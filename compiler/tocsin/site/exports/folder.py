"""What lies in the folder of a site, against what its manifest says."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from tocsin import gate
from tocsin.canonical import digest_bytes
from tocsin.site.exports.manifest import ENVELOPE, FILE

_LARGEST = 1024 * gate.MIB


def differences(folder: Path, files: Mapping[str, str]) -> Iterator[str]:
    """Files that were changed, are gone, or were added; a link is never a file of a site."""
    there = set(_listed(folder))
    for path, digest in sorted(files.items()):
        if path not in there:
            yield f"{path} is missing"
            continue
        try:
            same = digest_bytes(gate.read(folder / path, _LARGEST)) == digest
        except gate.UnreadError as error:
            yield f"{path} is not read: {error.reason}"
        else:
            yield from () if same else (f"{path} was changed",)
    yield from (f"{path} was added" for path in sorted(there - {*files, FILE, ENVELOPE}))


def _listed(folder: Path) -> Iterator[str]:
    """All that is below the folder but plain folders; a link to a folder is no plain one."""
    for top, below, names in os.walk(folder, onerror=_closed):
        links = [name for name in below if Path(top, name).is_symlink()]
        yield from (Path(top, name).relative_to(folder).as_posix() for name in (*names, *links))


def _closed(error: OSError) -> None:
    raise gate.UnreadError(Path(str(error.filename)), str(error.strerror))
