"""The site of an environment: what its ledger tells of a time, for auditors."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tocsin.app.environment import OpenEnvironment
from tocsin.app.signing import own_key
from tocsin.app.verify import verified
from tocsin.site import build
from tocsin.site.build import SiteExtras
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

    `key` signs the manifest. `pdf`: with the report. `sample`: changes drawn for an audit.
    """

    asked: AskedPeriod
    trust: Path | None = None
    key: str = ""
    pdf: bool = False
    sample: SamplePlan | None = None


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
        return build.write(history, folder, SiteExtras(sign, request.pdf, request.sample))


def _signer(reference: str) -> Sign:
    key = own_key(reference)
    return lambda data, kind: Envelope(kind, data).by(key).encode(detached=True)
