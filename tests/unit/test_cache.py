"""Answers of earlier runs: as if made now, whatever changed, whoever ran beside, whoever died."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import ROOT, Tocsin
from patience import SECONDS
from tocsin import cache
from tocsin.app.project import findings
from tocsin.front.project import load_project
from tocsin.plan.desired import wanted
from tocsin.state.lock import Lock
from tocsin.state.release import Revision

EDITS = int(os.environ.get("TOCSIN_EDITS", "30"))
"""Random edits of a project in each run; 200 in the recorded one, see docs/performance.md."""


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    folder = tmp_path / "cache"
    monkeypatch.delenv(cache.OFF)
    monkeypatch.setenv(cache.FOLDER, str(folder))
    return folder / cache.BELOW


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of a dozen detections, correlations and cases among them."""
    root = tmp_path / "project"
    for name in ("rules/payments", "sources"):
        shutil.copytree(ROOT / "detections" / name, root / name)
    shutil.copy(ROOT / "detections" / "tocsin.toml", root)
    (root / "placeholders").mkdir()
    (root / "placeholders" / "admins.txt").write_text("root\nops\n")
    (root / "rules" / "without-id.yml").write_text(
        "title: Broken\ndetection: {a: {b: c}, condition: d}\n"
    )
    return root


def answer(made: list[int], of: int, value: str = "made") -> list[str]:
    """Ask a table for so many answers; those that are made are counted."""

    def make(number: int) -> str:
        made.append(number)
        return f"{value} {number}"

    with cache.table("test", [Path("here")]) as known:
        return [known.answer(str(n), lambda n=n: make(n)) for n in range(of)]


def test_an_answer_is_made_once(kept: Path) -> None:
    made: list[int] = []
    assert answer(made, 3) == answer(made, 3) == ["made 0", "made 1", "made 2"]
    assert made == [0, 1, 2]
    assert kept.stat().st_mode & 0o777 == 0o700


def test_a_few_new_answers_among_many_are_made_again(kept: Path) -> None:
    made: list[int] = []
    answer(made, 1000)
    [file] = kept.iterdir()
    before = file.stat().st_mtime_ns
    answer(made, 1001)
    answer(made, 1001)
    assert made[1000:] == [1000, 1000]
    assert file.stat().st_mtime_ns == before


def test_what_is_not_asked_for_again_is_forgotten(kept: Path) -> None:
    made: list[int] = []
    answer(made, 100)
    with cache.table("test", [Path("here")]) as known:
        known.answer("0", lambda: "other")
        known.answer("new", lambda: "new")
    answer(made, 1)
    assert len(made) == 100
    answer(made, 2)
    assert made[100:] == [1]
    assert len(list(kept.iterdir())) == 1


def test_an_answer_that_cannot_be_kept_is_made_again(kept: Path) -> None:
    for _ in range(2):
        with cache.table("test", [Path("here")]) as known:
            assert callable(known.answer("a", lambda: lambda: 1, lambda _: False))
    assert not kept.exists() or not list(kept.iterdir())


@pytest.mark.parametrize("harm", ["cut", "bit", "empty", "code", "mode"])
def test_what_is_damaged_or_not_ours_is_made_again(
    harm: str, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    answer(made, 2)
    [file] = kept.iterdir()
    data = file.read_bytes()
    match harm:
        case "cut":
            file.write_bytes(data[:-3])
        case "bit":
            file.write_bytes(data[:-3] + bytes([data[-3] ^ 1]) + data[-2:])
        case "empty":
            file.write_bytes(b"")
        case "code":
            monkeypatch.setattr(cache, "fingerprint", lambda *_: b"another version".ljust(32))
        case _:
            file.chmod(0o666)
    assert answer(made, 2, "again") == ["again 0", "again 1"]
    assert made == [0, 1, 0, 1]


def test_code_that_changes_has_another_fingerprint(tmp_path: Path) -> None:
    module = tmp_path / "backend.py"
    module.write_text("ONE = 1\n")
    first = cache.fingerprint(tmp_path)
    module.write_text("TWO = 22\n")
    cache.fingerprint.cache_clear()
    assert cache.fingerprint(tmp_path) != first


@pytest.mark.parametrize("given", [{cache.OFF: "1"}, {cache.FOLDER: "/proc/nobody"}])
def test_without_a_folder_nothing_is_kept(
    given: dict[str, str], kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    made: list[int] = []
    answer(made, 2)
    answer(made, 2)
    assert made == [0, 1, 0, 1]
    assert not kept.exists()


def test_random_edits_are_seen(project: Path, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    for number, what in enumerate(edits(project, original, random.Random(20261130))):
        told = meant(project)
        monkeypatch.setenv(cache.OFF, "1")
        assert told == meant(project), f"edit {number}: {what}"
        monkeypatch.delenv(cache.OFF)
    assert {path.name.split("-")[0] for path in kept.iterdir()} == {"rules", "compiled"}


def meant(root: Path) -> list[str]:
    """All that a project says, and all that is compiled of it."""
    loaded = load_project(root)
    desired = wanted(loaded, "local", Lock(), None, Revision("0" * 40, dirty=False))
    said = [(repr(query), query.logic, query.meta, query.exact) for query in loaded.queries]
    made = [repr(each) for each in (*desired.entries, *desired.refused)]
    bodies = [body.decode() for _, body in sorted(desired.bodies.items())]
    return [*map(str, said), *map(str, findings(loaded)), *made, *bodies]


def edits(root: Path, original: dict[Path, bytes], chance: random.Random) -> Iterator[str]:
    """Edit any file in any way; after a while all is as it was."""
    for number in range(EDITS):
        file = chance.choice(sorted(path for path in root.rglob("*") if path.is_file()))
        edit = chance.choice((_word, _word, _value, _line, _copy, _move, _remove, _touch))
        if file.name == "tocsin.toml" and edit is not _touch:
            continue
        edit(file, chance)
        yield f"{edit.__name__} {file.relative_to(root)}"
        if number % 12 == 11:
            for path in (path for path in root.rglob("*") if path.is_file()):
                path.unlink()
            for path, data in original.items():
                path.write_bytes(data)
            yield "as it was"


def _word(file: Path, chance: random.Random) -> None:
    """One word in place of another."""
    text = file.read_text()
    words = sorted({word for word in text.split() if word.isalnum()}) or ["x"]
    file.write_text(text.replace(chance.choice(words), chance.choice(words), 1))


def _value(file: Path, chance: random.Random) -> None:
    """A value of another type that Python takes for equal."""
    text = file.read_text()
    for old, new in chance.sample([("1", "1.0"), ("true", "1"), ("0", "false"), ("'", '"')], 4):
        if old in text:
            file.write_text(text.replace(old, new, 1))
            return


def _line(file: Path, chance: random.Random) -> None:
    """A line less, or twice."""
    lines = file.read_text().splitlines(keepends=True)
    at = chance.randrange(len(lines)) if lines else 0
    file.write_text(
        "".join([*lines[:at], *chance.choice(([], lines[at : at + 1] * 2)), *lines[at + 1 :]])
    )


def _copy(file: Path, chance: random.Random) -> None:
    shutil.copy(file, file.with_name(f"{chance.randrange(100)}-{file.name}"))


def _move(file: Path, chance: random.Random) -> None:
    file.rename(file.with_name(f"{chance.randrange(100)}-{file.name}"))


def _remove(file: Path, _: random.Random) -> None:
    file.unlink()


def _touch(file: Path, chance: random.Random) -> None:
    os.utime(file, (0, chance.randrange(10**9)))


def test_commands_at_once_and_killed_ones_leave_a_good_cache(
    project: Path, kept: Path, child: Tocsin
) -> None:
    """Some write at the same time, some die between the bytes and the name."""
    alone = child("validate", "--format", "json", cwd=project)
    command = [sys.executable, "-m", "tocsin", "validate", "--format", "json"]
    for number in range(2):
        shutil.rmtree(kept)
        dying = {**os.environ, "TOCSIN_FAULT": "file-written"} if number == 1 else os.environ
        runs = [
            subprocess.Popen(command, cwd=project, env=env, stdout=subprocess.PIPE, text=True)
            for env in (os.environ, dying, os.environ)
        ]
        told = [run.communicate(timeout=SECONDS)[0] for run in runs]
        assert told[0] == told[2] == alone.stdout != "[]\n"
        # One that finds what another has kept writes nothing, and does not come to where it dies.
        assert runs[1].returncode in ((1, 137) if number == 1 else (1,))
        assert child("validate", "--format", "json", cwd=project).stdout == alone.stdout


def test_a_killed_command_writes_nothing_half(project: Path, kept: Path, child: Tocsin) -> None:
    """Killed at any moment; the next one is right."""
    alone = child("validate", "--format", "json", cwd=project).stdout
    command = [sys.executable, "-m", "tocsin", "validate"]
    for part in range(4):
        shutil.rmtree(kept, ignore_errors=True)
        run = subprocess.Popen(command, cwd=project, stdout=subprocess.DEVNULL)
        try:
            run.wait(0.15 * part + 0.1)
        except subprocess.TimeoutExpired:
            run.send_signal(signal.SIGKILL)
            run.wait()
        assert child("validate", "--format", "json", cwd=project).stdout == alone


def test_one_that_dies_before_the_name_leaves_no_answer(
    project: Path, kept: Path, child: Tocsin, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = child("validate", "--format", "json", cwd=project).stdout
    shutil.rmtree(kept)
    monkeypatch.setenv("TOCSIN_FAULT", "file-written")
    assert child("validate", cwd=project).code == 137
    monkeypatch.delenv("TOCSIN_FAULT")
    assert child("validate", "--format", "json", cwd=project).stdout == alone


def test_a_full_disk_leaves_what_was_kept_and_the_same_answers(
    project: Path, kept: Path, child: Tocsin
) -> None:
    """No file may grow beyond a page, as where the disk is full."""
    words = ("validate", "--format", "json")
    for edit in ("", "level:  "):
        for rule in (project / "rules").rglob("*.yml") if edit else ():
            rule.write_text(rule.read_text().replace("level: ", edit))
        before = contents(kept)
        full = subprocess.run(
            [sys.executable, "-m", "tocsin", *words],
            cwd=project,
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=no_file_beyond_a_page,
        )
        assert contents(kept) == before
        whole = child(*words, cwd=project)
        assert (full.returncode, full.stdout, full.stderr) == whole
        assert contents(kept) != before


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*")}


def no_file_beyond_a_page() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
