"""The site of an environment: what its ledger tells of a time, for auditors."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tocsin.app.environment import OpenEnvironment
from tocsin.app.noise import read_noise, report_in
from tocsin.app.signing import own_key
from tocsin.app.verify import verified
from tocsin.errors import ConfigError
from tocsin.site import build
from tocsin.site.build import NoiseFile, SiteExtras
from tocsin.site.exports.samples import SamplePlan
from tocsin.site.history.dates import AskedPeriod
from tocsin.site.history.model import History
from tocsin.site.history.read import read_history
from tocsin.state.git_ledger.ledger import Sign
from tocsin.trust.dsse import Envelope
from tocsin.trust.trust_file import read_trust


@dataclass(frozen=True, slots=True)
class SiteRequest:
    """The time asked about, the trust file, and what the site has besides.

    `key` signs the manifest. `pdf`: with the report. `sample`: changes drawn for an audit. `noise`:
    a file that `tocsin noise` wrote.
    """

    asked: AskedPeriod
    trust: Path | None = None
    key: str = ""
    pdf: bool = False
    sample: SamplePlan | None = None
    noise: Path | None = None


def history_of(opened: OpenEnvironment, request: SiteRequest) -> History:
    """All that the ledger tells, and whether it is whole."""
    trust = read_trust(request.trust) if request.trust else None
    with opened.progress.stage("checking every release"):
        report = verified(opened, trust)
    with opened.progress.stage("reading the ledger"):
        return read_history(opened.ledger, request.asked, trust, report.findings)


def write_site(
    opened: OpenEnvironment, history: History, folder: Path, request: SiteRequest
) -> int:
    """Write the site; says how many files it has."""
    with opened.progress.stage("writing the site"):
        sign = _signer(request.key) if request.key else None
        noise = _noise(request.noise, opened.name) if request.noise else None
        extras = SiteExtras(sign, request.pdf, request.sample, noise)
        return build.write(history, folder, extras)


def _noise(file: Path, environment: str) -> NoiseFile:
    data = read_noise(file)
    report = report_in(data, file)
    if report.environment != environment:
        raise ConfigError(f"it is about {report.environment}, not {environment}", file=file)
    return NoiseFile(data, report)


def _signer(reference: str) -> Sign:
    key = own_key(reference)
    return lambda data, kind: Envelope(kind, data).by(key).encode(detached=True)
