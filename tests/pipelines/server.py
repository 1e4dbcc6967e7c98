"""A git server and a forge for one content repository, whose workflows run on this machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from conftest import ROOT
from deploying import git
from pipelines.forge import Forge, served
from pipelines.runner import Machines, Run, run, tool_repository
from tocsin.cli.main import main_group

CONTENT, TOOL = "acme/detections", "acme/tocsin"
PERSON = ("-c", "user.name=Mira", "-c", "user.email=mira@example.org")
RULE = "rules/app/admin-role-granted.yml"
PROD = '[environments.prod]\nkind = "local"\nbackend = "batch-sql"\npath = ".tocsin/prod"\n'


@dataclass
class Server:
    """A git server with the content repository, an author's checkout, and pull requests."""

    machines: Machines
    work: Path
    forge: Forge
    number: int = 0

    @property
    def origin(self) -> Path:
        return self.machines.repositories[CONTENT]

    def started(self, workflow: str, commit: str, actor: str = "mira", **event: Any) -> Run:
        self.number += 1
        made = run(Run(self.machines, self.number, event, commit, actor=actor), workflow)
        self.forge.runs[self.number] = made
        return made

    def proposed(self, message: str) -> Run:
        """Push what lies in the checkout as a pull request: what its review finds."""
        git(self.work, "checkout", "-q", "-B", "topic")
        git(self.work, "add", ".")
        git(self.work, *PERSON, "commit", "-q", "-m", message)
        git(self.work, "push", "-q", "--force", "origin", "topic")
        head, base = git(self.work, "rev-parse", "topic"), git(self.work, "rev-parse", "main")
        tree = git(self.work, "rev-parse", "topic^{tree}")
        words = ("commit-tree", tree, "-p", base, "-p", head, "-m", "merge")
        merge = git(self.work, *PERSON, *words)
        git(self.work, "push", "-q", "--force", "origin", f"{merge}:refs/heads/merge")
        self.forge.head = head
        self.forge.merge = merge
        self.forge.files = git(self.work, "diff", "--name-only", base, head).splitlines()
        return self.started("review", merge, pull_request={"head": {"sha": head}})

    def commented(self, review: Run) -> str:
        """The comment, after the other half has run as the default branch has it."""
        told = {"workflow_run": {"id": review.number, "event": "pull_request"}}
        assert self.started("comment", self.main, **told).ok
        [comment] = self.forge.comments
        return str(comment["body"])

    def begin(self) -> None:
        """Push what lies in the checkout as the first commit of the protected branch."""
        git(self.work, "add", ".")
        git(self.work, *PERSON, "commit", "-q", "-m", "first")
        git(self.work, "push", "-q", "origin", "main")

    def reviewed(self, login: str, state: str = "APPROVED") -> Run:
        """Somebody reviews the pull request; the run that signs it, started by the review's."""
        review = self.forge.reviewed(login, state)
        facts = {"pull_request": {"head": {"sha": self.forge.head}}, "review": review}
        begun = self.started("reviewed", self.forge.merge, login, **facts)
        told = {"id": begun.number, "event": "pull_request_review", "head_sha": self.forge.head}
        return self.started("approve", self.main, login, workflow_run=told)

    def merged(self) -> str:
        git(self.work, "switch", "-q", "main")
        git(self.work, "merge", "-q", "--ff-only", "topic")
        git(self.work, "push", "-q", "origin", "main")
        return self.main

    @property
    def main(self) -> str:
        return git(self.origin, "rev-parse", "main")

    def commits(self) -> int:
        return len(git(self.origin, "rev-list", "tocsin/prod").split())

    def kept(self) -> list[str]:
        """The approvals on their branch."""
        names = git(self.origin, "ls-tree", "-r", "--name-only", "tocsin-approvals")
        return names.splitlines()

    def edit(self, old: str, new: str) -> None:
        file = self.work / RULE
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))


@contextmanager
def content_server(
    folder: Path, environments: str = PROD, secrets: Mapping[str, Mapping[str, str]] | None = None
) -> Iterator[Server]:
    """A content repository as `init` makes it, with these environments in place of its own."""
    tool, commit = tool_repository(folder, ROOT)
    work, origin = folder / "work", folder / "content.git"
    words = ["init", str(work), "--ci", "github", "--tocsin", f"{TOOL}@{commit}"]
    assert CliRunner().invoke(main_group, words).exit_code == 0
    settings = work / "tocsin.toml"
    settings.write_text(settings.read_text().partition("[environments.prod]")[0] + environments)
    git(folder, "init", "-q", "--bare", "-b", "main", str(origin))
    git(work, "remote", "add", "origin", str(origin))
    forge = Forge()
    with served(forge, CONTENT) as address:
        environ = {"GITHUB_API_URL": address, "GITHUB_SERVER_URL": "https://github.com"}
        places = {CONTENT: origin, TOOL: tool}
        machines = Machines(folder / "runs", places, CONTENT, environ, secrets or {})
        yield Server(machines, work, forge)
