"""Approvals as a branch keeps them: fetched for a plan, and looked up on the forge once more."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.app.environment import OpenEnvironment
from tocsin.app.forge_place import ForgePlace
from tocsin.app.policy import policy_in_force, policy_of_last
from tocsin.app.standing import StandingReview, standing
from tocsin.forge.github import GitHub
from tocsin.plan.consent import mismatch
from tocsin.plan.steps import Plan
from tocsin.state.git_ledger.repository import Repository
from tocsin.trust.approval import Approval, read_approval
from tocsin.trust.dsse import MAX_BYTES
from tocsin.trust.trust_file import Trust, UntrustedError

BRANCH = "tocsin-approvals"
_MOST = 100
_RUN = re.compile(r"(?P<page>.+)/actions/runs/[0-9]{1,18}")
"""A run that somebody started to agree: nothing takes that back."""
_PLACE = re.compile(r"(?P<page>.+)/pull/(?P<pull>[0-9]{1,9})#pullrequestreview-(?P<id>[0-9]{1,18})")


def collected(
    opened: OpenEnvironment, plan: Plan, policy_from: str, place: ForgePlace
) -> list[bytes]:
    """The approvals of this plan that count and whose reviews stand as of now.

    None where no policy asks for any; the forge is asked only if there are some. Raises ForgeError
    where it cannot be.
    """
    policy = policy_in_force(opened, policy_from) or policy_of_last(opened)
    if policy is None:
        return []
    found = list(_counting(opened, plan, policy.trust))
    if not found:
        return []
    with place.open() as forge:
        asked = _Asked(forge, place.page)
        return [data for approval, data in found if _stands(opened, asked, approval)]


class _Asked:
    """A forge that is asked about each pull request once."""

    def __init__(self, forge: GitHub, page: str) -> None:
        self._forge = forge
        self._page = page
        self._known: dict[int, tuple[str, list[StandingReview]]] = {}

    def stands(self, approval: Approval) -> bool:
        """Whether its review is there, not dismissed, and of the commit that was merged."""
        if (run := _RUN.fullmatch(approval.review)) and run["page"] == self._page:
            return True
        place = _PLACE.fullmatch(approval.review)
        if place is None or place["page"] != self._page:
            return False
        head, reviews = self._reviews(int(place["pull"]))
        wanted = StandingReview(int(place["id"]), approval.reviewer)
        return approval.head == head and wanted in reviews

    def _reviews(self, number: int) -> tuple[str, list[StandingReview]]:
        if number not in self._known:
            pull = self._forge.pull_request(number)
            self._known[number] = pull.head.sha, standing(self._forge, pull)
        return self._known[number]


def _stands(opened: OpenEnvironment, asked: _Asked, approval: Approval) -> bool:
    if asked.stands(approval):
        return True
    opened.progress.notify(f"the review of {approval.reviewer} no longer stands: {approval.review}")
    return False


def _counting(
    opened: OpenEnvironment, plan: Plan, trust: Trust
) -> Iterator[tuple[Approval, bytes]]:
    for path, data in _kept(opened.ledger.repository, opened.remote or "origin", plan):
        try:
            approval = read_approval(data, trust)
        except UntrustedError as error:
            opened.progress.notify(f"the approval {path} does not count: {error.message}")
            continue
        if not (approval.emergency or mismatch(approval, plan)):
            yield approval, data


def _kept(repository: Repository, remote: str, plan: Plan) -> Iterator[tuple[str, bytes]]:
    """What lies on the branch for a plan, whoever put it there."""
    commit = repository.find(f"refs/remotes/{remote}/{BRANCH}")
    if not commit:
        return
    folder = f"{plan.environment}/{plan.intended}/"
    listing = repository.text("ls-tree", "-l", "-z", commit, "--", folder)
    for line in [each for each in listing.split("\0") if each][:_MOST]:
        facts, path = line.split("\t", 1)
        _, kind, name, size = facts.split()
        if kind == "blob" and int(size) <= MAX_BYTES:
            [stored] = repository.read([name])
            if stored:
                yield path, stored.data
