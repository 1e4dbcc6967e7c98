"""The policy in force: that of the protected branch, whatever the checkout says."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin import gate, toml
from tocsin.app.environment import OpenEnvironment
from tocsin.errors import ConfigError, LedgerError
from tocsin.front.project import read_settings
from tocsin.model.policy import EnvironmentPolicy, Policy
from tocsin.parse_errors import first_line
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


def policy_place(opened: OpenEnvironment, given: str) -> tuple[str, str]:
    """The protected branch and the commit that counts, also where that has no policy."""
    return _branch(opened), _protected_policy(opened, given)[0]


def trust_in_force(opened: OpenEnvironment, given: str) -> Trust | None:
    """The trust file of the policy, also where that says nothing of this environment."""
    commit, policy = _protected_policy(opened, given)
    return _trust(opened, commit, policy.trust) if policy else None


def _protected_policy(opened: OpenEnvironment, given: str) -> tuple[str, Policy | None]:
    """The commit that it is read from, empty where nobody names one, and the policy there."""
    rev = given or _protected(opened)
    commit = commit_of(opened, rev) if rev else ""
    if given:
        _refuse_other(opened, commit)
    return commit, policy_at(opened, commit) if rev else None


def _refuse_other(opened: OpenEnvironment, commit: str) -> None:
    """Raises ConfigError for a commit at which the protected branch is not, if that is here."""
    branch = _branch(opened)
    tip = protected_ref(opened, branch)
    if tip and commit_of(opened, tip) != commit:
        raise ConfigError(
            f"the policy is that of branch {branch}, which is not at {commit[:12]} here",
            hint=_HINT,
        )


def _trust(opened: OpenEnvironment, commit: str, path: str) -> Trust:
    return parse_trust(_file(opened, commit, path), f"{path} in {commit[:12]}")


def _protected(opened: OpenEnvironment) -> str:
    """The protected branch as this repository has it; empty where nobody names one."""
    branch = _branch(opened)
    found = protected_ref(opened, branch)
    if branch and not found:
        raise ConfigError(f"the policy is that of branch {branch}, which is not here", hint=_HINT)
    return found


def _branch(opened: OpenEnvironment) -> str:
    """Which branch is protected, as the last release records it, else as the checkout says."""
    last = opened.ledger.last()
    own = read_settings(opened.root).policy
    return (last.consent.branch if last and last.consent else "") or (own.branch if own else "")


def protected_ref(opened: OpenEnvironment, branch: str) -> str:
    """The branch as the remote has it, else as it is here; empty where there is none."""
    remote = opened.remote or "origin"
    refs = (f"refs/remotes/{remote}/{branch}", f"refs/heads/{branch}")
    return next((ref for ref in refs if branch and opened.ledger.repository.find(ref)), "")


def commit_of(opened: OpenEnvironment, rev: str) -> str:
    """The commit that a revision names. Raises ConfigError."""
    try:
        name = f"{rev}^{{commit}}"
        return opened.ledger.repository.text("rev-parse", "--verify", "--end-of-options", name)
    except LedgerError:
        raise ConfigError(f"git knows no revision {rev!r}", hint=_HINT) from None


def policy_at(opened: OpenEnvironment, commit: str) -> Policy | None:
    """`[policy]` as it is in a commit. Raises ConfigError where it cannot be read."""
    name = f"{gate.SETTINGS} in {commit[:12]}"
    try:
        table = toml.load(_file(opened, commit, gate.SETTINGS).decode(), name).get("policy")
        return None if table is None else Policy.model_validate(table)
    except ValueError as error:
        raise ConfigError(f"{name}: [policy] cannot be read: {first_line(error)}") from None


def _file(opened: OpenEnvironment, commit: str, path: str) -> bytes:
    """A file of the project as it was in a commit. Raises ConfigError where there was none."""
    repository = opened.ledger.repository
    inside = opened.root.resolve().relative_to(repository.root.resolve()) / path
    [stored] = repository.read([f"{commit}:{inside.as_posix()}"])
    if stored is None or stored.kind != "blob":
        raise ConfigError(f"{commit[:12]} has no {inside}", hint=_HINT)
    return stored.data
