"""Tells a review where its pull request is: one comment, whatever the run left behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from tocsin.errors import ConfigError
from tocsin.forge.client import ArtifactError, ChangedFile
from tocsin.forge.github import GitHub, IssueComment, PullRequest, WorkflowRun
from tocsin.review import document
from tocsin.review.comment import MARK, ReviewOrigin, comment, without_review

ARTIFACT = "tocsin-review"
_DECIDE_BELOW = (".github", ".gitlab")
_DECIDE = frozenset({"tocsin.toml", "CODEOWNERS", ".gitattributes", ".gitlab-ci.yml"})
_NAMED = 5


@dataclass(frozen=True, slots=True)
class PostedReview:
    """Where a comment is, and whether it is a new one."""

    pull_request: int
    new: bool


@dataclass(frozen=True, slots=True)
class PostRequest:
    """Which run is told. `author`: who writes such comments; those of others are left alone."""

    run: int
    author: str
    page: str
    """Address of the repository, for people."""


def post_review(forge: GitHub, request: PostRequest) -> list[PostedReview]:
    """Comment on the pull requests that end at the run's commit; none if they have moved on."""
    run = forge.run(request.run)
    if run.event != "pull_request":
        return []
    return [_post(forge, request, run, pull) for pull in forge.pull_requests(run)]


def _post(forge: GitHub, request: PostRequest, run: WorkflowRun, pull: PullRequest) -> PostedReview:
    origin = _origin(forge, request, run, pull)
    body = body_of(lambda: _left(forge, run), origin)
    old = next((each for each in forge.comments(pull) if _is_ours(each, request.author)), None)
    if old is None:
        forge.say(pull, body)
    elif old.body != body:
        forge.say_instead(old, body)
    return PostedReview(pull.number, new=old is None)


def _is_ours(each: IssueComment, author: str) -> bool:
    own = each.user is not None and each.user.login == author
    return own and (each.body or "").startswith(MARK)


def _origin(
    forge: GitHub, request: PostRequest, run: WorkflowRun, pull: PullRequest
) -> ReviewOrigin:
    return ReviewOrigin(
        head=run.head_sha,
        run=f"{request.page}/actions/runs/{run.id}",
        files=f"{request.page}/blob/{run.head_sha}/",
        failed=run.conclusion != "success",
        guarded=guarded(forge.files(pull)),
    )


def guarded(files: Sequence[ChangedFile] | None) -> tuple[str, ...]:
    """What decides on checks and deployments, and is changed; None: too many files to list."""
    if files is None:
        return ("more files than can be looked at",)
    names = {name for each in files for name in (each.filename, each.previous_filename) if name}
    found = sorted(name for name in names if _decides(PurePosixPath(name)))
    more = [f"{len(found) - _NAMED} more such files"] if len(found) > _NAMED else []
    return (*found[:_NAMED], *more)


def _decides(path: PurePosixPath) -> bool:
    return path.parts[:1] in {(name,) for name in _DECIDE_BELOW} or path.name in _DECIDE


def _left(forge: GitHub, run: WorkflowRun) -> bytes:
    return forge.artifact(run, ARTIFACT, document.FILE, document.MOST_BYTES)


def body_of(fetch: Callable[[], bytes], origin: ReviewOrigin) -> str:
    """The comment on what a run left, whoever wrote it."""
    try:
        review = document.parse(fetch(), document.FILE)
    except (ArtifactError, ConfigError) as error:
        return without_review(error.message, origin)
    if review.head != origin.head:
        return without_review("its review is one of another commit", origin)
    return comment(review, origin)
