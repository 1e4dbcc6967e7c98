"""Sigma filters of the project, from the release that brought each to the one that took it away."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import yaml

from tocsin.release.entry import Entry
from tocsin.site.history.model import EntryChange, ExceptionRecord
from tocsin.site.history.texts import beside
from tocsin.site.history.walk import ReleaseRead, Walk
from tocsin.state.enclosed import CONTENT

_RULES = f"{CONTENT}rules/"
_ENDINGS = (".yml", ".yaml")


def filters(walk: Walk, changes: Collection[EntryChange]) -> Iterator[ExceptionRecord]:
    """Each for each detection that it names, for as long as its file was as it is."""
    known = {f"{CONTENT}{path}" for c in changes for path in (c.entry.file, beside(c.entry))}
    entries = {name: c.entry for c in changes for name in (c.entry.id, c.entry.key)}
    paths = [p for p in walk.blobs.below(_RULES) if p not in known and p.endswith(_ENDINGS)]
    data = walk.blobs.read(blob for path in paths for _, blob in walk.blobs.places(path))
    for path in paths:
        for begin, end, blob in _times(walk, path):
            for told in _told(data[blob]):
                for detection in _named(told, entries, walk, begin):
                    yield _record(told, detection, (begin, end))


def _times(walk: Walk, path: str) -> Iterator[tuple[ReleaseRead, ReleaseRead | None, str]]:
    """From which release to which other one, None for none, it was this."""
    by_place = {read.place: read for read in walk.releases}
    places = walk.blobs.places(path)
    ends = [by_place[place] for place, _ in places[1:]] + [None]
    for (place, blob), end in zip(places, ends, strict=True):
        if blob:
            yield by_place[place], end, blob


def _told(data: bytes) -> list[dict[str, Any]]:
    """The filters in a file; it is none of ours if it cannot be read: releases checked it."""
    try:
        documents = list(yaml.safe_load_all(data))
    except (yaml.YAMLError, ValueError):
        return []
    return [d for d in documents if isinstance(d, dict) and isinstance(d.get("filter"), dict)]


def _named(
    told: Mapping[str, Any], entries: Mapping[str, Entry], walk: Walk, read: ReleaseRead
) -> list[str]:
    """Ids of the detections that it names, or what it calls them; one empty id for all of them."""
    rules = told["filter"].get("rules")
    if rules == "any":
        return [""]
    given = [str(name) for name in (rules if isinstance(rules, list) else [rules]) if name]
    found = []
    for name in dict.fromkeys(given):
        entry = entries.get(name)
        is_it = entry and (entry.id == name or _has_name(entry, walk, read))
        found.append(entry.id if entry and is_it else name)
    return found


def _has_name(entry: Entry, walk: Walk, read: ReleaseRead) -> bool:
    """Whether its key is the name in its file, and not only that of the file."""
    blob = walk.blobs.at(f"{CONTENT}{entry.file}", read.place)
    data = walk.blobs.read([blob]).get(blob, b"")
    wanted = re.compile(rb"^name[ ]*:[ ]*[\"']?" + re.escape(entry.key.encode()), re.MULTILINE)
    return bool(wanted.search(data))


def _record(
    told: Mapping[str, Any], detection: str, of: tuple[ReleaseRead, ReleaseRead | None]
) -> ExceptionRecord:
    begin, end = of
    words = told.get("description") or told.get("title")
    return ExceptionRecord(
        kind="filter",
        detection=detection,
        owner=str(told["author"]) if told.get("author") else None,
        reason=str(words) if words else None,
        begin=begin.made,
        end=end.made if end else "",
        ticket=None,
        release=begin.release.number,
    )
