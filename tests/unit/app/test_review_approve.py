"""What a forge shows of reviews becomes approvals: which reviews, and of what."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tocsin.app.review_approve import ApproveRequest, approved
from tocsin.errors import ConfigError
from tocsin.forge.client import ForgeClient, ForgeError
from tocsin.forge.github import GitHub
from tocsin.review.document import ChangeReview
from tocsin.trust.approval import Approval, read_approval
from tocsin.trust.keys import SigningKey
from tocsin.trust.trust_file import Trust, TrustedKey, UntrustedError
from unit.review.reviews import HEAD, plan, review

KEY = SigningKey.new()
PAGE = "https://github.com/acme/detections"
TRUST = Trust(
    keys=(TrustedKey.model_validate({"public": KEY.public.line, "roles": ["approve"]}),),
    people={"ada": ("github:ada-gh",)},
)
Json = dict[str, Any]


def says(login: str = "Ada-GH", state: str = "APPROVED", **facts: Any) -> Json:
    told = {"id": 345, "user": {"login": login}, "state": state, "commit_id": HEAD}
    return {**told, "author_association": "MEMBER", **facts}


def commit(author: str = "mira", committer: str = "web-flow") -> Json:
    return {"author": {"login": author}, "committer": {"login": committer}}


@dataclass
class ReviewedPull:
    """The part of GitHub that is asked, with one pull request of `mira`."""

    reviews: list[Json] = field(default_factory=lambda: [says()])
    commits: list[Json] = field(default_factory=lambda: [commit()])
    event: str = "pull_request_review"
    head: str = HEAD
    base: str = "main"

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/repos/acme/detections/")
        pull = {"number": 12, "head": {"sha": self.head}, "base": {"ref": self.base}}
        pull["user"] = {"login": "Mira"}
        run = {"id": 7, "event": self.event, "head_sha": HEAD, "head_branch": "topic"}
        run |= {"head_repository": {"owner": {"login": "acme"}}, "conclusion": "success"}
        first = request.url.params.get("page", "1") == "1"
        answers: dict[str, Any] = {
            "actions/runs/7": run,
            "pulls": [pull],
            "pulls/12": pull,
            "pulls/12/reviews": self.reviews if first else [],
            "pulls/12/commits": self.commits if first else [],
        }
        return httpx.Response(200, json=answers[path])

    @property
    def opened(self) -> GitHub:
        base = "https://api.github.com/repos/acme/detections/"
        client = httpx.Client(transport=httpx.MockTransport(self), base_url=base)
        return GitHub(ForgeClient(client, "GitHub"))


def signed(server: ReviewedPull, **changes: Any) -> dict[str, Approval]:
    found = ChangeReview.model_validate(review(**changes))
    request = ApproveRequest(7, "main", PAGE, found)
    made = approved(server.opened, request, KEY)
    return {name: read_approval(data, TRUST) for name, data in made.items()}


def test_a_review_becomes_a_statement() -> None:
    [(name, told)] = signed(ReviewedPull()).items()
    assert name == f"prod/{'c' * 64}/12-345.dsse.json"
    assert (told.plan, told.base, told.head) == ("c" * 64, "d" * 40, HEAD)
    assert (told.reviewer, told.review) == (
        "github:ada-gh",
        f"{PAGE}/pull/12#pullrequestreview-345",
    )
    assert (told.project, told.environment, told.emergency) == ("payments", "prod", False)


@pytest.mark.parametrize(
    "reviews",
    [
        [],
        [says(state="COMMENTED")],
        [says(state="DISMISSED")],
        [says(), says(state="CHANGES_REQUESTED")],
        [says(), says("ADA-gh", state="DISMISSED")],
        [says(commit_id="c" * 40)],
        [says(commit_id=None)],
        [says(author_association="NONE")],
        [says(author_association="CONTRIBUTOR")],
        [says(user=None)],
        [says("mira")],
    ],
)
def test_reviews_that_do_not_stand(reviews: list[Json]) -> None:
    assert signed(ReviewedPull(reviews)) == {}


def test_a_comment_after_it_takes_no_approval_away() -> None:
    assert len(signed(ReviewedPull([says(), says(state="COMMENTED")]))) == 1


@pytest.mark.parametrize("own", [commit("ada-gh"), commit(committer="Ada-GH")])
def test_who_wrote_or_made_a_commit_does_not_approve_it(own: Json) -> None:
    assert signed(ReviewedPull(commits=[commit(), own])) == {}
    unknown = {"author": None, "committer": None}
    assert len(signed(ReviewedPull(commits=[unknown]))) == 1


def test_more_commits_than_a_forge_lists() -> None:
    with pytest.raises(ForgeError, match="does not list all of pulls/12/commits"):
        signed(ReviewedPull(commits=[commit()] * 250))


@pytest.mark.parametrize(
    "server",
    [
        ReviewedPull(event="pull_request"),
        ReviewedPull(event="workflow_dispatch"),
        ReviewedPull(base="topic-of-mine"),
        ReviewedPull(head="e" * 40),
    ],
)
def test_of_what_nothing_is_signed(server: ReviewedPull) -> None:
    assert signed(server) == {}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"head": "c" * 40}, "the review is one of cccccccccccc"),
        ({"errors": 1}, "what needs work is not approved"),
        ({"problem": "it ended"}, "what needs work is not approved"),
    ],
)
def test_a_review_of_something_else_is_refused(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        signed(ReviewedPull(), **changes)


@pytest.mark.parametrize("name", ["../../main", "a/b", "-x", ".git", "x.y", "$(x)"])
def test_an_environment_names_no_place(name: str) -> None:
    assert signed(ReviewedPull(), environments=[plan(name=name)]) == {}


def test_an_unplanned_environment_is_not_approved() -> None:
    assert signed(ReviewedPull(), environments=[]) == {}


def test_logins_of_a_forge_are_no_other_names() -> None:
    """Anybody may call themselves `ada` there."""
    with pytest.raises(UntrustedError, match="the trust file has no person github:ada"):
        signed(ReviewedPull([says("ada")]))


@pytest.mark.parametrize(
    ("name", "person"),
    [
        ("583231+Ada-GH@users.noreply.github.com", "ada"),
        ("ada-gh@users.noreply.github.com", "ada"),
        ("GitHub:Ada-gh", "ada"),
        ("ada-gh", "ada-gh"),
        ("ada-gh@users.noreply.gitlab.com", "ada-gh@users.noreply.gitlab.com"),
        ("x@evil.example+ada-gh@users.noreply.github.com", None),
    ],
)
def test_addresses_that_a_forge_makes_are_logins(name: str, person: str | None) -> None:
    assert TRUST.person(name) == (person or name)
