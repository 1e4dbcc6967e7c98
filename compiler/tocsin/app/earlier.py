"""Detections as they were when they were released."""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tocsin.errors import LedgerError
from tocsin.front.collect import collect
from tocsin.front.item import Placeholders
from tocsin.front.place import FOLDERS
from tocsin.front.placeholders import read_placeholders
from tocsin.front.relate import relate
from tocsin.front.resolve import resolve
from tocsin.front.sources import read_sources
from tocsin.ir.query import Resolved
from tocsin.plan.steps import Plan
from tocsin.release.entry import Action, Entry
from tocsin.state.enclosed import CONTENT
from tocsin.state.git_ledger import GitLedger, Repository
from tocsin.state.release import Release

_REFERS = re.compile(rb"^(?:correlation|filter)[ \t]*:", re.MULTILINE)
_CALLED = re.compile(rb"^[ \t-]*(?:name|id)[ \t]*:[ \t]*[\"']?([^\"'\s#]+)", re.MULTILINE)
_WORD = re.compile(rb"[^\s,\[\]\"'{}()]+")


def earlier(
    ledger: GitLedger,
    root: Path,
    release: Release,
    elsewhere: Mapping[str, int],
    entries: Iterable[Entry],
) -> dict[str, Resolved]:
    """The detections behind entries, by id, out of the files that a release holds.

    `elsewhere`: of some, the number of the release that holds them. A release of form 1 holds none:
    then they are those of its source commit. Only detections whose logic is what the entry says,
    for a release may be made of files that were not committed.
    """
    held: dict[int, list[Entry]] = defaultdict(list)
    for entry in entries:
        held[elsewhere.get(entry.id, release.number)].append(entry)
    others = {each.number: each for each in ledger.numbered(held.keys() - {release.number})}
    found: dict[str, Resolved] = {}
    for number, wanted in held.items():
        holder = others.get(number, release)
        found |= _earlier(ledger.repository, holder, root, {each.id: each for each in wanted})
    return found


def _earlier(
    repository: Repository, release: Release, root: Path, wanted: Mapping[str, Entry]
) -> dict[str, Resolved]:
    try:
        with laid_out(repository, release, root, {each.file for each in wanted.values()}) as folder:
            found, _ = detections_in(folder)
    except LedgerError:  # a clone that is not deep enough
        return {}
    return {
        query.detection.id: query
        for query in found
        if (entry := wanted.get(query.detection.id)) and entry.logic == query.logic
    }


@contextmanager
def laid_out(
    repository: Repository, release: Release, root: Path, wanted: Collection[str] | None = None
) -> Iterator[Path]:
    """A folder with the project of a release: all of it, or what the rules in these files need.

    Raises LedgerError where its source commit is not here, and the release itself holds no files.
    """
    held = _files(repository, *_place(repository, release, root))
    files = {**held.others, **held.rules} if wanted is None else _needed(held, wanted)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for path, data in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        yield folder


def detections_in(folder: Path) -> tuple[tuple[Resolved, ...], Placeholders]:
    """The detections of such a folder, and the values of its placeholders."""
    sources, _ = read_sources(folder / "sources")
    values, _ = read_placeholders(folder / "placeholders")
    rules = collect([folder / "rules"] if (folder / "rules").is_dir() else [], values)
    queries = [query for rule in rules.rules if (query := resolve(rule, sources)[0])]
    return relate(rules, queries).queries, values


def _place(repository: Repository, release: Release, root: Path) -> tuple[str, str]:
    """The commit that holds the project of a release, and how its paths begin there."""
    if release.content:
        return release.commit, CONTENT
    below = root.resolve().relative_to(repository.root.resolve()).as_posix()
    return release.source.commit, "" if below == "." else f"{below}/"


@dataclass(frozen=True, slots=True)
class _Files:
    """The bytes of files by their path below the project."""

    rules: Mapping[str, bytes]
    others: Mapping[str, bytes]


def _files(repository: Repository, commit: str, start: str) -> _Files:
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


def coming_back(
    ledger: GitLedger, root: Path, commit: str, elsewhere: Mapping[str, int], plan: Plan
) -> tuple[Resolved, ...]:
    """The detections whose logic a plan brings back from the ledger, as releases hold them.

    `commit` is that of the release whose files they are, but for those `elsewhere`.
    """
    changed = [entry for entry in plan.result if entry.action is Action.CHANGED]
    releases = [each for each in ledger.releases() if each.commit == commit] if changed else []
    return tuple(
        query
        for release in releases
        for query in earlier(ledger, root, release, elsewhere, changed).values()
    )
