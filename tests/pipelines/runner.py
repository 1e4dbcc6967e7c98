"""Runs our workflows on this machine: the same YAML, each job in folders of its own.

Of actions there are those that our workflows use: a checkout, artifacts, and the one that sets up
Tocsin, whose installation is a link to the Tocsin of the suite. A job whose permissions do not say
that it may write has an `origin` that takes nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from authoring import write
from deploying import git
from pipelines.expressions import evaluated, filled, shown

Given = Mapping[str, Any]


@dataclass(frozen=True)
class Machines:
    """Where runs happen. `repositories`: by name, bare ones, one of which is the content's.

    `secrets`: those of each environment.
    """

    folder: Path
    repositories: Mapping[str, Path]
    content: str
    environ: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass
class Run:
    """A run of a workflow: how its jobs ended, what they left, and what they said."""

    machines: Machines
    number: int
    event: Given
    commit: str
    results: dict[str, str] = field(default_factory=dict)
    artifacts: dict[str, dict[str, bytes]] = field(default_factory=dict)
    said: str = ""
    actor: str = "mira"

    @property
    def ok(self) -> bool:
        """Whether no job failed."""
        return "failure" not in self.results.values()

    @property
    def github(self) -> dict[str, Any]:
        """What expressions call so."""
        given = {"repository": {"default_branch": "main"}, **self.event}
        facts = {"sha": self.commit, "repository": self.machines.content, "ref": "x"}
        facts |= {"actor": self.actor, "triggering_actor": self.actor, "run_id": str(self.number)}
        facts |= {"server_url": "https://github.com", "token": "the-token-of-the-run"}
        return {**facts, "event": given}


def run(made: Run, workflow: str) -> Run:
    """Run a workflow of the content repository, as it is at the run's commit."""
    machines, commit = made.machines, made.commit
    repository = machines.repositories[machines.content]
    text = git(repository, "show", f"{commit}:.github/workflows/{workflow}.yml")
    context = {"github": made.github, "inputs": made.event.get("inputs", {})}
    for name, job in yaml.safe_load(text)["jobs"].items():
        if "uses" in job:
            _called(made, name, job, context)
        else:
            _job(made, name, job, {**context, "needs": {}})
    return made


def _called(made: Run, name: str, job: Given, context: Given) -> None:
    """A job that calls a reusable workflow of another repository by commit."""
    place, _, commit = job["uses"].partition("@")
    owner, repository, path = place.split("/", 2)
    source = made.machines.repositories[f"{owner}/{repository}"]
    called = yaml.safe_load(git(source, "show", f"{commit}:{path}"))
    declared = called[True]["workflow_call"]["inputs"]
    inputs = {key: each.get("default") for key, each in declared.items()}
    inputs |= filled(job["with"], context)
    needs: dict[str, Any] = {}
    for below, each in called["jobs"].items():
        inner = {"github": made.github, "inputs": inputs, "needs": needs}
        outcome = _job(made, f"{name}.{below}", each, inner)
        needs[below] = {"outputs": outcome, "result": made.results[f"{name}.{below}"]}


def _job(made: Run, name: str, job: Given, context: dict[str, Any]) -> dict[str, Any]:
    """A job's outputs; skipped where its condition is false, or what it needs has failed."""
    context["functions"] = {"cancelled": False}
    before = [context["needs"][need]["result"] for need in _listed(job.get("needs"))]
    condition = str(job.get("if", "")).removeprefix("${{").removesuffix("}}")
    needed = all(result == "success" for result in before) or "cancelled()" in condition
    if not needed or (condition and not evaluated(condition, context)):
        made.results[name] = "skipped"
        return {}
    environment = filled(job.get("environment", ""), context)
    context["secrets"] = made.machines.secrets.get(environment, {})
    folder = made.machines.folder / f"run-{made.number}" / name
    folder.mkdir(parents=True)
    place = Place(made, folder, job, context)
    made.results[name] = "success" if place.steps_end_well() else "failure"
    outputs: dict[str, Any] = filled(job.get("outputs", {}), context)
    return outputs


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


@dataclass
class Place:
    """The machine of one job."""

    run: Run
    folder: Path
    job: Given
    context: dict[str, Any]

    def steps_end_well(self) -> bool:
        """Run the steps; after one that failed only those that say so."""
        self.context["steps"] = {}
        well = True
        for step in self.job["steps"]:
            condition = step.get("if", "").removeprefix("${{").removesuffix("}}")
            wanted = evaluated(condition, self.context) if condition else well
            if wanted:
                well = self._step(step) and well
        return well

    def _step(self, step: Given) -> bool:
        given = filled({key: step[key] for key in step if key != "run"}, self.context)
        if "run" in step:
            return self._script(step["run"], given)
        name = given["uses"].partition("@")[0]
        actions = {
            "actions/checkout": self._checkout,
            "actions/upload-artifact": self._upload,
            "actions/download-artifact": self._download,
            "./tool/.github/actions/setup": self._setup,
        }
        return actions[name](given["with"])

    def _script(self, script: str, given: Given) -> bool:
        output, summary = self.folder / "output", self.folder / "summary"
        env = {
            **os.environ,
            **self.run.machines.environ,
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_REPOSITORY": self.run.machines.content,
            "PATH": f"{self._programs()}{os.pathsep}{os.environ['PATH']}",
            **{key: shown(value) for key, value in given.get("env", {}).items()},
        }
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.folder / given.get("working-directory", "."),
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        self.run.said += done.stdout + done.stderr
        if "id" in given and output.exists():
            pairs = (line.split("=", 1) for line in output.read_text().splitlines())
            self.context["steps"][given["id"]] = {"outputs": dict(pairs)}
        return done.returncode == 0

    def _programs(self) -> Path:
        """`gh`, of which our workflows use one command that does nothing here."""
        write(self.folder / "bin" / "gh", "#!/bin/sh\n").chmod(0o755)
        return self.folder / "bin"

    def _checkout(self, given: Given) -> bool:
        machines = self.run.machines
        name = given.get("repository", machines.content)
        there, here = machines.repositories[name], self.folder / given["path"]
        git(self.folder, "clone", "--quiet", "--no-checkout", str(there), str(here))
        git(here, "checkout", "--quiet", "--detach", given.get("ref", self.run.commit))
        if self.job.get("permissions", {}).get("contents") != "write":
            git(here, "remote", "set-url", "--push", "origin", str(self.folder / "nowhere"))
        return True

    def _setup(self, given: Given) -> bool:
        """The action's own check of the commit; then the Tocsin of the suite."""
        action = self.folder / "tool/.github/actions/setup"
        steps = yaml.safe_load((action / "action.yml").read_text())["runs"]["steps"]
        env = {"COMMIT": given["commit"], "GITHUB_ACTION_PATH": str(action)}
        checked = subprocess.run(
            ["bash", "-ec", steps[0]["run"]], env={**os.environ, **env}, check=False
        )
        program = self.folder / "tool/.venv/bin/tocsin"
        text = f'#!/bin/sh\nexec {sys.executable} -m tocsin.cli.main "$@"\n'
        write(program, text).chmod(0o755)
        return checked.returncode == 0

    def _upload(self, given: Given) -> bool:
        place = self.folder / given["path"]
        if not place.exists():
            return given.get("if-no-files-found") == "ignore"
        root = place if place.is_dir() else place.parent
        found = place.rglob("*") if place.is_dir() else [place]
        files = {str(f.relative_to(root)): f.read_bytes() for f in found if f.is_file()}
        self.run.artifacts[given["name"]] = files
        return True

    def _download(self, given: Given) -> bool:
        for name, data in self.run.artifacts[given["name"]].items():
            write(self.folder / given.get("path", ".") / name, data)
        return True


def tool_repository(folder: Path, root: Path) -> tuple[Path, str]:
    """A repository with the workflows, the action and the scripts of this checkout; its commit."""
    work = folder / "tocsin"
    for name in (".github", ".ci"):
        shutil.copytree(root / name, work / name)
    git(work, "init", "-q", "-b", "main")
    git(work, "add", ".")
    git(work, "-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "-q", "-m", "tool")
    return work / ".git", git(work, "rev-parse", "HEAD")


def jobs_of(made: Run) -> Iterator[str]:
    """Each job and how it ended."""
    return (f"{name}: {result}" for name, result in made.results.items())
