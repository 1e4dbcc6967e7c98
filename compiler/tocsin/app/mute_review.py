"""The review of a mute afterwards: a branch with its text, for a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from tocsin.app.environment import OpenEnvironment
from tocsin.errors import LedgerError, TocsinError
from tocsin.escape import markdown
from tocsin.plural import plural
from tocsin.release.entry import Entry
from tocsin.release.mute import Mute
from tocsin.state.git_ledger.writer import Writer
from tocsin.state.release import Release

_NAME_MOST = 60
_WHAT_TO_DO = (
    "It is in force already, and ends by itself: neither merging nor closing this changes that",
    "(`tocsin unmute` does). Matches meanwhile are recorded, marked `muted`. Please check that it",
    "was right, and correct the rule, or the sources of events, that made it necessary.",
)


@dataclass(frozen=True, slots=True)
class MuteReview:
    """A branch that adds a `file` with the `text`, on top of the protected one.

    `remote`: where it was pushed to, empty if it is only here.
    """

    branch: str
    title: str
    text: str
    file: str
    remote: str = ""


def branch_of(environment: str, key: str, until: datetime) -> str:
    """The name of the branch: known before the release is made, which names it."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", key)[:_NAME_MOST].strip("-") or "detection"
    return f"mute/{environment}/{plain}-{until:%Y%m%dT%H%M%SZ}"


def begin_review(opened: OpenEnvironment, release: Release) -> MuteReview | None:
    """Make the branch of the last mute of a release; what fails here leaves it muted."""
    mute = release.mutes[-1]
    entry = release.entry(mute.detection)
    if entry is None:
        return None
    file = f"mutes/{mute.review.removeprefix('mute/')}.md"
    title = f"Muted in {release.environment}: {entry.key}"
    made = MuteReview(mute.review, title, _text(release, entry, mute), file)
    try:
        _commit(opened, made, release.consent.policy_from if release.consent else "")
        return _pushed(opened, made)
    except TocsinError as error:
        opened.progress.notify(f"warning: it is muted, but there is no review: {error.message}")
        return None


def _text(release: Release, entry: Entry, mute: Mute) -> str:
    told = {
        "Detection": f"{entry.title} ({entry.file})",
        "Level": entry.level or "none",
        "Environment": f"{release.environment}, release {release.number}",
        "From": mute.since,
        "Until": mute.until,
        "By": mute.who,
        "Reason": mute.reason,
    }
    lines = [f"- {name}: {markdown(value)}" for name, value in told.items()]
    return "\n".join(
        [
            f"# {markdown(entry.key)} was muted in {markdown(release.environment)}",
            "",
            *lines,
            "",
            *_WHAT_TO_DO,
            *_afterwards(release),
            "",
        ]
    )


def _afterwards(release: Release) -> Iterator[str]:
    """What the policy wants of an emergency."""
    consent = release.consent
    if consent and consent.emergency and consent.policy and consent.policy.review_hours:
        within = f"within {plural(consent.policy.review_hours, 'hour')}"
        yield ""
        yield f"Others are to agree with it {within}: `tocsin approve --env ENV --release N`,"
        yield "then `tocsin review record`."


def _pushed(opened: OpenEnvironment, review: MuteReview) -> MuteReview:
    """To the remote with which the ledger is shared, if any."""
    if not opened.remote:
        return review
    ref = f"refs/heads/{review.branch}"
    opened.ledger.repository.run("push", "--quiet", "--", opened.remote, f"{ref}:{ref}")
    return replace(review, remote=opened.remote)


def _commit(opened: OpenEnvironment, review: MuteReview, protected: str) -> None:
    """On top of this commit, else of what is checked out; no working tree is touched."""
    repository = opened.ledger.repository
    writer = Writer(repository)
    base = protected or repository.text("rev-parse", "HEAD^{commit}")
    below = opened.root.resolve().relative_to(repository.root.resolve()) / review.file
    blobs = writer.blobs({below.as_posix(): review.text.encode()})
    commit = writer.commit(writer.tree(blobs, base), base, f"{review.title}\n\n{review.text}")
    ref = f"refs/heads/{review.branch}"
    if repository.find(ref):
        raise LedgerError(f"there is a branch {review.branch} already")
    repository.run("update-ref", ref, commit)
