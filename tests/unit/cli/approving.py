"""A project whose protected branch has a policy, and who approves its plans."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deploying import git
from tocsin.trust.keys import SigningKey
from unit.cli.payments import SETTINGS, Run

ADA, BOB, CI, FORGE, MALLORY = (SigningKey.new() for _ in range(5))
POLICY = """
[policy]
trust = "trust.toml"
[policy.environments.local]
approvers = ["ada", "bob"]
break_glass = ["ada"]
"""
SIGNED = SETTINGS.replace(
    "[environments.local.backends]",
    'signing_key = "env:RELEASE_KEY"\n[environments.local.backends]',
)
TRUST = f"""
[people]
mira = ["mira@example.org"]
ada = ["ada@example.org", "ada-gh", "github:ada-gh"]
[[keys]]
public = "{CI.public.line}"
roles = ["release"]
[[keys]]
public = "{ADA.public.line}"
person = "ada"
roles = ["approve"]
[[keys]]
public = "{BOB.public.line}"
person = "bob"
roles = ["approve"]
[[keys]]
public = "{FORGE.public.line}"
roles = ["approve"]
"""


def commit(root: Path, message: str = "change", author: str = "Mira K <mira@example.org>") -> None:
    git(root, "add", "detections")
    git(root, "commit", "-q", "-m", message, "--author", author)


def settings(root: Path, policy: str = POLICY) -> None:
    (root / "detections" / "tocsin.toml").write_text(SIGNED + policy)


def guard(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The protected branch has a policy; the pipeline, whose key is there, applies."""
    settings(root)
    (root / "detections" / "trust.toml").write_text(TRUST)
    commit(root, "a policy")
    git(root, "config", "user.name", "Pipeline")
    git(root, "config", "user.email", "ci@example.org")
    monkeypatch.setenv("RELEASE_KEY", CI.text().decode())
    for name, key in {"ada": ADA, "bob": BOB, "forge": FORGE, "mallory": MALLORY}.items():
        monkeypatch.setenv(f"KEY_{name.upper()}", key.text().decode())
    return root


def approve(run: Run, reviewer: str, key: str = "", plan: str = "p.json", more: str = "") -> str:
    """The approval of the saved plan, in a file."""
    out = f"{reviewer}.json"
    named = f"--key env:KEY_{(key or reviewer).upper()} --reviewer {reviewer}"
    run(f"approve --plan {plan} --out {out} --yes {named} {more}")
    return f"--approval {out}"


def deployed(run: Run, *reviewers: str) -> None:
    run("plan --out p.json")
    given = " ".join(approve(run, each) for each in reviewers)
    run(f"apply --plan p.json {given}")


def record(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(git(root, "show", "tocsin/local:release.json"))
    return found
