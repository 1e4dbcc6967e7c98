"""`tocsin compile`: artifacts as files, the same bytes each time, refusals said aloud."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

import pytest
from click import UsageError
from click.testing import CliRunner, Result

from small_project import write_project
from tocsin.backend import registry
from tocsin.backend.base import Endpoints, Support
from tocsin.cli.main import main_group
from tocsin.errors import ConfigError, EngineError, Unsupported
from tocsin.front.project import load_project
from tocsin.ir.correlation import NODE_TYPES
from tocsin.ir.query import Query
from tocsin.ir.walk import kinds_of
from tocsin.model.artifact import Artifact, Job, Match

CONTENT = Path(__file__).parents[4] / "detections"
RULE = """\
title: Role Granted
id: {id}
logsource: {{product: app, service: audit}}
detection:
  selection: {{{selection}}}
  condition: selection
tocsin:
  deploy: {{local: {mode}}}
"""


def rule(number: int, selection: str = "action: role.grant", mode: str = "live") -> str:
    id_ = f"00000000-0000-4000-8000-{number:012}"
    return RULE.format(id=id_, selection=selection, mode=mode)


class Plain:
    """A backend that writes its queries down, and takes no regular expressions."""

    name = "plain"
    engine = "none"
    needs: tuple[str, ...] = ()
    capabilities: ClassVar = {
        node.__name__: Support.NOTYET if node.__name__ == "Regex" else Support.YES
        for node in NODE_TYPES
    }

    def compile(self, query: Query) -> Artifact:
        if "Cidr" in kinds_of(query.expr):
            raise Unsupported("Cidr", "no-addresses", "192.0.2.0/24")
        detection = query.detection
        names = (detection.id, detection.key, self.name, query.source.name, query.logic)
        return Artifact(*names, suffix="txt", body=query.logic.encode())

    def run(self, jobs: list[Job], endpoints: Endpoints) -> list[list[Match]]:
        raise NotImplementedError


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of two rules, and the backend `plain` beside the installed ones."""
    load = registry.load
    monkeypatch.setattr(registry, "load", lambda name: Plain() if name == "plain" else load(name))
    root = write_project(
        tmp_path / "project",
        {"rules/app/one.yml": rule(1), "rules/app/two.yml": rule(2, "actor.id|endswith: x")},
    )
    monkeypatch.chdir(root)
    return root


def compiled(*words: str | Path) -> Result:
    return CliRunner().invoke(main_group, ["compile", *map(str, words)])


def counts(*words: str | Path) -> Any:
    return json.loads(compiled(*words, "--format", "json").stdout)


def tree(folder: Path) -> dict[str, bytes]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def test_files_tables_and_manifest(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = compiled("--target", "batch-sql", "--target", "plain", "--out", out)
    assert result.exit_code == 0
    files = tree(out)
    assert set(files) == {
        "batch-sql/app_audit/_tables.sql",
        "batch-sql/app_audit/one.sql",
        "batch-sql/app_audit/two.sql",
        "plain/app_audit/one.txt",
        "plain/app_audit/two.txt",
        "manifest.json",
    }
    manifest = json.loads(files.pop("manifest.json"))
    assert manifest == {path: sha256(body).hexdigest() for path, body in files.items()}
    assert files["plain/app_audit/one.txt"].decode() == load_project(root).queries[0].logic


@pytest.mark.usefixtures("root")
def test_statements_are_written_where_a_file_beside_them_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def files(_: object) -> dict[str, bytes]:
        raise EngineError("building needs Maven (mvn)", hint="install it")

    monkeypatch.setattr(type(registry.load("flink-sql")), "files", files)
    result = compiled("--target", "flink-sql", "--target", "batch-sql", "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "flink-sql: the statements lack a file that they need: building needs" in result.stderr
    assert "hint: install it" in result.stderr
    written = tree(tmp_path / "out")
    assert {"flink-sql/app_audit/one.sql", "batch-sql/app_audit/one.sql"} <= set(written)
    assert not [path for path in written if path.endswith(".jar")]


@pytest.mark.usefixtures("root")
def test_without_out_only_the_counts() -> None:
    result = compiled("--target", "plain")
    assert result.exit_code == 0
    assert result.stdout.split() == ["backend", "compiled", "refused", "plain", "2", "0"]


def test_refusals_are_findings_and_counted(root: Path) -> None:
    (root / "rules" / "app" / "two.yml").write_text(rule(2, "action|re: x.y"))
    (root / "rules" / "app" / "three.yml").write_text(rule(3, "client.ip|cidr: 192.0.2.0/24"))
    result = compiled("--target", "plain")
    assert result.exit_code == 1
    assert (
        "two.yml:1:1: error TOC900: plain refuses this detection: its engine cannot evaluate"
        in result.stderr
    )
    found = counts("--target", "plain")["plain"]
    assert (found["compiled"], found["refused"]) == (1, 2)
    assert found["reasons"] == [
        {"node": "Cidr", "reason": "no-addresses", "count": 1},
        {"node": "Regex", "reason": "notyet", "count": 1},
    ]
    assert "192.0.2.0/24" in found["refusals"][0]["message"]
    assert [a["path"] for a in found["artifacts"]] == ["plain/app_audit/one.txt"]


def test_environment_chooses_backend_and_detections(root: Path) -> None:
    (root / "rules" / "app" / "two.yml").write_text(rule(2, mode="off"))
    found = counts("--env", "local")
    assert {name: each["compiled"] for name, each in found.items()} == {"batch-sql": 1}
    assert counts("--env", "local", "--target", "plain")["plain"]["compiled"] == 0


def test_removed_detection_leaves_the_folder_and_strangers_stay(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    compiled("--target", "plain", "--target", "batch-sql", "--out", out)
    (out / "plain" / "app_audit" / "mine.txt").write_text("x")
    (root / "rules" / "app" / "two.yml").unlink()
    compiled("--target", "plain", "--out", out)
    left = set(tree(out))
    assert "plain/app_audit/two.txt" not in left
    assert {
        "plain/app_audit/one.txt",
        "plain/app_audit/mine.txt",
        "batch-sql/app_audit/two.sql",
    } <= left
    assert set(json.loads((out / "manifest.json").read_text())) == left - {
        "manifest.json",
        "plain/app_audit/mine.txt",
    }


@pytest.mark.usefixtures("root")
def test_any_sigma_files_over_one_table_of_texts(tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "a.yml").write_text(rule(1, "Some.Field|contains: x"))
    (folder / "b.yml").write_text(
        rule(2).replace("{action: role.grant}", "[needle]").replace("app", "strange")
    )
    result = compiled(folder, "--target", "batch-sql", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    files = tree(tmp_path / "out")
    assert {"batch-sql/events/a.sql", "batch-sql/events/b.sql"} <= set(files)
    assert b"Some.Field" in files["batch-sql/events/_tables.sql"]


def test_broken_rules_are_said_and_the_rest_is_compiled(root: Path) -> None:
    (root / "rules" / "app" / "two.yml").write_text("title: x")
    result = compiled("--target", "plain")
    assert result.exit_code == 1
    assert "TOC020" in result.stderr
    assert result.stdout.split()[-3:] == ["plain", "1", "0"]


# --- mistakes ----------------------------------------------------------------------------------


def refused(*words: str | Path) -> ConfigError:
    error = compiled(*words).exception
    assert isinstance(error, ConfigError)
    return error


@pytest.mark.usefixtures("root")
def test_unknown_backend() -> None:
    assert "batch-sql" in refused("--target", "sqlite").hint


@pytest.mark.usefixtures("root")
def test_unknown_environment() -> None:
    assert refused("--env", "prod").hint == "environments: local"


def test_environment_and_paths_do_not_go_together(root: Path) -> None:
    result = CliRunner().invoke(
        main_group, ["compile", str(root), "--env", "local"], standalone_mode=False
    )
    assert isinstance(result.exception, UsageError)


@pytest.mark.usefixtures("root")
def test_two_detections_of_one_name_are_never_one_file(tmp_path: Path) -> None:
    for number, folder in enumerate(("a", "b")):
        (tmp_path / "rules" / folder).mkdir(parents=True)
        (tmp_path / "rules" / folder / "one.yml").write_text(rule(number))
    error = refused(tmp_path / "rules", "--target", "plain", "--out", tmp_path / "out")
    assert error.message.endswith("would both be plain/events/one.txt")
    assert not (tmp_path / "out").exists()


def test_name_that_leads_out_of_the_folder(root: Path, tmp_path: Path) -> None:
    text = rule(1).replace("logsource", "name: ../../../outside\nlogsource")
    (root / "rules" / "app" / "one.yml").write_text(text)
    result = compiled("--target", "plain", "--out", tmp_path / "a" / "out")
    assert result.exit_code != 0
    assert not list(tmp_path.rglob("outside*"))


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("text", ["[]", "{", '{"../../project/tocsin.toml": 1}'])
def test_foreign_manifest(text: str, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "manifest.json").write_text(text)
    assert "is not a manifest" in refused("--target", "plain", "--out", tmp_path / "out").message


def test_manifest_cannot_remove_what_lies_outside(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "manifest.json").write_text('{"plain/../../project/tocsin.toml": "x"}')
    assert "outside" in refused("--target", "plain", "--out", out).message
    assert (root / "tocsin.toml").exists()
