"""What the shell offers, and that it is quick and silent."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from conftest import Tocsin
from tocsin.cache import FOLDER
from tocsin.cli.main import main_group
from unit.cli.payments import Run, rule

OFFERS = [
    ("plan --env", "", ["local", "staging"]),
    ("worker --env", "st", ["staging"]),
    ("promote x --to", "lo", ["local"]),
    ("coverage --env", "lo", ["local"]),
    ("new slug --source", "", ["payments_audit"]),
    ("worker --source", "pay", ["payments_audit"]),
    ("explain", "payout", ["payout-changed"]),
    ("explain", "7a3c", ["7a3cea38-0920-5c94-987d-85da03efc023"]),
    ("rollback --env local", "refund", ["refund-abroad"]),
    ("history", "nothing", []),
    ("compile --target", "k", ["kafka-filter"]),
    ("conformance --backend", "flink", ["flink-sql"]),
    ("test --engine", "", ["all", "duckdb", "evaluator", "flink", "kafka", "spark"]),
    ("scan --engine", "m", ["matcher"]),
    ("engines up", "k", ["kafka"]),
    ("source add", "aws", ["aws_cloudtrail"]),
    ("validate --level", "w", ["warning"]),
    ("", "val", ["validate"]),
    ("scan", "--ru", ["--rules"]),
    ("rollback --env local --to", "", []),
]


def offered(shell: type[ShellComplete], words: str, begun: str) -> list[str]:
    complete = shell(main_group, {}, "tocsin", "_TOCSIN_COMPLETE")
    return [item.value for item in complete.get_completions(words.split(), begun)]


@pytest.fixture(params=["", "bash_complete"], ids=["loaded", "kept"])
def completed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, root: Path) -> Path:
    """The project, with commands as they are loaded and as they are kept for completion."""
    monkeypatch.setenv("_TOCSIN_COMPLETE", request.param)
    monkeypatch.setenv(FOLDER, str(root.parent / "cache"))
    return root


@pytest.mark.parametrize(("words", "begun", "expected"), OFFERS)
def test_what_is_offered(completed: Path, words: str, begun: str, expected: list[str]) -> None:
    assert completed == Path.cwd()
    for _ in ("made", "kept"):
        assert offered(BashComplete, words, begun) == expected


@pytest.mark.parametrize("shell", [ZshComplete, FishComplete])
def test_in_every_shell(root: Path, shell: type[ShellComplete]) -> None:
    assert offered(shell, f"plan --project {root / 'detections'} --env", "l") == ["local"]


def test_releases_are_those_of_the_environment(run: Run) -> None:
    run("apply --yes")
    assert offered(BashComplete, "rollback --env local --to", "") == ["1"]


def test_versions_are_those_of_the_rule_in_releases(run: Run, root: Path) -> None:
    run("apply --yes")
    rule(root, "refund-abroad", "action: refund.begin")
    run("apply --yes")
    for named in ("refund-abroad", "refund"):
        assert offered(BashComplete, f"rollback {named} --env local --to", "") == ["1", "2"]
    assert offered(BashComplete, "rollback payout --env local --to", "") == ["1"]
    assert offered(BashComplete, "rollback nothing --env local --to", "") == []


@pytest.mark.parametrize("words", ["plan --env", "explain", "new x --source"])
@pytest.mark.parametrize("text", ["[environments", "\xff", None])
def test_a_broken_project_offers_nothing_and_is_silent(
    tocsin: Tocsin, tmp_path: Path, words: str, text: str | None
) -> None:
    if text is not None:
        (tmp_path / "tocsin.toml").write_text(text, encoding="latin-1")
    line = f"tocsin {words} "
    asked = {
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split())),
        "_TOCSIN_COMPLETE": "bash_complete",
    }
    assert tocsin(env=asked, cwd=tmp_path) == (0, "\n", "")


def test_names_that_a_shell_would_obey_are_not_offered(root: Path) -> None:
    settings = root / "detections" / "tocsin.toml"
    settings.write_text('[environments."$(touch x)"]\n[environments."a b"]\n[environments.c]\n')
    assert offered(BashComplete, "plan --env", "") == ["c"]


HEAVY = """
import sys
from tocsin.cli.main import main
try:
    main()
finally:
    print("heavy:", sorted({"sigma", "duckdb", "sqlglot", "git", "pydantic"} & set(sys.modules)))
"""


def test_a_kept_command_is_completed_without_what_runs_it(root: Path) -> None:
    asked = {
        "COMP_WORDS": "tocsin plan --env ",
        "COMP_CWORD": "3",
        "_TOCSIN_COMPLETE": "bash_complete",
        FOLDER: str(root.parent / "cache"),
    }
    said = [
        subprocess.run(
            [sys.executable, "-c", HEAVY], capture_output=True, text=True, check=True, env=asked
        ).stdout
        for _ in range(2)
    ]
    assert said[1] == "plain,local\nplain,staging\nheavy: []\n"
