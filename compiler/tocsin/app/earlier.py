"""Detections as they were in a commit of the project's repository."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tocsin.errors import LedgerError
from tocsin.front.collect import collect
from tocsin.front.place import FOLDERS
from tocsin.front.placeholders import read_placeholders
from tocsin.front.relate import relate
from tocsin.front.resolve import resolve
from tocsin.front.sources import read_sources
from tocsin.ir.query import Resolved
from tocsin.release.entry import Entry
from tocsin.state.git_ledger import Repository

_REFERS = re.compile(rb"^(?:correlation|filter)[ \t]*:", re.MULTILINE)
_CALLED = re.compile(rb"^[ \t-]*(?:name|id)[ \t]*:[ \t]*[\"']?([^\"'\s#]+)", re.MULTILINE)
_WORD = re.compile(rb"[^\s,\[\]\"'{}()]+")


def earlier(
    repository: Repository, commit: str, root: Path, entries: Iterable[Entry]
) -> dict[str, Resolved]:
    """The detections behind entries of a release, by id, as the commit has them.

    Only those whose logic is what the release says: a release may have been made of files that
    were not committed.
    """
    wanted = {entry.id: entry for entry in entries}
    if not commit or not wanted:
        return {}
    try:
        files = _files(repository, commit, root)
    except LedgerError:  # a clone that is not deep enough
        return {}
    found = _resolved(_needed(files, {entry.file for entry in wanted.values()}))
    return {
        query.detection.id: query
        for query in found
        if (entry := wanted.get(query.detection.id)) and entry.logic == query.logic
    }


@dataclass(frozen=True, slots=True)
class _Files:
    """The bytes of files by their path below the project."""

    rules: Mapping[str, bytes]
    others: Mapping[str, bytes]


def _files(repository: Repository, commit: str, root: Path) -> _Files:
    below = root.resolve().relative_to(repository.root.resolve()).as_posix()
    start = "" if below == "." else f"{below}/"
    tree = repository.tree(commit)
    paths = [p for p in tree.files if p.startswith(start) and p not in tree.odd]
    mine = [path for path in paths if _is_part(PurePosixPath(path.removeprefix(start)))]
    stored = repository.read([tree.files[path] for path in mine])
    read = {p.removeprefix(start): s.data for p, s in zip(mine, stored, strict=True) if s}
    rules = {p: data for p, data in read.items() if p.startswith("rules/")}
    return _Files(rules, {p: data for p, data in read.items() if p not in rules})


def _is_part(path: PurePosixPath) -> bool:
    return path.parts[0] in FOLDERS and ".." not in path.parts and not path.stem.endswith(".test")


def _needed(files: _Files, wanted: Collection[str]) -> dict[str, bytes]:
    """The files of the detections that are wanted, of all filters, and of what they refer to."""
    calling = {name: p for p, data in files.rules.items() for name in _CALLED.findall(data)}
    referring = {p for p, data in files.rules.items() if _REFERS.search(data)}
    filters = {p for p in referring if b"\nfilter" in b"\n" + files.rules[p]}
    found: set[str] = set()
    left = [path for path in (*wanted, *filters) if path in files.rules]
    while left:
        path = left.pop()
        if path not in found:
            found.add(path)
            left += _named(files.rules[path], calling) if path in referring - filters else ()
    return {**files.others, **{path: files.rules[path] for path in sorted(found)}}


def _named(data: bytes, calling: Mapping[bytes, str]) -> Iterator[str]:
    yield from {calling[word] for word in _WORD.findall(data) if word in calling}


def _resolved(files: Mapping[str, bytes]) -> tuple[Resolved, ...]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for path, data in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
        sources, _ = read_sources(root / "sources")
        values, _ = read_placeholders(root / "placeholders")
        rules = collect([root / "rules"] if (root / "rules").is_dir() else [], values)
    queries = [query for rule in rules.rules if (query := resolve(rule, sources)[0])]
    return relate(rules, queries).queries
