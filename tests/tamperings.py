"""Ways to tamper with a ledger whose releases are signed, each with what `verify --trust` says.

The table of docs/trust.md is made from it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from deploying import Spec, World, desired, git
from tocsin.canonical import canonical_bytes
from tocsin.plan.build import build
from tocsin.state import checkpoint
from tocsin.state.checkpoint import Checkpoint
from tocsin.state.git_ledger.ledger import Sign
from tocsin.state.proof import KIND, sign_release
from tocsin.state.release import Release, decode, encode
from tocsin.state.verify import LedgerFinding, LedgerReport, verify
from tocsin.trust.dsse import Envelope
from tocsin.trust.keys import SigningKey
from tocsin.trust.trust_file import Trust, TrustedKey

CI, ADA, STAGING, LATER, MALLORY = (SigningKey.new() for _ in range(5))
STATES = [
    {"a": Spec(), "b": Spec(body="b2")},
    {"a": Spec(logic="l2", body="b3", version=2), "b": Spec(body="b2")},
    {"a": Spec(logic="l2", body="b3", version=2), "c": Spec(body="b4")},
]
EVIL = {"a": Spec(logic="l2", body="finds nothing", version=2), "c": Spec(body="b4")}
_NOW = datetime.now(UTC)
_UNKNOWN = "is in no trust file given here"
_UNSIGNED = "it has no signature, though a release before it has one"
_DAY = timedelta(days=1)


def trusted(key: SigningKey, **facts: Any) -> TrustedKey:
    """An entry of the trust file."""
    return TrustedKey.model_validate({"public": key.public.line, "roles": ["release"], **facts})


TRUST = Trust(
    keys=(
        trusted(CI, person="ci", environments=["local"], until=_NOW + 365 * _DAY),
        trusted(ADA, person="ada", roles=["approve"]),
        trusted(STAGING, person="ci", environments=["staging"]),
        trusted(LATER, person="ci", **{"from": _NOW + 30 * _DAY}),
        trusted(CI, roles=["checkpoint"]),
    )
)
EXPIRED = Trust(keys=(trusted(CI, person="ci", until=_NOW - _DAY),))


def by(key: SigningKey) -> Sign:
    """Signs releases with this key."""
    return lambda data: sign_release(data, key)


def signed_ledger(folder: Path) -> World:
    """Three releases that CI signed, and a checkpoint of them beside the repository."""
    world = World(folder / "repo", sign=by(CI))
    for state in STATES:
        world.release(state)
    point(world, folder, CI)
    return world


def point(world: World, folder: Path, key: SigningKey | None) -> None:
    """Write where the ledger is."""
    commits = world.ledger.branch.commits()
    at = datetime.now(UTC).isoformat(timespec="seconds")
    found = Checkpoint("local", "payments", commits[0], len(commits), at)
    checkpoint.write(folder / "checkpoint", found, key)


def copied(template: Path, folder: Path) -> World:
    """The same ledger, to be tampered with."""
    shutil.copytree(template, folder, dirs_exist_ok=True)
    return World(folder / "repo")


def looked_at(world: World, trust: Trust = TRUST) -> LedgerReport:
    """What `verify --trust --checkpoint` finds."""
    report = verify(world.ledger, trust)
    saved = checkpoint.read(world.root.parent / "checkpoint")
    assert saved
    found = [*saved.checkpoint.against(world.ledger.branch.commits()), saved.unproven(trust)]
    more = [LedgerFinding(0, "", message) for message in found if message]
    return replace(report, findings=(*report.findings, *more))


# --- means ----------------------------------------------------------------------------------------


def move(world: World, commit: str) -> None:
    """Let the branch end here."""
    git(world.root, "update-ref", "refs/heads/tocsin/local", git(world.root, "rev-parse", commit))


def forged(world: World, key: SigningKey | None, **facts: Any) -> Release:
    """A release on top of the branch in which all digests fit, with other bytes."""
    last = world.ledger.last()
    bundle = build(desired(EVIL), last, None)
    plan = bundle.plan
    release = Release(
        number=plan.base_number + 1,
        environment=plan.environment,
        project=plan.project,
        parent=plan.base,
        made=last.made if last else _NOW.isoformat(timespec="seconds"),
        who="A <a@example.org>",
        reason=plan.reason,
        plan=plan.digest,
        entries=plan.result,
    )
    bodies = {f"artifacts/{e.path}": bundle.bodies.get(e.artifact) for e in plan.result}
    files = {"plan.json": canonical_bytes(plan.record)}
    files |= {path: body for path, body in bodies.items() if body is not None}
    ledger = replace_signer(world, key).ledger
    return ledger.commit(replace(release, **facts), files)


def replace_signer(world: World, key: SigningKey | None) -> World:
    """The same repository for somebody with another key."""
    return World(world.root, sign=by(key) if key else None)


def committed(world: World, parents: list[str], tree: str) -> str:
    """A commit of this tree."""
    given = [word for parent in parents for word in ("-p", parent)]
    author = ("-c", "user.name=M", "-c", "user.email=m@example.org")
    return git(world.root, *author, "commit-tree", *given, "-m", "x", tree)


def changed(
    world: World, path: str, data: bytes | None, *, mode: str = "100644", of: str = "tocsin/local"
) -> None:
    """The branch with its last commit replaced by one in which a file is another, or gone."""
    git(world.root, "read-tree", of)
    if data is None:
        git(world.root, "update-index", "--force-remove", path)
    else:
        blob = _stored(world, data)
        git(world.root, "update-index", "--add", "--cacheinfo", f"{mode},{blob},{path}")
    parents = git(world.root, "log", "-1", "--format=%P", of).split()
    move(world, committed(world, parents, git(world.root, "write-tree")))


def shown(world: World, path: str, of: str = "tocsin/local") -> bytes:
    """A file of the ledger."""
    return git(world.root, "show", f"{of}:{path}").encode() + b"\n"


def _stored(world: World, data: bytes) -> str:
    store = b"blob %d\0" % len(data) + data
    blob = hashlib.sha1(store, usedforsecurity=False).hexdigest()
    place = world.root / ".git" / "objects" / blob[:2] / blob[2:]
    place.parent.mkdir(exist_ok=True)
    if not place.exists():
        place.write_bytes(zlib.compress(store))
    return blob


# --- what somebody does ---------------------------------------------------------------------------


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
    forged(world, CI, made=(_NOW - 7 * _DAY).isoformat(timespec="seconds"))


def clock_ahead(world: World) -> None:
    forged(world, CI, made=(_NOW + 7 * _DAY).isoformat(timespec="seconds"))


def merged(world: World) -> None:
    tree = git(world.root, "rev-parse", "tocsin/local^{tree}")
    other = committed(world, [], tree)
    move(world, committed(world, ["tocsin/local~1", other, "tocsin/local~2"], tree))


def release_left_out(world: World) -> None:
    tree = git(world.root, "rev-parse", "tocsin/local^{tree}")
    move(world, committed(world, ["tocsin/local~2"], tree))


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
