"""Writes a site to a folder: pages for people, files for programs, and a manifest of both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tocsin import gate
from tocsin.canonical import digest_bytes
from tocsin.errors import ConfigError
from tocsin.site.exports import manifest
from tocsin.site.exports.files import export_files
from tocsin.site.history.model import History
from tocsin.site.pages.context import SiteContext
from tocsin.site.pages.kinds import every_page


def write(history: History, folder: Path, sign: manifest.Sign | None = None) -> int:
    """Write the site, in place of an older one; says how many files it has.

    Equal histories give equal bytes. Raises ConfigError if something else is in the folder.
    """
    old = _older(folder)
    digests: dict[str, str] = {}
    for path, data in site_files(history):
        digests[path] = digest_bytes(data)
        _put(folder / path, data)
    for path in old - digests.keys():
        (folder / path).unlink(missing_ok=True)
    listing = manifest.manifest(history, digests)
    _put(folder / manifest.FILE, listing)
    if sign:
        _put(folder / manifest.ENVELOPE, sign(listing, manifest.KIND))
    return len(digests)


def site_files(history: History) -> Iterator[tuple[str, bytes]]:
    """Every file but the manifest, by path."""
    exported = dict(export_files(history))
    yield from exported.items()
    yield from every_page(SiteContext(history, tuple(sorted(exported))))


def _older(folder: Path) -> set[str]:
    """The files of the site that is in the folder already, which lose their manifest."""
    if not folder.exists() or not any(folder.iterdir()):
        return set()
    try:
        found = manifest.parse(gate.read(folder / manifest.FILE, manifest.MAX_BYTES))
    except (gate.MissingError, ValueError) as error:
        raise ConfigError(
            f"{folder} holds something else than a site",
            hint="name a new folder with --out, or remove this one",
        ) from error
    for name in (manifest.FILE, manifest.ENVELOPE):
        (folder / name).unlink(missing_ok=True)
    return set(found.files)


def _put(file: Path, data: bytes) -> None:
    gate.given(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
