"""`tocsin init`: what it writes works as it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema
import pytest
import yaml
from click.testing import CliRunner, Result

from tocsin.check import run_checks
from tocsin.cli.main import main_group
from tocsin.errors import ConfigError
from tocsin.front.project import load_project

BIN = Path(sys.executable).parent
ROOT = Path(__file__).parents[4]


def git(*words: str) -> str:
    person = ("-c", "user.name=A", "-c", "user.email=a@b.c")
    return subprocess.run(
        ["git", *person, *words],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ).stdout


def committed(message: str) -> str:
    git("add", ".")
    return git("commit", "--message", message)


def tocsin(*words: str | Path) -> Result:
    return CliRunner().invoke(main_group, [str(word) for word in words])


def test_new_repository_passes_validate_and_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tocsin("init", tmp_path / "det").exit_code == 0
    monkeypatch.chdir(tmp_path / "det")
    validated = tocsin("validate")
    assert (
        validated.exit_code,
        "1 detection without errors; no findings" in validated.output,
    ) == (
        0,
        True,
    )
    tested = tocsin("test", "--format", "json")
    assert tested.exit_code == 0
    verdicts = json.loads(tested.stdout)
    assert [v["status"] for v in verdicts] == ["passed"] * 4


def test_detection_is_new_each_time_and_checks_are_silent(tmp_path: Path) -> None:
    ids = set()
    for name in ("one", "two"):
        tocsin("init", tmp_path / name)
        project = load_project(tmp_path / name)
        assert run_checks(project) == []
        assert project.settings.project.name == name
        ids.add(UUID(project.queries[0].detection.id))
    assert len(ids) == 2
    assert {each.version for each in ids} == {4}


def test_becomes_a_git_repository_that_ignores_local_state(tmp_path: Path) -> None:
    result = tocsin("init", tmp_path / "det", "--format", "json")
    assert json.loads(result.stdout)["git"] is True
    (tmp_path / "det" / ".tocsin" / "local").mkdir(parents=True)
    (tmp_path / "det" / ".tocsin" / "local" / "x").touch()
    status = ["git", "-C", str(tmp_path / "det"), "status", "--porcelain", "-uall"]
    listed = subprocess.run(status, capture_output=True, text=True, check=True).stdout
    assert ".pre-commit-config.yaml" in listed
    assert ".tocsin" not in listed


def test_what_commands_write_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tocsin("init", tmp_path / "det")
    monkeypatch.chdir(tmp_path / "det")
    committed("first")
    for command in (
        "lock",
        "plan --env local --out plan.json",
        "plan --env local --out local.plan.json",
        "apply --env local --plan plan.json",
        "compile --target kafka-filter --out build",
        "coverage --out coverage --env local",
        "test --junit junit.xml",
    ):
        assert tocsin(*command.split()).exit_code == 0, command
    assert git("status", "--porcelain", "-uall") == "?? tocsin.lock\n"


@pytest.mark.parametrize("hook", ["", "tocsin test --changed-since HEAD"])
def test_first_commit_passes_the_hooks(
    hook: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of the project itself; and that of this repository for others, which has no HEAD."""
    tocsin("init", tmp_path / "det")
    monkeypatch.chdir(tmp_path / "det")
    monkeypatch.setenv("PATH", str(BIN), prepend=os.pathsep)
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "cache"))
    hooks = Path(".pre-commit-config.yaml")
    hooks.write_text(
        hooks.read_text().replace("entry: tocsin test", f"entry: {hook or 'tocsin test'}")
    )
    subprocess.run(["pre-commit", "install"], check=True)
    said = committed("first")
    assert [line.rsplit(".", 1)[1] for line in said.splitlines() if "..." in line] == ["Passed"] * 2
    Path("rules/app/admin-role-granted.yml").write_text("title: broken\n")
    with pytest.raises(subprocess.CalledProcessError):
        committed("second")


def test_inside_a_repository_no_other_is_made(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    result = tocsin("init", tmp_path / "detections", "--format", "json")
    assert json.loads(result.stdout)["git"] is False
    assert not (tmp_path / "detections" / ".git").exists()


def test_empty_repository_is_taken(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    assert tocsin("init", tmp_path).exit_code == 0
    assert (tmp_path / "tocsin.toml").is_file()


def test_used_folder_is_refused_untouched(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    result = tocsin("init", tmp_path)
    assert isinstance(result.exception, ConfigError)
    assert result.exception.exit_code == 2
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    assert isinstance(tocsin("init", tmp_path / "f").exception, ConfigError)


@pytest.mark.parametrize("name", ['quo"te', "back\\slash", "dollar$name", "ünï cöde"])
def test_any_folder_name(name: str, tmp_path: Path) -> None:
    assert tocsin("init", tmp_path / name).exit_code == 0
    assert load_project(tmp_path / name).diagnostics == ()


def test_hooks_and_output_name_real_commands(tmp_path: Path) -> None:
    output = tocsin("init", tmp_path / "det").output
    assert "tocsin test" in output
    hooks = (tmp_path / "det" / ".pre-commit-config.yaml").read_text()
    assert r"files: \.(ya?ml|toml)$" in hooks


def test_hooks_file_is_valid(tmp_path: Path) -> None:
    tocsin("init", tmp_path / "det")
    file = tmp_path / "det" / ".pre-commit-config.yaml"
    subprocess.run([sys.executable, "-m", "pre_commit", "validate-config", str(file)], check=True)


PLACE = f"acme/tocsin@{'a' * 40}"
GITLAB = ("--data-transform", "gitlab-ci", "--builtin-schema", "vendor.gitlab-ci")


def follows(schema: tuple[str, ...], *files: Path) -> None:
    words = [str(BIN / "check-jsonschema"), *schema, *map(str, files)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(params=["github", "gitlab"])
def content(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A content repository with its pipeline."""
    folder = tmp_path / str(request.param)
    made = tocsin("init", folder, "--ci", request.param, "--tocsin", PLACE)
    assert made.exit_code == 0, made.output
    return folder


def test_a_pipeline_leaves_the_project_as_good(
    content: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(content)
    assert run_checks(load_project(content)) == []
    assert set(load_project(content).settings.environments) == {"local", "prod"}
    committed("first")
    for command in (
        "lock",
        "source add aws_cloudtrail",
        "new second-one --source aws_cloudtrail",
        "validate",
        "test",
        "plan --env prod",
    ):
        assert tocsin(*command.split()).exit_code == 0, command


def test_workflows_for_github_are_well_formed_and_secure(tmp_path: Path) -> None:
    tocsin("init", tmp_path / "det", "--ci", "github", "--tocsin", PLACE)
    folder = tmp_path / "det" / ".github"
    workflows = sorted((folder / "workflows").glob("*.yml"))
    calls = ["approve", "comment", "deploy", "drift", "mute", "promote", "review", "rollback"]
    calls.append("agree")
    assert {file.stem for file in workflows} == {*calls, "reviewed"}
    follows(("--builtin-schema", "vendor.github-workflows"), *workflows)
    words = [str(BIN / "zizmor"), "--offline", "--quiet", str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for name in calls:
        file = folder / "workflows" / f"{name}.yml"
        for job in yaml.safe_load(file.read_text())["jobs"].values():
            called, _, commit = job["uses"].partition("@")
            assert (ROOT / called.removeprefix("acme/tocsin/")).is_file()
            assert job["with"]["tocsin"] == commit == "a" * 40
            assert job["with"]["repository"] == "acme/tocsin"


def test_what_is_called_takes_what_is_given(tmp_path: Path) -> None:
    tocsin("init", tmp_path / "det", "--ci", "github", "--tocsin", PLACE)
    callers = [*(tmp_path / "det/.github/workflows").glob("*.yml")]
    callers += (ROOT / ".github/workflows").glob("*.yml")
    for file in callers:
        for job in yaml.safe_load(file.read_text())["jobs"].values():
            if "uses" not in job:
                continue
            name = job["uses"].partition("@")[0].rpartition("/")[2]
            called = yaml.safe_load((ROOT / ".github/workflows" / name).read_text())
            inputs = called[True]["workflow_call"]["inputs"]
            needed = {key for key, given in inputs.items() if given.get("required")}
            assert needed <= set(job["with"]) <= set(inputs), file
            rights = [each.get("permissions", {}) for each in called["jobs"].values()]
            given = {("contents", "read"), *job["permissions"].items()}
            assert all(each.items() <= given for each in rights)


def test_the_pipeline_for_gitlab_is_well_formed(tmp_path: Path) -> None:
    tocsin("init", tmp_path / "det", "--ci", "gitlab", "--tocsin", PLACE)
    file = tmp_path / "det" / ".gitlab-ci.yml"
    follows(GITLAB, file)
    given = yaml.safe_load(file.read_text())
    text = (ROOT / ".ci" / "gitlab.yml").read_text()
    shared = yaml.safe_load(text.replace("!reference ", ""))
    assert given["include"] == [
        {"project": "acme/tocsin", "ref": "a" * 40, "file": "/.ci/gitlab.yml"}
    ]
    jobs = {name: job for name, job in given.items() if name not in ("include", "variables")}
    assert {job["extends"] for job in jobs.values()} <= set(shared)
    assert {need for job in jobs.values() for need in job.get("needs", ())} <= set(jobs)


def test_schemas_take_what_is_there(content: Path) -> None:
    schemas = content / ".vscode" / "schemas"
    for kind, files in {
        "rule": [f for f in ROOT.glob("detections/rules/**/*.yml") if ".test." not in f.name],
        "cases": [*ROOT.glob("detections/rules/**/*.test.yml")],
        "source": [*ROOT.glob("detections/sources/*.yml")],
        "settings": [ROOT / "detections/tocsin.toml", content / "tocsin.toml"],
    }.items():
        schema = json.loads((schemas / f"{kind}.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        judge = jsonschema.Draft202012Validator(schema)
        for file in files:
            for given in read(file):
                assert [e.message for e in judge.iter_errors(given)] == [], file
    named = json.loads((content / ".vscode" / "settings.json").read_text())
    for place in [*named["yaml.schemas"], *named["evenBetterToml.schema.associations"].values()]:
        assert (content / place).is_file()


def read(file: Path) -> list[Any]:
    if file.suffix == ".toml":
        return [tomllib.loads(file.read_text())]
    return list(yaml.safe_load_all(file.read_text()))


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("rule", {"title": "x", "level": "urgent"}),
        ("rule", {"title": "x", "tocsin": {"ower": "me"}}),
        ("cases", {"cases": [{"name": "x", "events": [], "expect": {}}]}),
        ("source", {"source": "A"}),
        ("settings", {"environments": {"x": {"kind": "local"}}}),
    ],
)
def test_schemas_refuse_mistakes(kind: str, wrong: dict[str, Any]) -> None:
    schema = json.loads(tocsin("schema", kind).stdout)
    assert not jsonschema.Draft202012Validator(schema).is_valid(wrong)


@pytest.mark.parametrize(
    "place", ["", "acme/tocsin", "acme/tocsin@main", f"tocsin@{'a' * 40}", f"a/b@{'a' * 39}"]
)
def test_a_pipeline_needs_a_commit(tmp_path: Path, place: str) -> None:
    result = tocsin("init", tmp_path / "det", "--ci", "github", "--tocsin", place)
    assert isinstance(result.exception, ConfigError)
    assert not (tmp_path / "det").exists()


def test_a_pipeline_below_the_root_of_a_repository_is_told(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    words = ("--ci", "github", "--tocsin", PLACE)
    below = tocsin("init", tmp_path / "below", *words)
    assert "takes effect only in the root of a repository" in below.stderr
    subprocess.run(["git", "init", "-q", str(tmp_path / "other")], check=True)
    assert "takes effect" not in tocsin("init", tmp_path / "other", *words).stderr


def test_a_commit_needs_a_pipeline(tmp_path: Path) -> None:
    assert isinstance(tocsin("init", tmp_path / "det", "--tocsin", PLACE).exception, ConfigError)
