"""Reads the ATT&CK version that is part of the package; nothing here needs a network."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files

from tocsin.model.attack import Attack, Retired, Tactic, Technique

DATA = "data/attack-v19.json"


@lru_cache(maxsize=1)
def load_attack() -> Attack:
    """The shipped version; a few milliseconds the first time."""
    return parse_attack(attack_data())


def attack_data() -> bytes:
    """The bytes of its file."""
    return (files("tocsin.front") / DATA).read_bytes()


def parse_attack(data: bytes) -> Attack:
    """The version in the bytes of such a file. Raises ValueError, KeyError or TypeError."""
    raw = json.loads(data)
    return Attack(
        version=raw["version"],
        domain=raw["domain"],
        tactics=tuple(Tactic(id_, short, name) for short, (id_, name) in raw["tactics"].items()),
        techniques={
            id_: Technique(id_, name, tuple(tactics))
            for id_, (name, tactics) in raw["techniques"].items()
        },
        retired={id_: Retired(id_, name, to) for id_, (name, to) in raw["retired"].items()},
        retired_tactics={old: tuple(new) for old, new in raw["retired_tactics"].items()},
    )
