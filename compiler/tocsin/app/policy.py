"""The policy in force: that of the protected branch, whatever the checkout says."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError

from tocsin import gate, toml
from tocsin.app.environment import OpenEnvironment
from tocsin.errors import ConfigError, LedgerError
from tocsin.front.project import read_settings
from tocsin.model.policy import EnvironmentPolicy, Policy
from tocsin.state.release import first_line
from tocsin.trust.trust_file import Trust, parse_trust

_HINT = "fetch the protected branch, or name a commit of it with --policy-from"


@dataclass(frozen=True, slots=True)
class InForce:
    """The policy of one environment, where it stood, and the trust file beside it."""

    environment: EnvironmentPolicy
    branch: str
    commit: str
    trust_file: str
    trust: Trust


def policy_of_last(opened: OpenEnvironment) -> InForce | None:
    """The one that the last release was made under, None if there was none."""
    last = opened.ledger.last()
    consent = last.consent if last else None
    if consent is None or consent.policy is None:
        return None
    trust = _trust(opened, consent.policy_from, consent.trust)
    return InForce(consent.policy, consent.branch, consent.policy_from, consent.trust, trust)


def policy_in_force(opened: OpenEnvironment, given: str) -> InForce | None:
    """The policy for this environment, None where there is none.

    It is read from the revision that is `given`, else from the protected branch: the one that the
    last release was made under, else the one that the checkout names.
    """
    commit, policy = _protected_policy(opened, given)
    if policy is None or opened.name not in policy.environments:
        return None
    trust = _trust(opened, commit, policy.trust)
    return InForce(policy.environments[opened.name], policy.branch, commit, policy.trust, trust)


def trust_in_force(opened: OpenEnvironment, given: str) -> Trust | None:
    """The trust file of the policy, also where that says nothing of this environment."""
    commit, policy = _protected_policy(opened, given)
    return _trust(opened, commit, policy.trust) if policy else None


def _protected_policy(opened: OpenEnvironment, given: str) -> tuple[str, Policy | None]:
    """The commit that it is read from, empty where nobody names one, and the policy there."""
    rev = given or _protected(opened)
    commit = _commit(opened, rev) if rev else ""
    return commit, _policy(opened, commit) if rev else None


def _trust(opened: OpenEnvironment, commit: str, path: str) -> Trust:
    return parse_trust(_file(opened, commit, path), f"{path} in {commit[:12]}")


def _protected(opened: OpenEnvironment) -> str:
    """The protected branch as this repository has it; empty where nobody names one."""
    last = opened.ledger.last()
    own = read_settings(opened.root).policy
    branch = last.consent.branch if last and last.consent else ""
    branch = branch or (own.branch if own else "")
    remote = opened.remote or "origin"
    refs = (f"refs/remotes/{remote}/{branch}", f"refs/heads/{branch}")
    found = next((ref for ref in refs if branch and opened.ledger.repository.find(ref)), "")
    if branch and not found:
        raise ConfigError(f"the policy is that of branch {branch}, which is not here", hint=_HINT)
    return found


def _commit(opened: OpenEnvironment, rev: str) -> str:
    try:
        name = f"{rev}^{{commit}}"
        return opened.ledger.repository.text("rev-parse", "--verify", "--end-of-options", name)
    except LedgerError:
        raise ConfigError(f"git knows no revision {rev!r}", hint=_HINT) from None


def _policy(opened: OpenEnvironment, commit: str) -> Policy | None:
    name = f"{gate.SETTINGS} in {commit[:12]}"
    try:
        table = toml.load(_file(opened, commit, gate.SETTINGS).decode(), name).get("policy")
        return None if table is None else Policy.model_validate(table)
    except ValueError as error:
        why = first_line(error) if isinstance(error, ValidationError) else str(error)
        raise ConfigError(f"{name}: [policy] cannot be read: {why}") from None


def _file(opened: OpenEnvironment, commit: str, path: str) -> bytes:
    """A file of the project as it was in a commit. Raises ConfigError where there was none."""
    repository = opened.ledger.repository
    inside = opened.root.resolve().relative_to(repository.root.resolve()) / path
    [stored] = repository.read([f"{commit}:{inside.as_posix()}"])
    if stored is None or stored.kind != "blob":
        raise ConfigError(f"{commit[:12]} has no {inside}", hint=_HINT)
    return stored.data
