"""Reads the ATT&CK version that is part of the package; nothing here needs a network."""

from __future__ import annotations

import json
from collections import defaultdict
from functools import lru_cache
from importlib.resources import files
from typing import Any

from tocsin.model.attack import Attack, Retired, Tactic, Technique
from tocsin.model.attack_strategies import Analytic, AttackStrategies, DetectionStrategy

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


def parse_strategies(data: bytes) -> AttackStrategies | None:
    """The strategies in such a file, None where it has none. Raises as `parse_attack`."""
    raw = json.loads(data)
    if "strategies" not in raw:
        return None
    found: dict[str, list[DetectionStrategy]] = defaultdict(list)
    for id_, (technique, name, analytics) in raw["strategies"].items():
        own = tuple(_analytic(each, raw["log_sources"]) for each in analytics)
        found[technique].append(DetectionStrategy(id_, technique, name, own))
    by_technique = {technique: tuple(own) for technique, own in found.items()}
    return AttackStrategies(raw["strategies_version"], by_technique)


def _analytic(raw: list[Any], names: list[str]) -> Analytic:
    id_, platforms, places = raw
    return Analytic(id_, tuple(platforms), tuple(names[place] for place in places))
