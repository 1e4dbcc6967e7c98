"""A ledger whose releases are signed, and the means to tamper with it."""

from __future__ import annotations

import hashlib
import shutil
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from deploying import Spec, World, desired, git
from tocsin.canonical import canonical_bytes
from tocsin.plan.build import build
from tocsin.state import checkpoint
from tocsin.state.checkpoint import Checkpoint
from tocsin.state.git_ledger.ledger import Sign
from tocsin.state.release import Release
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
NOW = datetime.now(UTC)
DAY = timedelta(days=1)


def trusted(key: SigningKey, **facts: Any) -> TrustedKey:
    """An entry of the trust file."""
    return TrustedKey.model_validate({"public": key.public.line, "roles": ["release"], **facts})


TRUST = Trust(
    keys=(
        trusted(CI, person="ci", environments=["local"], until=NOW + 365 * DAY),
        trusted(ADA, person="ada", roles=["approve"]),
        trusted(STAGING, person="ci", environments=["staging"]),
        trusted(LATER, person="ci", **{"from": NOW + 30 * DAY}),
        trusted(CI, roles=["checkpoint"]),
    )
)
EXPIRED = Trust(keys=(trusted(CI, person="ci", until=NOW - DAY),))


def by(key: SigningKey) -> Sign:
    """Signs releases with this key."""
    return lambda data, kind: Envelope(kind, data).by(key).encode(detached=True)


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
        made=last.made if last else NOW.isoformat(timespec="seconds"),
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
