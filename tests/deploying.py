"""A small world for tests of plan and deploy: a real git repository, a ledger, a local target."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from tocsin import fault
from tocsin.canonical import digest, digest_bytes
from tocsin.cli.main import main_group
from tocsin.deploy.apply import apply, resume
from tocsin.deploy.journal import Order
from tocsin.deploy.local import LocalTarget
from tocsin.plan.build import Desired, build
from tocsin.plan.steps import Bundle, Refused
from tocsin.release.entry import Entry
from tocsin.state.git_ledger import GitLedger
from tocsin.state.git_ledger.ledger import Sign
from tocsin.state.release import Release

ENVIRONMENT = "local"


@dataclass(frozen=True)
class Prod:
    """The commands on the environment `prod` of the project at `root`."""

    root: Path

    def invoke(self, *words: str) -> Result:
        """`tocsin WORDS`, however it ends."""
        given = [*words, "--env", "prod", "--project", str(self.root)]
        return CliRunner().invoke(main_group, given)

    def run(self, *words: str, code: int = 0) -> Result:
        """`tocsin WORDS`, which ends with this exit code."""
        result = self.invoke(*words)
        assert result.exit_code == code, f"{result.output}{result.exception!r}"
        return result

    def findings(self) -> list[str]:
        """The kinds of what `status` finds."""
        told = json.loads(self.invoke("status", "--format", "json").stdout)
        return [finding["kind"] for finding in told["findings"]]

    def status(self, code: int = 0) -> dict[str, Any]:
        """What `status` says, as data."""
        told: dict[str, Any] = json.loads(self.run("status", "--format", "json", code=code).stdout)
        return told


@dataclass(frozen=True)
class Spec:
    """A detection in short: texts that stand for its logic, its bytes and its description."""

    logic: str = "l1"
    body: str = "b1"
    title: str = "t1"
    mode: str = "live"
    version: int = 1
    key: str = ""
    suffix: str = "sql"


State = Mapping[str, Spec]


def entry(name: str, spec: Spec) -> Entry:
    key = spec.key or name
    return Entry(
        id=f"id-{name}",
        key=key,
        version=spec.version,
        logic=digest(spec.logic),
        artifact=digest_bytes(spec.body.encode()),
        meta=digest(spec.title),
        backend="batch-sql",
        source="audit",
        path=f"batch-sql/audit/{key}.{spec.suffix}",
        title=spec.title,
        level="high",
        cases=2,
        mode="shadow" if spec.mode == "shadow" else "live",
    )


def desired(state: State, *refused: Refused) -> Desired:
    bodies = [spec.body.encode() for spec in state.values()]
    return Desired(
        environment=ENVIRONMENT,
        project="payments",
        reason="apply",
        entries=tuple(entry(name, spec) for name, spec in state.items()),
        bodies={digest_bytes(body): body for body in bodies},
        refused=refused,
        tools={"tocsin": "0"},
    )


def git(folder: Path, *command: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *command], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


class World:
    """One repository and its environment `local`."""

    def __init__(self, root: Path, remote: str = "", sign: Sign | None = None) -> None:
        self.root = root
        self.remote = remote
        self.sign = sign
        if not (root / ".git").exists():
            root.mkdir(exist_ok=True)
            git(root, "init", "-q", "-b", "main")

    @property
    def folder(self) -> Path:
        return self.root / ".tocsin" / "local"

    @property
    def ledger(self) -> GitLedger:
        return GitLedger(
            self.root, ENVIRONMENT, project="payments", remote=self.remote, sign=self.sign
        )

    @property
    def target(self) -> LocalTarget:
        return LocalTarget(self.folder, ENVIRONMENT)

    def plan(self, state: State, *refused: Refused) -> Bundle:
        return build(desired(state, *refused), self.ledger.last(), self.target.observe())

    def towards(self, wanted: Desired) -> Bundle:
        return build(wanted, self.ledger.last(), self.target.observe())

    def apply(self, bundle: Bundle) -> Release:
        return apply(Order(bundle, "A <a@example.org>"), self.target, self.ledger)

    def release(self, state: State) -> Release:
        return self.apply(self.plan(state))

    def agree(self) -> bool:
        """Whether what is live is exactly what the ledger says."""
        last, live = self.ledger.last(), self.target.observe()
        entries = last.entries if last else ()
        wanted = {e.path: (e.artifact, e.mode) for e in entries}
        return wanted == {p: (a.digest, a.mode) for p, a in live.artifacts.items()}


def apply_in(root: Path, state: State, point: str) -> None:
    """Finish what was interrupted, then apply this state; die at the fault point, if any."""
    os.environ[fault.VARIABLE] = point
    world = World(root)
    resume(world.target, world.ledger)
    bundle = world.plan(state)
    if bundle.plan.steps:
        world.apply(bundle)
