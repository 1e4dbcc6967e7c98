"""Files of a repository: regular ones only, inside it, read up to a bound; no link leads out."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from authoring import codes, project, rule, write
from tocsin import gate
from tocsin.cli.main import main_group
from tocsin.front.collect import collect
from tocsin.front.place import find_project
from tocsin.front.project import load_project, read_settings
from tocsin.state.lock import read_lock

ROOT = Path(__file__).parents[2]
SECRET = "S3cr3t-of-the-process"  # noqa: S105 - of this test

Put = Callable[[Path, Path], None]


def link(place: Path, outside: Path) -> None:
    place.symlink_to(outside)


def environment(place: Path, _: Path) -> None:
    place.symlink_to("/proc/self/environ")


def endless(place: Path, _: Path) -> None:
    place.symlink_to("/dev/zero")


def nowhere(place: Path, _: Path) -> None:
    place.symlink_to("nowhere")


def inside(place: Path, _: Path) -> None:
    write(place.with_name("other"), rule())
    place.symlink_to("other")


def pipe(place: Path, _: Path) -> None:
    os.mkfifo(place)


def folder(place: Path, _: Path) -> None:
    place.mkdir()


PUT = [link, environment, endless, nowhere, inside, pipe, folder]
PLACES = [
    *("rules/x.yml", "rules/refund.test.yml", "sources/x.yml", "placeholders/x.txt"),
    *("tocsin.lock", "tocsin.toml"),
]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KAFKA_SASL_PASSWORD", SECRET)
    write(tmp_path / "outside.ini", f"[a]\npassword = {SECRET}\n")
    detection = {"sel": {"action|expand": "%x%"}, "condition": "sel"}
    made = project(tmp_path / "repository", {"refund.yml": rule(detection=detection)})
    write(made / "placeholders/x.txt", "refund")
    monkeypatch.chdir(made)
    return made


def run(*words: str) -> str:
    """All that a command says; it ends neither well nor by a bug of ours."""
    done = CliRunner().invoke(main_group, words, standalone_mode=False)
    said = f"{done.output}{done.exception or ''}"
    assert done.return_value == 1 or isinstance(done.exception, gate.ConfigError), said
    assert SECRET not in said
    return said


@pytest.mark.parametrize("put", PUT, ids=lambda put: put.__name__)
@pytest.mark.parametrize("place", PLACES)
def test_no_command_reads_through(root: Path, tmp_path: Path, place: str, put: Put) -> None:
    where = root / place
    where.parent.mkdir(exist_ok=True)
    where.unlink(missing_ok=True)
    put(where, tmp_path / "outside.ini")
    if (place, put) in [("tocsin.toml", each) for each in (endless, nowhere, pipe, folder)]:
        with pytest.raises(gate.ConfigError, match=r"no tocsin\.toml"):
            find_project(root)
        return
    if place == "tocsin.toml":
        with pytest.raises(gate.UnreadError, match="is a link"):
            read_settings(root)
    elif place == "tocsin.lock":
        with pytest.raises(gate.UnreadError):
            read_lock(root)
    elif put is not folder or place.endswith(".test.yml"):
        found = [d for d in load_project(root).diagnostics if d.span.file == place]
        assert codes(found) == ["TOC001"]
        assert re.search("it is a (link|pipe|folder)", found[0].message)
        assert found[0].hint


def test_secrets_stay_out_of_cases_and_artifacts(root: Path) -> None:
    (root / "placeholders/x.txt").unlink()
    environment(root / "placeholders/x.txt", root)
    assert "it is a link" in run("validate")
    run("test")
    run("compile", "--out", "out")
    made = [file.read_text() for file in (root / "out").rglob("*") if file.is_file()]
    assert not [text for text in made if SECRET in text]


def test_nothing_is_written_through_a_link(root: Path, tmp_path: Path) -> None:
    write(tmp_path / "mine.json", "{}")
    (root / "out").mkdir()
    (root / "out/manifest.json").symlink_to(tmp_path / "mine.json")
    assert "link" in run("compile", "--out", "out")
    (root / "out/manifest.json").unlink()
    (root / "out/batch-sql").symlink_to(tmp_path)
    assert "batch-sql is a link" in run("compile", "--out", "out")
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "mine.json",
        "outside.ini",
        "repository",
    ]


def test_a_link_to_a_folder_is_said(root: Path, tmp_path: Path) -> None:
    write(tmp_path / "elsewhere/secret.yml", f"password: {SECRET}")
    (root / "rules/more").symlink_to(tmp_path / "elsewhere")
    assert "rules/more:1:1" in (said := run("validate"))
    assert "it is a link" in said
    (root / "rules/more").unlink()
    (root / "rules").rename(root / "real")
    (root / "rules").symlink_to("real")
    assert "rules:1:1" in run("validate")


def test_a_project_is_no_link(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "detections").symlink_to(root)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(gate.UnreadError, match="it is a link"):
        find_project(Path())


@pytest.mark.parametrize("word", ["rules/x.yml", "rules/below/outside.yml", "./rules/x.yml"])
def test_a_path_given_does_not_lead_out(root: Path, tmp_path: Path, word: str) -> None:
    write(tmp_path / "outside.yml", f"title: [{SECRET}")
    (root / "rules/x.yml").symlink_to(tmp_path / "outside.yml")
    (root / "rules/below").symlink_to(tmp_path)
    for command in ("validate", "compile --target batch-sql --out out"):
        assert "a link" in run(*command.split(), word)


def test_a_folder_of_anyone_is_followed(tmp_path: Path) -> None:
    write(tmp_path / "sigma/x.yml", rule())
    (tmp_path / "mine").symlink_to("sigma")
    assert len(collect([tmp_path / "mine"]).rules) == 1


def test_a_broken_file_is_not_shown_through_a_link(root: Path, tmp_path: Path) -> None:
    write(tmp_path / "outside.yml", f"title: [{SECRET}")
    (root / "rules/x.yml").symlink_to(tmp_path / "outside.yml")
    run("validate")


def test_bounds_are_on_what_is_read(tmp_path: Path) -> None:
    file = write(tmp_path / "a", b"12345")
    assert gate.read(file, 5) == b"12345"
    with pytest.raises(gate.UnreadError, match="larger than 0 KiB"):
        gate.read(file, 4)
    with pytest.raises(gate.UnreadError):  # its size is said to be 0
        gate.read(Path("/proc/self/environ").resolve(), 0)


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "a" * 5000])
def test_what_names_no_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(gate.UnreadError):
        gate.read(tmp_path / name, 10)


@pytest.mark.parametrize("text", ["[" * 100_000, "NaN", "1" * 5000, "", "{", "\xff"])
def test_what_is_no_json(tmp_path: Path, text: str) -> None:
    with pytest.raises(gate.UnreadError, match="not JSON"):
        gate.read_json(write(tmp_path / "a", text.encode("latin-1")), gate.MIB)


READS = re.compile(
    r"(?<!gate)\.(read_text|read_bytes)\(|(?<!place\.)\bopen\(|(tomllib|json)\.load\("
)
OWN = {
    "gate.py": "the gate",
    "front/attack.py": "data of the package",
    "deploy/schemas/__init__.py": "data of the package",
    "site/exports/whole.py": "data of the package",
    "site/pages/kinds.py": "data of the package",
    "app/templates/__init__.py": "data of the package",
    "app/new_key.py": "writes",
    "forge/github.py": "an archive in memory, of bounded size",
    "app/shipped_sources.py": "data of the package",
    "cache.py": "is outside of any project",
    "front/sources.py": "data of the package",
    "conformance/marks.py": "data of a package",
    "conformance/table.py": "data of the package",
    "events/reading.py": "events, which anyone names",
    "state/changes.py": "an archive from git, regular files of it",
    "files.py": "writes",
    "deploy/apply.py": "opens the journal",
    "deploy/journal.py": "is the journal",
}


def test_nothing_else_reads_files() -> None:
    """A reader of project files that is none of these goes through `tocsin.gate`."""
    top = ROOT / "compiler" / "tocsin"
    found = {str(f.relative_to(top)) for f in top.rglob("*.py") if READS.search(f.read_text())}
    assert found == OWN.keys()
