"""What goes wrong between a plan and what is deployed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bad_inputs.files import RULE
from bad_inputs.run import Bad, shell
from tocsin import files

CHANGED = {"rules/app/payout.yml": RULE + "level: high\ntags: [attack.t1098]\n"}
APPLY = "tocsin apply --env local --yes"


@contextmanager
def _held(folder: Path) -> Iterator[Mapping[str, str]]:
    with files.held(folder / ".tocsin" / "local" / "apply.lock", "apply"):
        yield {}


@contextmanager
def _no_git(folder: Path) -> Iterator[Mapping[str, str]]:
    shell("rm -rf .git", folder)
    yield {"GIT_CEILING_DIRECTORIES": str(folder.parent)}


@contextmanager
def _tampered(folder: Path) -> Iterator[Mapping[str, str]]:
    """The newest release again, with another artifact."""
    script = """
    export GIT_INDEX_FILE=$PWD/.git/other
    git read-tree tocsin/local
    path=$(git ls-tree -r --name-only tocsin/local artifacts)
    git show "tocsin/local:$path" | sed s/svc-approvals/mallory/ > other.sql
    git update-index --cacheinfo "100644,$(git hash-object -w other.sql),$path"
    commit=$(git commit-tree -m "local: release 1" "$(git write-tree)")
    git update-ref refs/heads/tocsin/local "$commit"
    """
    done = shell(f"set -e; {script}", folder)
    assert done.code == 0, done.said
    yield {}


@contextmanager
def _edited(folder: Path) -> Iterator[Mapping[str, str]]:
    path = folder / "first.json"
    saved = json.loads(path.read_text("utf-8"))
    saved["plan"]["result"][0]["mode"] = "shadow"
    path.write_text(json.dumps(saved), "utf-8")
    yield {}


@contextmanager
def _killed(folder: Path) -> Iterator[Mapping[str, str]]:
    done = shell(f"TOCSIN_FAULT=artifact-placed {APPLY}", folder)
    assert done.code == 137, done.said
    yield {}


@contextmanager
def _altered(folder: Path) -> Iterator[Mapping[str, str]]:
    artifact = next((folder / ".tocsin" / "local" / "artifacts").rglob("*.sql"))
    artifact.write_text("SELECT 1", "utf-8")
    yield {}


def deployed(what: str, command: str, code: int, *says: str) -> Bad:
    """Release 1 is deployed."""
    return Bad(what, command, code, says, start="deployed")


PLANS = (
    Bad(
        "no git repository",
        "tocsin plan --env local",
        2,
        ("not in a git repository", "git init"),
        start="project",
        around=_no_git,
    ),
    Bad(
        "a project with errors",
        "tocsin plan --env local",
        1,
        ("TOC020",),
        {"rules/app/payout.yml": "title: A\n"},
        start="project",
    ),
    Bad("apply without a person", "tocsin apply --env local", 2, ("--yes",), start="project"),
    deployed(
        "a stale plan",
        "tocsin apply --env local --plan first.json",
        1,
        "at release 1",
        "plan again",
    ),
    deployed(
        "a plan of another environment",
        "tocsin apply --env local --plan staging.json",
        2,
        "plan for staging",
    ),
    Bad(
        "a plan that was edited",
        "tocsin apply --env local --plan first.json",
        2,
        ("edited", "plan again"),
        start="deployed",
        around=_edited,
    ),
    Bad(
        "garbage as a plan",
        "tocsin apply --env local --plan garbage.json",
        2,
        ("garbage.json is not a saved plan", "--out"),
        {"garbage.json": "hello\n"},
        start="deployed",
    ),
    deployed("a missing plan", "tocsin apply --env local --plan gone.json", 2, "gone.json"),
    deployed(
        "apply to a Flink cluster",
        "tocsin apply --env cluster --yes",
        2,
        "no value for `bootstrap` of environment cluster",
        "tocsin.toml",
    ),
    deployed(
        "apply to Kafka workers",
        "tocsin apply --env stream --yes",
        2,
        "no value for `bootstrap` of environment stream",
        "export BOOTSTRAP",
    ),
    Bad(
        "a folder that cannot be made",
        APPLY,
        2,
        ("cannot use", "Not a directory", "tocsin.toml"),
        {
            "tocsin.toml": "[environments.local]\nkind = 'local'\nbackend = 'batch-sql'\n"
            "path = 'README.md/here'\n"
        },
        start="project",
    ),
)
LEDGER = (
    Bad(
        "a second apply while one runs",
        APPLY,
        2,
        ("another apply is running", "wait"),
        CHANGED,
        start="deployed",
        around=_held,
    ),
    Bad(
        "an apply was killed: status",
        "tocsin status --env local",
        1,
        ("interrupted",),
        CHANGED,
        start="deployed",
        around=_killed,
    ),
    Bad(
        "an apply was killed: apply again",
        APPLY,
        0,
        ("interrupted apply was finished: release 2",),
        CHANGED,
        start="deployed",
        around=_killed,
        changes=True,
    ),
    Bad(
        "someone changed what is deployed",
        "tocsin status --env local",
        1,
        ("altered: admin_role_granted", "tocsin status --fix"),
        start="deployed",
        around=_altered,
    ),
    Bad(
        "events for what was altered",
        "tocsin worker --env local --events events.jsonl",
        2,
        ("not what was released", "tocsin plan"),
        {"events.jsonl": "{}\n"},
        start="deployed",
        around=_altered,
    ),
    Bad(
        "a tampered ledger",
        "tocsin verify --env local",
        1,
        ("release 1", "not the artifact that was released"),
        start="deployed",
        around=_tampered,
    ),
    Bad(
        "rollback from a tampered ledger",
        "tocsin rollback --env local --to 1 --yes",
        2,
        ("does not have the recorded artifact", "tocsin verify"),
        start="deployed",
        around=_tampered,
    ),
    deployed(
        "rollback to an unknown release",
        "tocsin rollback --env local --to 9",
        2,
        "no release 9",
        "releases are 1 to 1",
    ),
    deployed(
        "rollback of what was never there",
        "tocsin rollback --env local admin_rol",
        2,
        "admin_role_granted",
    ),
    deployed("rollback to nowhere", "tocsin rollback --env local", 2, "--to"),
    Bad(
        "rollback before the first release",
        "tocsin rollback --env local --to 1",
        2,
        ("no release",),
        start="project",
    ),
    Bad(
        "a worker where nothing is deployed",
        "tocsin worker --env local --events events.jsonl",
        2,
        ("nothing is deployed", "tocsin apply"),
        {"events.jsonl": "{}\n"},
        start="project",
    ),
)
