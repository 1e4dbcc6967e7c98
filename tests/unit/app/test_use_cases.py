"""The use cases as an API or a notebook calls them: values in, values out, no terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploying import git
from tocsin.app.apply import apply_project
from tocsin.app.cases import run_cases, to_test
from tocsin.app.consent import Given
from tocsin.app.environment import OpenEnvironment, open_environment
from tocsin.app.history import releases, releases_of
from tocsin.app.lock import update_lock
from tocsin.app.new import start_detection
from tocsin.app.plan import plan_project, saved_plan
from tocsin.app.rollback import plan_rollback, roll_back
from tocsin.app.scan import load_scan, run_scan
from tocsin.app.status import status_of
from tocsin.app.templates import project_files
from tocsin.app.validate import validate
from tocsin.app.verify import Against, verify_environment
from tocsin.cli.main import COMMANDS
from tocsin.diagnostics import FindingsError
from tocsin.errors import ConfigError
from tocsin.plan import saved
from tocsin.plan.steps import Plan
from tocsin.progress import Notify, Progress, T, silent

KEY = "admin_role_granted"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A new content repository, in git, with its lock."""
    folder = tmp_path / "content"
    for path, text in project_files(name="payments", id="0" * 8, date="2026-01-01").items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace("00000000", "6a5c5c5e-3c0b-4a3e-9a58-3f0f5ad7a111"), "utf-8")
    git(folder, "init", "-q", "-b", "main")
    update_lock(folder, write=True)
    return folder


class Told(Progress):
    """Keeps what is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.stages: list[str] = []

    def notify(self, note: str) -> None:
        self.notes.append(note)

    @contextmanager
    def stage(self, name: str) -> Iterator[Notify]:
        self.stages.append(name)
        yield silent

    def track(self, things: Sequence[T], name: str) -> Sequence[T]:
        self.stages.append(f"{name}: {len(things)}")
        return things


def deploy(opened: OpenEnvironment) -> list[Plan]:
    """Apply the project; the plans that were reviewed."""
    reviewed: list[Plan] = []
    apply_project(opened, None, Given(), None, reviewed.append)
    return reviewed


def test_a_release_and_the_way_back(root: Path) -> None:
    told = Told()
    opened = open_environment("local", root, progress=told)
    assert status_of(opened).release is None
    [plan] = deploy(opened)
    assert [step.after.key for step in plan.steps if hasattr(step, "after")] == [KEY]
    found = status_of(opened)
    assert found.ok
    assert found.release is not None
    assert found.as_json()["release"] == found.release.record
    start_detection(root, "second-one", "app_audit", title="", level="low")
    update_lock(root, write=True)
    deploy(opened)
    assert len(plan_rollback(opened, None, "1").plan.steps) == 1
    back = roll_back(opened, None, "1", Given(), lambda _: None)
    assert back is not None
    assert [row["release"] for row in releases(opened)] == [3, 2, 1]
    assert [row["action"] for row in releases_of(opened, KEY)] == ["added"]
    assert not verify_environment(opened, Against()).findings
    assert all("warning" in note for note in told.notes)


def test_an_apply_names_its_stages(root: Path) -> None:
    told = Told()
    deploy(open_environment("local", root, progress=told))
    assert told.stages == [
        "reading the project",
        "compiling: 1",
        "looking at what runs in local",
        "running the cases of what is deployed",
        "checking that nothing moved since the plan",
        "placing artifacts: 1",
        "switching to release 1",
        "removing artifacts: 0",
        "recording the release",
    ]


def test_a_reviewer_stops_a_plan(root: Path) -> None:
    class RefusedError(Exception):
        pass

    def refuse(_: Plan) -> None:
        raise RefusedError

    opened = open_environment("local", root)
    with pytest.raises(RefusedError):
        apply_project(opened, None, Given(), None, refuse)
    assert opened.ledger.last() is None


def test_a_saved_plan_is_for_its_environment(root: Path, tmp_path: Path) -> None:
    opened = open_environment("local", root)
    file = tmp_path / "plan"
    saved.write(plan_project(opened), file)
    assert saved_plan(opened, file).plan.environment == "local"
    settings = root / "tocsin.toml"
    other = '[environments.other]\nkind = "local"\nbackend = "batch-sql"\n'
    settings.write_text(f"{settings.read_text()}\n{other}")
    with pytest.raises(ConfigError, match="a plan for local, not for other"):
        saved_plan(open_environment("other", root), file)


def test_errors_of_a_project_are_told_all(root: Path) -> None:
    rule = root / "rules" / "app" / "admin-role-granted.yml"
    rule.write_text(rule.read_text().replace("condition: ", "condition: not_there or "))
    with pytest.raises(FindingsError) as refused:
        plan_project(open_environment("local", root))
    found = validate([root])
    assert refused.value.found == found.found
    assert refused.value.exit_code == 1
    assert found.sound == 0


def test_cases_and_a_scan(root: Path, tmp_path: Path) -> None:
    given = to_test([root], None)
    notes: list[str] = []
    verdicts = list(run_cases(given.queries, ("evaluator",), notes.append))
    assert verdicts
    assert all(verdict.ok for verdict in verdicts)
    events = tmp_path / "events.jsonl"
    events.write_text('{"action": "other"}\n')
    loaded = load_scan([root / "rules"], [events], flatten=True, ignore_logsource=True)
    result = run_scan(loaded, "evaluator")
    assert (len(loaded.queries), len(loaded.events), list(result.matches)) == (1, 1, [])


def test_every_command_is_a_module() -> None:
    folder = Path(__file__).parents[3] / "compiler" / "tocsin" / "cli" / "commands"
    assert {f.stem for f in folder.glob("*.py")} - {"__init__"} == COMMANDS.keys()
