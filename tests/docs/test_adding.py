"""What has to be written to add something is as CONTRIBUTING.md says."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import page_blocks
from authoring import project, rule, write
from tocsin.backend.registry import GROUP
from tocsin.check import checks
from tocsin.cli.main import COMMANDS
from tocsin.front.project import load_project
from tocsin_server.sinks.base import GROUP as SINKS

ROOT = Path(__file__).parents[2]
ROWS = re.findall(
    r"^\| (.+?) \| .* \| (.+?) \|$", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE
)
FILES = dict(ROWS)
PACKAGE = "1 folder, 1 entry point"


def modules(*roots: str) -> Iterator[tuple[str, str]]:
    """Modules below these folders: path and text."""
    for root in roots:
        for path in sorted((ROOT / root).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text("utf-8")


@pytest.mark.parametrize("code", checks())
def test_a_check_is_two_files(code: str) -> None:
    page = ROOT / f"docs/checks/{code}.md"
    own = [p for p, text in modules("compiler") if f'CODE = "{code}"' in text]
    assert len(own) + page.is_file() == int(FILES["a check"])
    registered = re.compile(rf"\b{Path(own[0]).stem}\b")
    listed = [p for p, text in modules("compiler/tocsin/check") if registered.search(text)]
    assert listed == []


def test_a_source_is_one_file(tmp_path: Path) -> None:
    root = project(tmp_path, {"refund.yml": rule(logsource={"product": "till", "service": "a"})})
    assert load_project(root).queries == ()
    source = """\
        source: till
        title: Till
        logsources: [{product: till, service: a}]
        time: {field: time, lateness: 5m}
        fields: {action: string, time: timestamp}
        """
    write(root / "sources/till.yml", source)
    assert [query.source.name for query in load_project(root).queries] == ["till"]
    assert FILES["a source"] == "1"


def test_a_command_is_two_files() -> None:
    folder = ROOT / "compiler/tocsin/cli/commands"
    assert {p.stem for p in folder.glob("*.py")} - {"__init__"} == COMMANDS.keys()
    assert FILES["a command"] == "2"


def test_a_backend_is_a_folder_and_an_entry_point() -> None:
    points = entry_points(group=GROUP)
    names = {point.name for point in points} | {p.value.partition(".")[0] for p in points}
    known = re.compile("|".join(rf"[\"']{name}[\"'.:]|\bimport {name}\b" for name in names))
    imports = re.compile("|".join(rf"\b(?:from|import) {name}\b" for name in names))
    for path, text in modules("compiler", "runtime"):
        assert not known.search(text), path
        assert not imports.search(text), path
    assert FILES["a batch backend"] == FILES["a streaming backend"] == PACKAGE
    for kind in ("toml entry point", "toml streaming entry point"):
        written = tomllib.loads(page_blocks.block("adding-a-backend.md", kind))
        assert len(written["project"]["entry-points"][GROUP]) == 1


def test_a_kind_of_sinks_is_a_file_and_an_entry_point() -> None:
    for point in entry_points(group=SINKS):
        module = re.compile(rf"\b{re.escape(point.module)}\b")
        assert [p for p, text in modules("compiler", "runtime") if module.search(text)] == []
    assert FILES["a kind of sinks"] == "1 file, 1 entry point"


def test_backends_are_asked_for_declared_members_only() -> None:
    found = [
        path
        for path, text in modules("compiler", "runtime", "backends")
        if _looks_up_members(text) and "tocsin.backend" in text
    ]
    assert found == []


def _looks_up_members(text: str) -> bool:
    calls = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
    return any(isinstance(c.func, ast.Name) and c.func.id in ("getattr", "hasattr") for c in calls)
