"""Folders of rules for a run: all of one, the first n by id, or a whole corpus."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from bench.contenders import ROOT
from bench.events import cache_folder
from bench.protocol import rule_files

GROWTH = (10, 100, 1000)
OWN = ROOT / "detections" / "rules"
PROCESS_CREATION = Path("rules/windows/process_creation")
_ID = re.compile(r"^id:\s*(\S+)", re.MULTILINE)
_PLACEHOLDER = re.compile(r"\|expand\b")


@dataclass(frozen=True, slots=True)
class RuleFolder:
    """A folder of rule files: how many there are, and what tables call it."""

    path: Path
    count: int
    title: str


def corpus() -> Path | None:
    """SigmaHQ's rules beside the checkout, or where TOCSIN_SHARED says."""
    given = os.environ.get("TOCSIN_SHARED")
    folder = (Path(given) if given else ROOT.parent / "shared") / "corpus" / "sigmahq"
    return folder if folder.is_dir() else None


def main_rules(given: Path | None) -> RuleFolder:
    """The rules that contenders are compared on."""
    if given:
        return _folder(given, given.name)
    found = corpus()
    if found is None:
        return _folder(OWN, "the project's own rules, as SigmaHQ's are not beside the checkout")
    return _folder(found / PROCESS_CREATION, "SigmaHQ, Windows process creation")


def growing(main: RuleFolder, *, whole: bool) -> list[RuleFolder]:
    """The first 10, 100, 1,000 rules by id, and with `whole` all of the corpus."""
    made = [_first(main, count) for count in GROWTH if count <= main.count]
    found = corpus() if whole else None
    return made + ([_whole(found)] if found else [])


def _folder(path: Path, title: str) -> RuleFolder:
    return RuleFolder(path, len(rule_files(path)), title)


def _first(main: RuleFolder, count: int) -> RuleFolder:
    by_id = sorted(rule_files(main.path), key=_id)
    return _copied(by_id[:count], f"{main.path.name}-{count}", f"first {count:,} by id")


def _whole(corpus_folder: Path) -> RuleFolder:
    """All rules but those with placeholders, which need values that nobody has here."""
    files = [f for part in sorted(corpus_folder.glob("rules*")) for f in rule_files(part)]
    plain = [file for file in files if not _PLACEHOLDER.search(file.read_text("utf-8"))]
    return _copied(plain, "whole", "all of SigmaHQ")


def _copied(files: list[Path], name: str, title: str) -> RuleFolder:
    """The files in a flat folder of the cache, made anew: every contender takes a folder."""
    folder = cache_folder() / "rules" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number, file in enumerate(files):
        shutil.copy(file, folder / f"{number:05}-{file.name}")
    return RuleFolder(folder, len(files), title)


def _id(file: Path) -> str:
    found = _ID.search(file.read_text("utf-8"))
    return found[1] if found else file.name
