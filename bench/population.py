"""What can start: the background's lines with their weights, the attacks, and lines never seen."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import yaml

from bench.templates import Makers, Template, Words, guid

DATA = Path(__file__).parent / "data"
VARIANTS = 120
"""Lines made of one entry of the background, at most."""
EXPONENT = 1.1
"""Of Zipf's law, by which the lines of an entry differ in frequency."""
ATTACK_PARENTS = (
    "cmd",
    "cmd",
    "cmd",
    "powershell",
    "powershell",
    "explorer",
    "wmiprvse",
    "svchost",
)


@dataclass(frozen=True, slots=True)
class Program:
    """An executable and its version resources."""

    path: Template
    original: str
    description: str
    product: str
    company: str
    version: str
    hashes: str


@dataclass(frozen=True, slots=True)
class Line:
    """A start of a program. `user` is the account in its text, or empty."""

    program: Program
    text: Template
    parent: Program
    parent_text: Template
    who: str
    user: str = ""


@dataclass(frozen=True, slots=True)
class Population:
    """All lines. `weights` go with `background`; `hosts` are computer and its main user."""

    background: tuple[Line, ...]
    weights: tuple[float, ...]
    attacks: tuple[Line, ...]
    fresh: tuple[Line, ...]
    hosts: tuple[tuple[str, str], ...]
    makers: Makers


def populate(rng: Random, hosts: int = 300) -> Population:
    """The population that the tables in `bench/data` and the generator's state give."""
    return _Builder(rng, hosts).build()


class _Builder:
    def __init__(self, rng: Random, hosts: int) -> None:
        self.rng = rng
        self.words: Words = {k: list(map(str, v)) for k, v in _read("words").items()}
        self.makers = Makers(self.words)
        self.hosts = tuple(self._hosts(hosts))
        self.programs = dict(self._programs())
        self.parent_texts: dict[str, Template] = {}

    def build(self) -> Population:
        background: list[Line] = []
        weights: list[float] = []
        for entry in _read("background"):
            lines = list(self._variants(entry))
            share = [1 / rank**EXPONENT for rank in range(1, len(lines) + 1)]
            weights += [entry["share"] * each / sum(share) for each in share]
            background += lines
        attacks = tuple(map(self._attack, _read("attacks")))
        fresh = tuple(map(self._fresh, _read("fresh")))
        return Population(
            tuple(background), tuple(weights), attacks, fresh, self.hosts, self.makers
        )

    def _hosts(self, count: int) -> Iterator[tuple[str, str]]:
        for number in range(count):
            yield f"NW-PC{number:04}.corp.northwind.example", self.makers.user(self.rng)

    def _programs(self) -> Iterator[tuple[str, Program]]:
        tables = _read("programs")
        for name, entry in tables["programs"].items():
            maker = tables["makers"][entry.get("maker", "microsoft")]
            yield name, self._program(entry["path"], entry["original"], entry["description"], maker)

    def _program(
        self, path: str, original: str, description: str, maker: Mapping[str, str]
    ) -> Program:
        version = Template(maker["version"], self.makers.named).fill(self.rng)
        return Program(
            path=Template(path, self.makers.named),
            original=original,
            description=description or "-",
            product=maker["product"],
            company=maker["company"],
            version=version,
            hashes=hashes(path),
        )

    def _variants(self, entry: Mapping[str, Any]) -> Iterator[Line]:
        """The entry's lines, each once; the first is the most frequent."""
        seen: set[str] = set()
        places = re.findall(r"\{(\w+)\}", entry["line"])
        tries = VARIANTS if any(map(self._is_place, places)) else 1
        for _ in range(tries):
            user = self.rng.choice(self.hosts)[1]
            text = self._fixed(entry["line"], user)
            if text not in seen:
                seen.add(text)
                yield self._line(entry, text, user if "{user}" in entry["line"] else "")

    def _line(self, entry: Mapping[str, Any], text: str, user: str) -> Line:
        return Line(
            program=self.programs[entry["program"]],
            text=Template(text, self.makers.named),
            parent=self.programs[entry["parent"]],
            parent_text=self._parent_text(entry["parent"]),
            who=entry["who"],
            user=user,
        )

    def _is_place(self, name: str) -> bool:
        known = (*self.words, *self.makers.named, "clsid", "guidbrace", "user", "host")
        return name in known

    def _fixed(self, text: str, user: str) -> str:
        """The text with its `{name}` places filled; other braces stay."""

        def value(found: re.Match[str]) -> str:
            name = found[1]
            if name in ("clsid", "guidbrace"):
                return f"{{{guid(self.rng)}}}"
            if name == "user":
                return user
            if name == "host":
                return self.rng.choice(self.hosts)[0]
            if name in self.words:
                return self.rng.choice(self.words[name])
            maker = self.makers.named.get(name)
            return maker(self.rng) if maker else found[0]

        return re.sub(r"\{(\w+)\}", value, text)

    def _parent_text(self, name: str) -> Template:
        """How a parent was started: its most frequent line without places, or just its path."""
        if name not in self.parent_texts:
            lines = [e["line"] for e in _read("background") if e["program"] == name]
            plain = [line for line in lines if not re.search(r"[<{]", line)]
            path = self.programs[name].path.fill(self.rng)
            text = plain[0] if plain else f'"{path}"'
            self.parent_texts[name] = Template(text, self.makers.named)
        return self.parent_texts[name]

    def _attack(self, entry: Mapping[str, Any]) -> Line:
        unknown = _read("programs")["makers"]["none"]
        program = (
            self._program(entry["image"], entry["original"], "-", unknown)
            if "image" in entry
            else self.programs[entry["program"]]
        )
        parent = entry.get("parent") or self.rng.choice(ATTACK_PARENTS)
        return Line(
            program=program,
            text=Template(entry["line"], self.makers.named),
            parent=self.programs[parent],
            parent_text=self._parent_text(parent),
            who="user",
        )

    def _fresh(self, entry: Mapping[str, Any]) -> Line:
        program = (
            self._program(entry["image"], "-", "-", _read("programs")["makers"]["none"])
            if "image" in entry
            else self.programs[entry["program"]]
        )
        return Line(
            program=program,
            text=Template(entry["line"], self.makers.named),
            parent=self.programs[entry["parent"]],
            parent_text=Template(entry["parent_line"], self.makers.named),
            who="user",
        )


def hashes(text: str) -> str:
    """The `Hashes` field of a file that is known by this text."""
    digest = hashlib.sha512(text.encode()).hexdigest().upper()
    more = hashlib.sha512(digest.encode()).hexdigest().upper()
    parts = (("SHA1", 40), ("MD5", 32), ("SHA256", 64), ("IMPHASH", 32))
    made, at = [], 0
    for name, length in parts:
        made.append(f"{name}={(digest + more)[at : at + length]}")
        at += length
    return ",".join(made)


_TABLES: dict[str, Any] = {}


def _read(name: str) -> Any:
    if name not in _TABLES:
        _TABLES[name] = yaml.safe_load((DATA / f"{name}.yml").read_text("utf-8"))
    return _TABLES[name]
