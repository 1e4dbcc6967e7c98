"""Tells reviews on GitLab: a note on each open merge request, whatever its pipeline left behind."""

from __future__ import annotations

import re

from tocsin.app.review_post import PostedReview, body_of, guarded
from tocsin.forge.gitlab import GitLab, MergePipeline, MergeRequest, gitlab
from tocsin.review import document
from tocsin.review.comment import MARK, ReviewOrigin
from tocsin_runtime.worker.references import resolve

JOB = "tocsin:review"
_ENDED = frozenset({"success", "failed", "canceled", "skipped"})
_FENCE = re.compile(r"`{3,}")
# GitLab links milestones and epics, too; and where a line begins with a slash, it is a command.
_LINKED = re.compile(r"\]\([^)\s]*\)|%|&amp;|\A/")


def post_on_gitlab(project: str, token: str, api: str, page: str) -> list[PostedReview]:
    """As `post_notes`. `token`: where it is."""
    with gitlab(project, resolve(token, "`--token`"), api) as forge:
        return post_notes(forge, page)


def post_notes(forge: GitLab, page: str) -> list[PostedReview]:
    """Renew the notes of those whose newest pipeline has ended. `page`: address for people."""
    author = forge.account()
    found = ((merge, forge.pipeline(merge)) for merge in forge.merge_requests())
    ended = ((merge, line) for merge, line in found if line and line.status in _ENDED)
    posted = (_post(forge, page, author, merge, line) for merge, line in ended)
    return [each for each in posted if each]


def _post(
    forge: GitLab, page: str, author: str, merge: MergeRequest, line: MergePipeline
) -> PostedReview | None:
    origin = ReviewOrigin(
        head=line.sha,
        run=f"{page}/-/pipelines/{line.id}",
        files=f"{page}/-/blob/{line.sha}/",
        failed=line.status != "success",
        guarded=guarded(forge.files(merge)),
    )
    body = for_gitlab(body_of(lambda: _left(forge, line), origin))
    own = (note for note in forge.notes(merge) if note.author.username == author)
    old = next((note for note in own if note.body.startswith(MARK)), None)
    if old is None:
        forge.say(merge, body)
    elif old.body.strip() != body.strip():
        forge.say_instead(merge, old, body)
    else:
        return None
    return PostedReview(merge.iid, new=old is None)


def _left(forge: GitLab, line: MergePipeline) -> bytes:
    return forge.artifact(line, JOB, document.FILE, document.MOST_BYTES)


def for_gitlab(body: str) -> str:
    """A comment in which GitLab obeys and links no more than GitHub does."""
    fence = ""
    lines = []
    for line in body.split("\n"):
        found = _FENCE.match(line)
        if found and fence in ("", line):
            fence = "" if fence else found[0]
        lines.append(line if fence or found else _LINKED.sub(_apart, line))
    return "\n".join(lines)


def _apart(found: re.Match[str]) -> str:
    if found[0].startswith("]("):
        return found[0]
    return "\\/" if found[0] == "/" else f"{found[0]}\N{ZERO WIDTH SPACE}"
