"""Which reviews of a pull request stand: what a forge shows, less what its rules let through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.forge.github import GitHub, PullRequest, SubmittedReview

_DECIDES = frozenset({"APPROVED", "CHANGES_REQUESTED", "DISMISSED"})
_BELONGS = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})


@dataclass(frozen=True, slots=True)
class StandingReview:
    """An approval that stands. `reviewer`: the login behind the name of the forge."""

    id: int
    reviewer: str


def standing(forge: GitHub, pull: PullRequest) -> list[StandingReview]:
    """The approvals of the commit at which it ends, of people who belong to the repository.

    Of each reviewer the last word counts. None counts of whoever opened it, or wrote or made any of
    its commits.
    """
    own = _own(forge, pull)
    return [
        StandingReview(each.id, f"github:{login}")
        for login, each in _last_words(forge.reviews(pull)).items()
        if each.state == "APPROVED"
        and each.commit_id == pull.head.sha
        and each.author_association in _BELONGS
        and login not in own
    ]


def _last_words(reviews: Sequence[SubmittedReview]) -> dict[str, SubmittedReview]:
    decided = [each for each in reviews if each.user and each.state in _DECIDES]
    return {each.user.login.casefold(): each for each in decided if each.user}


def _own(forge: GitHub, pull: PullRequest) -> set[str]:
    logins = {login for commit in forge.commits(pull) for login in commit.logins}
    logins |= {pull.user.login} if pull.user else set()
    return {login.casefold() for login in logins}
