"""The house rules that a machine can hold: workflows, hooks, sizes, what is shipped."""

import ast
import os
import re
import statistics
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploying import git

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MODULES = [m for r in ("compiler", "backends", "runtime") for m in (ROOT / r).rglob("*.py")]
MAX_MODULE_LINES = 300
PERSON = ("-c", "user.name=A", "-c", "user.email=a@b.c")
GITLAB = (
    "check-jsonschema",
    "--data-transform",
    "gitlab-ci",
    "--builtin-schema",
    "vendor.gitlab-ci",
)


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_workflows_are_those_of_the_design() -> None:
    both = {"agree", "check", "comment", "deploy", "drift", "mute", "promote", "rollback"}
    shared = {f"reusable-{name}" for name in (*both, "approve")}
    assert {w.stem for w in WORKFLOWS} == both | shared | {"review", "whole"}


def test_workflows_follow_their_schema() -> None:
    schema = ("--builtin-schema", "vendor.github-workflows")
    done = _run("check-jsonschema", *schema, *map(str, WORKFLOWS))
    assert done.returncode == 0, done.stdout + done.stderr
    actions = (ROOT / ".github" / "actions").rglob("action.yml")
    done = _run("check-jsonschema", "--builtin-schema", "vendor.github-actions", *map(str, actions))
    assert done.returncode == 0, done.stdout + done.stderr
    pipeline = str(ROOT / ".ci" / "gitlab.yml")
    done = _run(*GITLAB, pipeline)
    assert done.returncode == 0, done.stdout + done.stderr


def test_workflows_are_secure() -> None:
    done = _run("zizmor", "--offline", "--quiet", ".github")
    assert done.returncode == 0, done.stdout + done.stderr


def _jobs(workflow: Path) -> dict[str, dict[str, Any]]:
    jobs: dict[str, dict[str, Any]] = yaml.safe_load(workflow.read_text())["jobs"]
    return jobs


def _steps(workflow: Path) -> list[dict[str, Any]]:
    return [step for job in _jobs(workflow).values() for step in job.get("steps", [])]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda w: w.stem)
def test_no_job_that_may_write_installs_or_runs_tocsin(workflow: Path) -> None:
    """But for the one that comments, and may write comments alone."""
    for job in _jobs(workflow).values():
        rights = job.get("permissions", {})
        writes = {right for right, level in rights.items() if level == "write"}
        runs = str(job.get("steps", ""))
        if "bin/tocsin" in runs or "actions/setup" in runs:
            assert writes <= ({"pull-requests"} if "comment" in workflow.stem else set())


def test_the_half_that_reads_pull_requests_has_no_rights_and_no_secrets() -> None:
    for name in ("review", "reusable-check"):
        text = (ROOT / ".github" / "workflows" / f"{name}.yml").read_text()
        assert "write" not in text
        assert "secrets" not in text.replace("without secrets", "")
        assert "github.token" not in text


def test_the_half_with_rights_looks_at_no_file_of_the_pull_request() -> None:
    steps = _steps(ROOT / ".github" / "workflows" / "reusable-comment.yml")
    checkouts = [step["with"] for step in steps if "checkout" in step.get("uses", "")]
    assert [given["path"] for given in checkouts] == ["tool"]
    assert not any("download-artifact" in step.get("uses", "") for step in steps)


def test_the_job_with_the_key_for_approvals_looks_at_no_file_of_the_pull_request() -> None:
    jobs = _jobs(ROOT / ".github" / "workflows" / "reusable-approve.yml")
    keyed = {name for name, job in jobs.items() if "secrets." in str(job)}
    assert keyed == {"sign"}
    checkouts = [step["with"] for step in jobs["sign"]["steps"] if "checkout" in str(step)]
    assert [given["path"] for given in checkouts] == ["tool"]
    assert jobs["plan"]["permissions"] == {"contents": "read"}


def test_what_is_set_up_lies_beside_the_content() -> None:
    for workflow in WORKFLOWS:
        for job in _jobs(workflow).values():
            steps = job.get("steps", [])
            used = [step.get("uses", "") for step in steps]
            setups = [name for name in used if name.startswith("./")]
            if not setups:
                continue
            assert setups == ["./tool/.github/actions/setup"], workflow.name
            first = steps[0]["with"]
            assert (first["path"], first["ref"]) == ("tool", "${{ inputs.tocsin }}")
            others = [step["with"] for step in steps[1:] if "checkout" in step.get("uses", "")]
            paths = [given["path"] for given in others]
            assert paths in ([], ["content"])


@pytest.mark.parametrize("given", ["HEAD", "main", "", "{commit}~0", "{short}"])
def test_nothing_but_a_commit_is_set_up(given: str, tmp_path: Path) -> None:
    action = yaml.safe_load((ROOT / ".github/actions/setup/action.yml").read_text())
    script = action["runs"]["steps"][0]["run"]
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, *PERSON, "commit", "-q", "--allow-empty", "-m", "x")
    commit = git(tmp_path, "rev-parse", "HEAD")

    def ends(named: str) -> int:
        env = {**os.environ, "COMMIT": named, "GITHUB_ACTION_PATH": str(tmp_path)}
        return subprocess.run(["bash", "-ec", script], env=env, check=False).returncode

    assert ends(commit) == 0
    assert ends(given.format(commit=commit, short=commit[:12])) == 1


def test_checkouts_keep_no_token() -> None:
    for workflow in WORKFLOWS:
        for step in _steps(workflow):
            if "checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False, workflow.name


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda w: w.stem)
def test_commands_of_workflows_exist(workflow: Path) -> None:
    """Every `tocsin` command and option that a workflow uses is one that there is."""
    text = workflow.read_text()
    reference = (ROOT / "docs" / "cli.md").read_text()
    for command in re.findall(r"bin/tocsin (review [\w-]+|\w+)", text):
        assert f"## tocsin {command}\n" in reference
    for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", _tocsin_lines(text)):
        assert option in reference, f"{workflow.name} uses {option}"


def _tocsin_lines(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if "tocsin " in line or "arguments" in line)


def test_attacks_on_the_pipeline_are_tests() -> None:
    page = (ROOT / "docs" / "security.md").read_text()
    rows = re.findall(r"^\| .* \| (`test_.*`) \|$", page, re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`(test_\w+)`", row)]
    assert len(named) >= 20
    there = {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE)
    }
    assert set(named) <= there


def test_hooks_for_content_repositories() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert {hook["id"] for hook in hooks} == {"tocsin-validate", "tocsin-test"}
    for name in (".pre-commit-hooks.yaml", ".pre-commit-config.yaml"):
        kind = "validate-manifest" if "hooks" in name else "validate-config"
        done = _run("pre-commit", kind, name)
        assert done.returncode == 0, done.stdout + done.stderr


def test_make_has_at_most_ten_targets() -> None:
    text = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert phony
    assert len(phony[1].split()) <= 10


def test_lock_holds_what_is_shipped() -> None:
    locked = {p["name"] for p in tomllib.loads((ROOT / "uv.lock").read_text())["package"]}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {re.split(r"[^\w-]", d)[0] for d in project["dependencies"]}
    assert wanted <= locked


def _functions(module: Path) -> list[int]:
    tree = ast.parse(module.read_text())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [(n.end_lineno or 0) - n.lineno + 1 for n in ast.walk(tree) if isinstance(n, kinds)]


def test_sizes() -> None:
    """Functions: median at most 10 lines, nine in ten at most 30. Modules: at most 300 lines."""
    functions = [lines for module in MODULES for lines in _functions(module)]
    modules = {module: len(module.read_text().splitlines()) for module in MODULES}
    assert statistics.median(functions) <= 10
    assert statistics.quantiles(functions, n=10)[-1] <= 30
    too_long = {str(m.relative_to(ROOT)): n for m, n in modules.items() if n > MAX_MODULE_LINES}
    assert not too_long
