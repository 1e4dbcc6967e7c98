"""Ways to tamper with a ledger whose releases are signed, each with what `verify --trust` says.

The table of docs/trust.md is made from it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from deploying import World, git
from forging import (
    ADA,
    CI,
    DAY,
    EXPIRED,
    LATER,
    MALLORY,
    NOW,
    STAGING,
    TRUST,
    changed,
    committed,
    forged,
    move,
    point,
    replace_signer,
    shown,
)
from tocsin.canonical import canonical_bytes
from tocsin.state.ledger_event import Attempt
from tocsin.state.release import KIND, decode, encode
from tocsin.trust.dsse import Envelope
from tocsin.trust.keys import SigningKey
from tocsin.trust.trust_file import Trust

EVENT = Attempt(command="apply", outcome="failed", code="engine", message="no broker")
_UNKNOWN = "is in no trust file given here"
_UNSIGNED = "it has no signature, though a release before it has one"


def nothing(_: World) -> None:
    """Time goes on."""


def newest_rewritten(world: World) -> None:
    move(world, "tocsin/local~1")
    forged(world, None)


def newest_rewritten_by_another(world: World) -> None:
    move(world, "tocsin/local~1")
    forged(world, MALLORY)


def signature_kept(world: World) -> None:
    signature = shown(world, "release.dsse.json")
    newest_rewritten(world)
    changed(world, "release.dsse.json", signature)


def all_rewritten(world: World, key: SigningKey | None = None) -> None:
    git(world.root, "update-ref", "-d", "refs/heads/tocsin/local")
    for _ in range(3):
        forged(world, key)


def all_rewritten_by_another(world: World) -> None:
    all_rewritten(world, MALLORY)


def forged_on_top(world: World) -> None:
    forged(world, MALLORY)


def unsigned_on_top(world: World) -> None:
    forged(world, None)


def cut_off(world: World) -> None:
    move(world, "tocsin/local~1")


def gone(world: World) -> None:
    git(world.root, "update-ref", "-d", "refs/heads/tocsin/local")


def bytes_swapped(world: World) -> None:
    changed(world, "artifacts/batch-sql/audit/a.sql", b"finds nothing")


def bytes_rewritten_in_place(world: World) -> None:
    blob = git(world.root, "rev-parse", "tocsin/local:artifacts/batch-sql/audit/a.sql")
    place = world.root / ".git" / "objects" / blob[:2] / blob[2:]
    place.chmod(0o644)
    place.write_bytes(zlib.compress(b"blob 4\0evil"))


def signature_removed(world: World) -> None:
    changed(world, "release.dsse.json", None)


def signature_damaged(world: World) -> None:
    changed(world, "release.dsse.json", b"{}")


def record_sealed_again(world: World) -> None:
    release = decode(shown(world, "release.json"), "")
    changed(world, "release.json", encode(replace(release, approvals=("the boss",))))


def plan_edited(world: World) -> None:
    plan = {**json.loads(shown(world, "plan.json")), "reason": "nothing to see"}
    changed(world, "plan.json", canonical_bytes(plan))


def without_the_role(world: World) -> None:
    forged(world, ADA)


def of_another_environment(world: World) -> None:
    forged(world, STAGING)


def not_yet(world: World) -> None:
    forged(world, LATER)


def replayed_environment(world: World) -> None:
    forged(world, STAGING, environment="staging")


def replayed_project(world: World) -> None:
    forged(world, CI, project="another")


def replayed_release(world: World) -> None:
    first = git(world.root, "rev-parse", "tocsin/local~2^{tree}")
    move(world, committed(world, ["tocsin/local"], first))


def replayed_kind(world: World) -> None:
    data = shown(world, "release.json")
    envelope = Envelope("application/vnd.tocsin.approval+json", data).by(CI)
    changed(world, "release.dsse.json", envelope.encode(detached=True))


def payload_inside(world: World) -> None:
    envelope = Envelope(KIND, shown(world, "release.json")).by(CI)
    newest_rewritten(world)
    changed(world, "release.dsse.json", envelope.encode())


def clock_back(world: World) -> None:
    forged(world, CI, made=(NOW - 7 * DAY).isoformat(timespec="seconds"))


def clock_ahead(world: World) -> None:
    forged(world, CI, made=(NOW + 7 * DAY).isoformat(timespec="seconds"))


def merged(world: World) -> None:
    tree = git(world.root, "rev-parse", "tocsin/local^{tree}")
    other = committed(world, [], tree)
    move(world, committed(world, ["tocsin/local~1", other, "tocsin/local~2"], tree))


def release_left_out(world: World) -> None:
    tree = git(world.root, "rev-parse", "tocsin/local^{tree}")
    move(world, committed(world, ["tocsin/local~2"], tree))


def event_forged(world: World) -> None:
    world.ledger.record(EVENT)


def event_forged_with_a_key(world: World) -> None:
    replace_signer(world, MALLORY).ledger.record(EVENT)


def event_added_to_a_signed_one(world: World) -> None:
    replace_signer(world, CI).ledger.record(EVENT)
    world.ledger.record(EVENT)


def event_commit_changes_more(world: World) -> None:
    replace_signer(world, CI).ledger.record(EVENT)
    changed(world, "artifacts/batch-sql/audit/a.sql", b"finds nothing")


def program(world: World) -> None:
    path = "artifacts/batch-sql/audit/a.sql"
    changed(world, path, shown(world, path)[:-1], mode="100755")


def link(world: World) -> None:
    changed(world, "artifacts/batch-sql/audit/a.sql", b"/etc/passwd", mode="120000")


def stowaway(world: World) -> None:
    changed(world, "artifacts/batch-sql/audit/z.sql", b"x")


def checkpoint_forged(world: World) -> None:
    cut_off(world)
    point(world, world.root.parent, MALLORY)


def checkpoint_unsigned(world: World) -> None:
    cut_off(world)
    point(world, world.root.parent, None)


@dataclass(frozen=True)
class Tampering:
    """What somebody does to the ledger, and a part of what is found."""

    what: str
    do: Callable[[World], None]
    found: str
    trust: Trust = TRUST


TAMPERINGS = [
    Tampering(
        "the newest release is made anew, so that all digests and seals fit",
        newest_rewritten,
        _UNSIGNED,
    ),
    Tampering("the same, signed with a key of one's own", newest_rewritten_by_another, _UNKNOWN),
    Tampering("the same, with the signature that was there", signature_kept, "does not fit"),
    Tampering(
        "the same, with a signature that brings what it is of",
        payload_inside,
        "its payload is not where it must be",
    ),
    Tampering(
        "the whole branch is made anew, without signatures",
        all_rewritten,
        "the last release has no signature",
    ),
    Tampering(
        "the whole branch is made anew and signed with another key",
        all_rewritten_by_another,
        _UNKNOWN,
    ),
    Tampering("a release is added with another key", forged_on_top, _UNKNOWN),
    Tampering("a release is added without a signature", unsigned_on_top, _UNSIGNED),
    Tampering(
        "the branch is cut: the newest release is gone",
        cut_off,
        "the branch was rewritten or cut off: it no longer holds",
    ),
    Tampering("the branch is deleted", gone, "the branch is gone: it had 3 commits"),
    Tampering(
        "an artifact is swapped in a new commit",
        bytes_swapped,
        "is not the artifact that was released",
    ),
    Tampering(
        "an artifact is swapped in git's own files", bytes_rewritten_in_place, "was rewritten"
    ),
    Tampering("the signature is taken away", signature_removed, _UNSIGNED),
    Tampering("the signature is damaged", signature_damaged, "its signature cannot be read"),
    Tampering(
        "an approval is written into `release.json`, with a new seal",
        record_sealed_again,
        "does not fit",
    ),
    Tampering("`plan.json` is edited", plan_edited, "plan.json is not the plan that was released"),
    Tampering("the key has expired", nothing, "counted until", EXPIRED),
    Tampering("the key counts from later on", not_yet, "counts from"),
    Tampering(
        "the key is for approvals, not for releases",
        without_the_role,
        "has the roles approve, not release",
    ),
    Tampering(
        "the key is of another environment", of_another_environment, "is for staging, not for local"
    ),
    Tampering(
        "a signed release of another environment is put in",
        replayed_environment,
        "it is a release of environment 'staging'",
    ),
    Tampering(
        "a signed release of another project is put in",
        replayed_project,
        "it is a release of project 'another'",
    ),
    Tampering(
        "an older signed release is put on top",
        replayed_release,
        "the commit's parent is not the release that release.json names",
    ),
    Tampering(
        "a signature of something else is put beside it",
        replayed_kind,
        "it is a signature of application/vnd.tocsin.approval+json",
    ),
    Tampering(
        "the clock is set back, with the right key",
        clock_back,
        "was made before it: a clock was set back",
    ),
    Tampering("the clock is set ahead, with the right key", clock_ahead, "which is yet to come"),
    Tampering(
        "a release is left out",
        release_left_out,
        "release 3 follows it: numbers are missing or repeated",
    ),
    Tampering(
        "another history is merged in",
        merged,
        "the commit's parent is not the release that release.json names",
    ),
    Tampering(
        "an event is added without a signature",
        event_forged,
        "its events have no signature, though a release before it has one",
    ),
    Tampering("an event is added with another key", event_forged_with_a_key, _UNKNOWN),
    Tampering("an event is added to signed ones", event_added_to_a_signed_one, "does not fit"),
    Tampering(
        "a commit of events changes an artifact, too",
        event_commit_changes_more,
        "the commit is not a release, and changes artifacts/",
    ),
    Tampering("an artifact becomes a program", program, "is a program, not a plain file"),
    Tampering("an artifact becomes a link", link, "is a link, not a plain file"),
    Tampering("a file is added", stowaway, "belongs to no detection of the release"),
    Tampering(
        "the branch is cut, and the checkpoint made anew with another key",
        checkpoint_forged,
        _UNKNOWN,
    ),
    Tampering(
        "the branch is cut, and the checkpoint made anew without one",
        checkpoint_unsigned,
        "it has no signature",
    ),
]


def page() -> Iterator[str]:
    """The table of docs/trust.md."""
    yield "| what somebody does | what `verify` says |"
    yield "| --- | --- |"
    for each in TAMPERINGS:
        yield f"| {each.what} | {each.found} |"
