"""Was the policy that a release records the one of the protected branch then?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from typing import Final, Literal

from tocsin.app.environment import OpenEnvironment
from tocsin.app.policy import policy_at, protected_ref
from tocsin.errors import ConfigError
from tocsin.model.policy import EnvironmentPolicy
from tocsin.plan.consent_check import UNMET
from tocsin.state.consent import Consent
from tocsin.state.release import Release
from tocsin.state.verify import LedgerFinding

_NOT_KNOWN: Final = "not known"
_Said = EnvironmentPolicy | None | Literal["not known"]


def other_policies(opened: OpenEnvironment, releases: Iterable[Release]) -> Iterator[LedgerFinding]:
    """Of these releases, the oldest first, those under a policy that is not that of the branch.

    Or is one that it no longer had.

    Where the branch, or the file in a commit, is not here, that cannot be told.
    """
    places: dict[str, Mapping[str, int]] = {}
    said = cache(partial(_said, opened))
    before = Consent()
    for release in releases:
        now = release.consent or Consent()
        branch = now.branch or before.branch
        if branch and branch not in places:
            places[branch] = _places(opened, branch)
        if branch and places[branch]:
            for message in _of_one(release, before, places[branch], said):
                yield LedgerFinding(release.number, release.commit, f"{UNMET}{message}")
        before = now


def _places(opened: OpenEnvironment, branch: str) -> Mapping[str, int]:
    """How far each commit of the branch is from its end: what came before is further away."""
    ref = protected_ref(opened, branch)
    listed = opened.ledger.repository.text("rev-list", "--topo-order", ref).split() if ref else []
    return {commit: place for place, commit in enumerate(listed)}


def _of_one(
    release: Release, before: Consent, places: Mapping[str, int], said: Callable[[str], _Said]
) -> Iterator[str]:
    now = release.consent or Consent()
    if now.policy is None and before.policy is None:
        return
    commit = now.policy_from
    if not commit:
        yield "it was made under no policy, though the release before it was"
    elif commit not in places:
        yield f"its policy is that of commit {commit[:12]}, which is not on the protected branch"
    elif places[commit] > places.get(before.policy_from, len(places)):
        yield f"its policy is that of commit {commit[:12]}, older than that of the release before"
    elif said(commit) not in (_NOT_KNOWN, now.policy):
        yield f"its policy is not the one in commit {commit[:12]}"


def _said(opened: OpenEnvironment, commit: str) -> _Said:
    try:
        found = policy_at(opened, commit)
    except ConfigError:
        return _NOT_KNOWN  # the project lay elsewhere then, or wrote it otherwise
    return found.environments.get(opened.name) if found else None
