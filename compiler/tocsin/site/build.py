"""Writes a site to a folder: pages for people, files for programs, and a manifest of both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tocsin import gate
from tocsin.canonical import digest_bytes
from tocsin.errors import ConfigError
from tocsin.model.noise import NoiseReport
from tocsin.site.exports import manifest
from tocsin.site.exports.files import export_files
from tocsin.site.exports.folder import differences
from tocsin.site.exports.samples import SamplePlan, draw
from tocsin.site.history.model import History
from tocsin.site.pages.context import SiteContext
from tocsin.site.pages.kinds import every_page
from tocsin.site.pages.render import SitePages
from tocsin.state.git_ledger.ledger import Sign

SAMPLES = "samples.html"
NOISE = "data/noise.json"


@dataclass(frozen=True, slots=True)
class NoiseFile:
    """What people made of alerts, which no ledger tells: as it was handed in, and what it says."""

    data: bytes
    report: NoiseReport


@dataclass(frozen=True, slots=True)
class SiteExtras:
    """What a site may have besides: a signature, the report as PDF, a sample, noise."""

    sign: Sign | None = None
    pdf: bool = False
    sample: SamplePlan | None = None
    noise: NoiseFile | None = None


def write(history: History, folder: Path, extras: SiteExtras | None = None) -> int:
    """Write the site, in place of an older one; says how many files it has.

    Equal histories give equal bytes. Raises ConfigError if something else is in the folder.
    """
    extras = extras or SiteExtras()
    exported = dict(export_files(history, pdf=extras.pdf))  # before anything is replaced
    exported |= {NOISE: extras.noise.data} if extras.noise else {}
    old = _older(folder)
    digests: dict[str, str] = {}
    for path, data in _files(history, exported, extras):
        digests[path] = digest_bytes(data)
        _put(folder / path, data)
    for path in old - digests.keys():
        (folder / path).unlink(missing_ok=True)
    listing = manifest.manifest(history, digests)
    _put(folder / manifest.FILE, listing)
    if extras.sign:
        _put(folder / manifest.ENVELOPE, extras.sign(listing, manifest.KIND))
    return len(digests)


def _files(
    history: History, exported: Mapping[str, bytes], extras: SiteExtras
) -> Iterator[tuple[str, bytes]]:
    """Every file but the manifest, by path."""
    yield from exported.items()
    sample, noise = extras.sample, extras.noise.report if extras.noise else None
    site = SiteContext(history, (*sorted(exported), *([SAMPLES] if sample else [])), noise)
    yield from every_page(site)
    if sample:
        yield _samples(site, sample)


def _samples(site: SiteContext, plan: SamplePlan) -> tuple[str, bytes]:
    drawn = draw(site.history, plan)
    return SitePages(site).page(SAMPLES, "samples.html", "Samples", samples=drawn, plan=plan)


def _older(folder: Path) -> set[str]:
    """The files of the site that is in the folder already, which lose their manifest.

    Only what a site wrote is replaced or removed, and nothing is written through a link.
    """
    if not folder.exists() or not any(folder.iterdir()):
        return set()
    try:
        found = manifest.parse(gate.read(folder / manifest.FILE, manifest.MAX_BYTES))
    except (gate.UnreadError, ValueError) as error:
        raise _refused(f"{folder} holds something else than a site") from error
    if strange := next(differences(folder, found.files), ""):
        raise _refused(f"{folder} is not as a site left it: {strange}")
    for name in (manifest.FILE, manifest.ENVELOPE):
        (folder / name).unlink(missing_ok=True)
    return set(found.files)


def _refused(message: str) -> ConfigError:
    return ConfigError(message, hint="name a new folder with --out, or remove this one")


def _put(file: Path, data: bytes) -> None:
    gate.given(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
