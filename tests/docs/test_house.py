"""The house rules that a machine can hold: workflows, hooks, sizes, what is shipped."""

import ast
import re
import statistics
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MODULES = [m for r in ("compiler", "backends", "runtime") for m in (ROOT / r).rglob("*.py")]
MAX_MODULE_LINES = 300


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_workflows_are_those_of_the_design() -> None:
    assert {w.stem for w in WORKFLOWS} == {"check", "plan", "deploy", "rollback", "drift"}


def test_workflows_follow_their_schema() -> None:
    schema = ("--builtin-schema", "vendor.github-workflows")
    done = _run("check-jsonschema", *schema, *map(str, WORKFLOWS))
    assert done.returncode == 0, done.stdout + done.stderr


def test_workflows_are_secure() -> None:
    done = _run("zizmor", "--offline", "--quiet", ".github")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda w: w.stem)
def test_commands_of_workflows_exist(workflow: Path) -> None:
    """Every `tocsin` command and option that a workflow uses is one that there is."""
    text = workflow.read_text()
    reference = (ROOT / "docs" / "cli.md").read_text()
    for command in re.findall(r"bin/tocsin (\w+)", text):
        assert f"## tocsin {command}\n" in reference
    for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", _tocsin_lines(text)):
        assert option in reference, f"{workflow.name} uses {option}"


def _tocsin_lines(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if "tocsin " in line or "arguments" in line)


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
