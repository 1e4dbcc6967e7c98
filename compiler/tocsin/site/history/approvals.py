"""The approvals that releases store: whose they are, and whether they are of what was done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from functools import cached_property

from tocsin import gate
from tocsin.canonical import digest_bytes, plain_bytes
from tocsin.plan.stored_plan import StoredPlan
from tocsin.site.history.blobs import Blobs
from tocsin.site.history.model import SignatureState, SignedApproval
from tocsin.site.history.walk import ReleaseRead
from tocsin.state.enclosed import PLAN
from tocsin.state.release import Release
from tocsin.trust.approval import Approval, claimed, read_approval
from tocsin.trust.trust_file import Trust, UntrustedError

_NO_SOURCE = b',"source":{"commit":"","dirty":false},"sources":'
_NO_TOOLS = b',"tools":{},"warnings":[]}'


def approvals(read: ReleaseRead, blobs: Blobs, trust: Trust | None) -> Iterator[SignedApproval]:
    """Those of a release. What is not one, or not the recorded one, is told as such."""
    consent = read.release.consent
    if consent is None or not consent.approvals:
        return
    paths = consent.approval_paths
    names = [blobs.at(path, read.place) for path in (*paths, PLAN)]
    found = blobs.read(names)
    of = _Carried(read.release, found.get(names[-1], b""))
    for path, name, expected in zip(paths, names, consent.approvals, strict=False):
        yield _approval(path, found.get(name, b""), expected, of, trust)


def _approval(
    path: str, data: bytes, expected: str, of: _Carried, trust: Trust | None
) -> SignedApproval:
    approval, standing = _read(data, expected, trust)
    told = approval or Approval("", "", "", "", "", "")
    return SignedApproval(
        path=path,
        digest=expected,
        reviewer=told.reviewer,
        at=told.at,
        review=told.review,
        head=told.head,
        reason=told.reason,
        until=told.until,
        fits=of.fits(approval) if approval and of.identity else None,
        standing=standing,
    )


class _Carried:
    """What became a release: its plan, whose bytes are parsed only if they must be."""

    def __init__(self, release: Release, plan: bytes) -> None:
        self._release, self._plan = release, plan
        self.identity = plan_identity(plan, release)

    def fits(self, approval: Approval) -> bool:
        """As `tocsin.plan.consent.mismatch`."""
        told = approval.project, approval.environment, approval.base
        release = self._release
        if told != (release.project, release.environment, release.parent):
            return False
        if approval.plan == self.identity:
            return True
        return approval.plan == self._intended

    @cached_property
    def _intended(self) -> str:
        return StoredPlan(self._plan).intended


def _read(
    data: bytes, expected: str, trust: Trust | None
) -> tuple[Approval | None, SignatureState]:
    if digest_bytes(data) != expected:
        return None, SignatureState("invalid", "it is not the file that was released")
    try:
        approval = claimed(data)
    except UntrustedError as error:
        return None, SignatureState("invalid", error.message)
    if trust is None:
        return approval, SignatureState("unproven", "no trust file was given")
    try:
        read_approval(data, trust)
    except UntrustedError as error:
        return approval, SignatureState("invalid", error.message)
    return approval, SignatureState("valid", approval.reviewer)


def plan_identity(data: bytes, release: Release) -> str:
    """As `Plan.identity`, of the bytes of a plan; empty if they are not those that were released.

    A large plan is not parsed for it: what counts is its text without what tells of its making.
    """
    if digest_bytes(data) != release.plan:
        return ""
    source = b',"source":' + plain_bytes(asdict(release.source)) + b',"sources":'
    tools = b',"tools":' + plain_bytes(release.tools) + b',"warnings":'
    at = data.rfind(tools)
    if data.count(source) == 1 and at >= 0:
        return digest_bytes(data[:at].replace(source, _NO_SOURCE) + _NO_TOOLS)
    told = gate.loads(data) | {"source": {"commit": "", "dirty": False}, "tools": {}}
    return digest_bytes(plain_bytes(told | {"warnings": []}))
