"""Before a plan is carried out: do those agree who must?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tocsin import gate
from tocsin.app.environment import OpenEnvironment
from tocsin.app.policy import (
    InForce,
    policy_in_force,
    policy_of_last,
    policy_place,
    trust_in_force,
)
from tocsin.canonical import digest_bytes
from tocsin.errors import ConfigError, LedgerError, TocsinError
from tocsin.model.policy import EnvironmentPolicy
from tocsin.plan.afterwards import overdue, recorded_emergencies
from tocsin.plan.consent import Circumstances, mismatch, objections
from tocsin.plan.steps import Plan
from tocsin.plan.weakening import changes
from tocsin.state.consent import Consent
from tocsin.state.ledger_event import EmergencyDeclared
from tocsin.state.proof import undone
from tocsin.trust.approval import Approval, read_approval
from tocsin.trust.dsse import MAX_BYTES
from tocsin.trust.trust_file import Trust, UntrustedError, read_trust


class PolicyError(TocsinError):
    """The policy does not let the plan through."""

    code = "policy"
    refuses = True


@dataclass(frozen=True, slots=True)
class Given:
    """What a person brings: names that are only claimed, files of approvals, where keys are.

    `policy_from`: the revision of the policy; `trust`: a trust file where there is no policy.
    `signed`: approvals that were made just now, and are in no file. `begin_signing`: whether
    somebody says that no release was signed until now.
    """

    claimed: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    policy_from: str = ""
    trust: Path | None = None
    signed: tuple[bytes, ...] = ()
    begin_signing: bool = False


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the release records: names that are claimed, and what is signed, with its bytes."""

    claimed: tuple[str, ...] = ()
    consent: Consent | None = None
    approvals: tuple[bytes, ...] = ()

    def events(self, release: int) -> tuple[EmergencyDeclared, ...]:
        """What the ledger records of it besides, with the release."""
        if not (self.consent and self.consent.emergency):
            return ()
        who, why = self.consent.reviewers, self.consent.emergency
        return (EmergencyDeclared(release=release, reviewers=who, reason=why),)


def agreed(opened: OpenEnvironment, plan: Plan, given: Given, ways: Mapping[str, str]) -> Agreed:
    """What was agreed on this plan. Raises PolicyError where something is missing.

    `ways`: the directions of detections whose logic changes, by id.

    The policy of now and that of the last release must both be met: none is loosened for itself.
    """
    now, before = policy_in_force(opened, given.policy_from), policy_of_last(opened)
    policies = [each for each in (now, before) if each]
    trust = policies[0].trust if policies else _trust(opened, given)
    if trust:
        _build_on_last(opened, trust, given)
    if not (policies or given.files or given.signed):
        return Agreed(given.claimed)
    if trust is None:
        raise ConfigError(
            "nobody says whose approvals count",
            hint="give --trust FILE, or name the trust file in [policy] of the protected branch",
        )
    named = [(f"approval {path}", gate.read(path, MAX_BYTES)) for path in given.files]
    named += [("approval that was just made", data) for data in given.signed]
    approvals = [_read(data, name, plan, trust) for name, data in named]
    files = [data for _, data in named]
    found = _circumstances(opened, plan, trust, approvals, ways) if policies else _claims(approvals)
    _check([each.environment for each in policies], plan, trust, found)
    place = policy_place(opened, given.policy_from) if policies else ("", "")
    return Agreed(given.claimed, _consent(now, place, found, files), tuple(files))


def _build_on_last(opened: OpenEnvironment, trust: Trust, given: Given) -> None:
    """Raises LedgerError where the signature of the last release does not count."""
    asked = opened.signer is not None and not given.begin_signing
    if why := undone(opened.ledger, trust, asked=asked):
        raise LedgerError(
            f"nothing is built on the last release: {why}",
            hint="`tocsin verify --trust FILE` lists what is damaged; if no release was signed so "
            "far, say once that it begins: --begin-signing",
        )


def _claims(approvals: Sequence[Approval]) -> Circumstances:
    """Where no policy asks."""
    return Circumstances(approvals, (), (), datetime.now(UTC))


def _circumstances(
    opened: OpenEnvironment,
    plan: Plan,
    trust: Trust,
    approvals: Sequence[Approval],
    ways: Mapping[str, str],
) -> Circumstances:
    authors = _authors(opened, plan) if changes(plan, ways) else ()
    at = datetime.now(UTC)
    late = overdue(recorded_emergencies(opened.ledger, trust), at)
    return Circumstances(approvals, authors, _applier(opened, trust), at, ways, late)


def _consent(
    now: InForce | None, place: tuple[str, str], found: Circumstances, files: Sequence[bytes]
) -> Consent:
    return Consent(
        approvals=tuple(map(digest_bytes, files)),
        reviewers=tuple(each.reviewer for each in found.approvals),
        emergency="; ".join(each.reason for each in found.approvals if each.emergency),
        authors=tuple(found.authors),
        applier=tuple(found.applier),
        policy=now.environment if now else None,
        branch=now.branch if now else place[0],
        policy_from=now.commit if now else place[1],
        trust=now.trust_file if now else "",
        directions=dict(found.directions),
        at=found.at.isoformat(timespec="seconds"),
    )


def _check(
    policies: Sequence[EnvironmentPolicy], plan: Plan, trust: Trust, found: Circumstances
) -> None:
    missing = [each for policy in policies for each in objections(policy, plan, trust, found)]
    if missing:
        raise PolicyError(
            f"the policy of {plan.environment} is not met: {'; '.join(dict.fromkeys(missing))}",
            hint="`tocsin approve --plan FILE` makes an approval, `--approval FILE` brings it",
            exit_code=1,
        )


def _trust(opened: OpenEnvironment, given: Given) -> Trust | None:
    """Where no policy asks for approvals: whose signatures count, None if nobody says so."""
    return read_trust(given.trust) if given.trust else trust_in_force(opened, given.policy_from)


def _read(data: bytes, name: str, plan: Plan, trust: Trust) -> Approval:
    try:
        approval = read_approval(data, trust)
    except UntrustedError as error:
        raise PolicyError(f"the {name} does not count: {error.message}") from None
    if why := mismatch(approval, plan):
        raise PolicyError(
            f"the {name} does not count: {why}",
            hint="plan again, and have the new plan approved",
            exit_code=1,
        )
    return approval


def _applier(opened: OpenEnvironment, trust: Trust) -> tuple[str, ...]:
    """The person that git knows, and the one whose key signs."""
    name, _, address = opened.ledger.who().rstrip(">").rpartition(" <")
    key = opened.signer.key.public.id if opened.signer else ""
    signers = [each.person for each in trust.keys if each.id == key and each.person]
    return tuple(dict.fromkeys((address, name, *signers)))


def _authors(opened: OpenEnvironment, plan: Plan) -> tuple[str, ...]:
    """Who wrote what is new since the last release. Raises PolicyError if nobody knows."""
    if plan.source.dirty:
        raise PolicyError("uncommitted changes have no author", hint="commit, and plan again")
    last = opened.ledger.last()
    since = last.source.commit if last else ""
    try:
        return opened.ledger.repository.authors(since, plan.source.commit, opened.root)
    except LedgerError as error:
        raise PolicyError(
            f"it is not known who wrote what is new since release {plan.base_number}: "
            f"{error.message}",
            hint="fetch the whole history: `git fetch --unshallow`",
        ) from None
