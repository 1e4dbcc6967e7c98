"""Detections that are made up, for ledgers of any size: their files, artifacts and entries."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any
from uuid import UUID

from tocsin.release.entry import ENTRIES, Action, Entry

LEVELS = ("low", "medium", "high", "critical")
OWNERS = ("payments", "identity", "platform")
SOURCES = {
    "payments": {"product": "payments"},
    "sign-ins": {"product": "okta", "service": "okta"},
    "endpoint": {"category": "process_creation", "product": "windows"},
}
"""What rules say of the log source of each."""
_ACTS = ("Payout", "Sign-in", "Key", "Role", "Export", "Mailbox", "Token", "Backup")
_DONE = ("changed", "removed", "created", "read", "shared", "disabled", "renamed", "forwarded")
_HOW = ("by a new device", "at night", "from a new country", "by a service", "in bulk")


@dataclass(frozen=True, slots=True)
class MadeUp:
    """A detection in one state; `logic` and `words` count how often those changed."""

    number: int
    slug: str
    id: str
    title: str
    level: str
    owner: str
    source: str
    techniques: tuple[str, ...]
    controls: tuple[str, ...]
    logic: int = 1
    words: int = 1
    built: int = 1
    mode: str = "live"
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def file(self) -> str:
        """Of its rule, below the project."""
        return f"rules/{self.slug}.yml"

    @property
    def files(self) -> dict[str, bytes]:
        """Its rule and cases, by path."""
        return {
            self.file: self._rule().encode(),
            f"rules/{self.slug}.test.yml": self._cases().encode(),
        }

    @property
    def artifact(self) -> bytes:
        """What is deployed."""
        where = f"action = 'act-{self.number}' AND amount > {self.logic * 100}"
        return f"-- build {self.built}\nSELECT * FROM {self.source} WHERE {where}\n".encode()

    @property
    def entry(self) -> Entry:
        """In a release that did not change it."""
        tags = tuple(f"attack.{each.lower()}" for each in self.techniques)
        return Entry(
            id=self.id,
            key=self.slug,
            version=self.logic,
            logic=_hash(f"{self.id} {self.logic}"),
            artifact=hashlib.sha256(self.artifact).hexdigest(),
            meta=_hash(f"{self.id} {self.words} {self.level}"),
            backend="duckdb",
            source=self.source,
            path=f"duckdb/{self.slug}.sql",
            title=self.title,
            level=self.level,
            status="stable",
            owner=self.owner,
            tags=tags,
            description=f"Text {self.words}: what to do about {self.title}.",
            author="Ada <ada@example.org>",
            controls=self.controls,
            file=self.file,
            cases=2,
            mode="shadow" if self.mode == "shadow" else "live",
        )

    def record(self, action: Action = Action.UNCHANGED) -> dict[str, Any]:
        """The entry as `release.json` has it."""
        [found] = ENTRIES.dump_python((replace(self.entry, action=action),), mode="json")
        return dict(found)

    def _rule(self) -> str:
        tags = "".join(f"  - attack.{each.lower()}\n" for each in self.techniques)
        controls = ", ".join(json.dumps(each) for each in self.controls)
        return (
            f"title: {json.dumps(self.title)}\nid: {self.id}\nstatus: stable\n"
            f"level: {self.level}\ndescription: {json.dumps(self.entry.description)}\n"
            f"author: Ada <ada@example.org>\n"
            f"logsource: {json.dumps(SOURCES[self.source])}\ntags:\n{tags}"
            f"detection:\n  act:\n    action: act-{self.number}\n"
            f"    amount|gt: {self.logic * 100}\n  condition: act\n"
            f"tocsin:\n  owner: {self.owner}\n  controls: [{controls}]\n"
        )

    def _cases(self) -> str:
        event = f"{{action: act-{self.number}, amount: {self.logic * 100}"
        return (
            f"- name: above\n  events: [{event}1}}]\n  expect: {{alerts: 1}}\n"
            f"- name: below\n  events: [{event}}}]\n  expect: {{alerts: 0}}\n"
        )


def population(
    count: int, techniques: Sequence[str], titles: Sequence[str], random: Random
) -> list[MadeUp]:
    """So many detections; the first have these titles."""
    return [_one(n, techniques, titles, random) for n in range(1, count + 1)]


def _one(number: int, techniques: Sequence[str], titles: Sequence[str], random: Random) -> MadeUp:
    words = random.choice(_ACTS), random.choice(_DONE), random.choice(_HOW)
    drawn = f"{' '.join(words)} ({number})"
    return MadeUp(
        number=number,
        slug=f"{words[0].lower()}-{words[1]}-{number}",
        id=str(UUID(int=random.getrandbits(128), version=4)),
        title=titles[number - 1] if number <= len(titles) else drawn,
        level=random.choice(LEVELS),
        owner=random.choice(OWNERS),
        source=random.choice(tuple(SOURCES)),
        techniques=tuple(sorted(random.sample(techniques, random.choice((1, 1, 2))))),
        controls=random.choice(((), (), ("pci-dss-4.0:10.2.1.5",), ("nist-800-53-rev5:AC-02",))),
        mode="shadow" if random.random() < 0.1 else "live",
    )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
