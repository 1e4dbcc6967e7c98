"""Mutated records (lock, settings, live table, release, saved plan): read, or refused in our words.

`python -m faults.fuzz_records [COUNT] [SEED]` from `tests/` prints what is neither, and figures.
"""

from __future__ import annotations

import copy
import json
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploying import Spec, World
from tocsin.canonical import digest
from tocsin.cli.plan_text import plan_text
from tocsin.deploy.local import LocalTarget
from tocsin.errors import TocsinError
from tocsin.front.project import read_settings
from tocsin.plan import explain, saved
from tocsin.state.lock import read_lock
from tocsin.state.release import decode, encode, sealed
from tocsin.state.since import since
from tocsin_runtime.worker.folder import read_deployment

SETTINGS = b"""[project]
name = "shop"
[environments.local]
kind = "local"
backend = "batch-sql"
path = "out"
[environments.stream]
kind = "kafka"
backend = "kafka-filter"
bootstrap = "env:A"
partitions = 3
canary = 0.5
[environments.stream.backends]
shop = "flink-sql"
"""
LOCK = b"# head\na 1 v1 " + b"0" * 64 + b"\nb%20c 2 v22 " + b"a" * 64 + b"\n"
NASTY: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 10**30, -(10**30), 1e308, float("inf"), float("nan"), 0.5),
    *("", "x", "\0", "\ud800", "../../x", "/x", "a\nb", "0001-01-01T00:00:00+23:59", "garbage"),
    *([], {}, [[]], [1], {"a": {}}, [None], ["x"] * 50, "x" * 5000),
)
BYTES = (b"\0", b"\xff", b"[" * 3000, b"{", b'"', b"9" * 6000, b"\r", b"\xef\xbb\xbf", b"=", b"'''")


@dataclass(frozen=True, slots=True)
class Kind:
    """A record: its name, a sound one, and all that reads it."""

    name: str
    sound: bytes
    read: Callable[[bytes], object]


def kinds(folder: Path) -> list[Kind]:
    """All records, of a release that was made in this folder."""
    world = World(folder / "repository")
    bundle = world.plan({"a": Spec(), "b": Spec(body="b2")})
    release = world.apply(bundle)
    live = world.folder / "live.json"

    def lock(data: bytes) -> object:
        (folder / "tocsin.lock").write_bytes(data)
        return read_lock(folder).render()

    def settings(data: bytes) -> object:
        (folder / "tocsin.toml").write_bytes(data)
        return repr(read_settings(folder))

    def table(data: bytes) -> object:
        live.write_bytes(data)
        found = LocalTarget(world.folder, "local").observe()
        return found.digest, read_deployment(world.folder, "local")

    def plan(data: bytes) -> object:
        (folder / "plan.json").write_bytes(data)
        read = saved.read(folder / "plan.json").plan
        shown = json.dumps(explain.as_json(read))
        return plan_text(read), explain.markdown(read), shown, read.digest

    return [
        Kind("tocsin.lock", LOCK, lock),
        Kind("tocsin.toml", SETTINGS, settings),
        Kind("live.json", live.read_bytes(), table),
        Kind("release.json", encode(release), _release),
        Kind("plan.json", json.dumps(saved.to_json(bundle)).encode(), plan),
    ]


def _release(data: bytes) -> object:
    release = decode(data, "0" * 40)
    sealed(data)
    return encode(release), release.counts, since([release])


def mutant(sound: bytes, chance: random.Random) -> bytes:
    """One to three changes of the bytes, or of the JSON value where it is one."""
    if sound.startswith(b"{") and chance.random() < 0.7:
        value = json.loads(sound)
        for _ in range(chance.randint(1, 3)):
            value = _altered(value, chance)
        if isinstance(value, dict) and "plan" in value and chance.random() < 0.8:
            with suppress(Exception):
                value["digest"] = digest(value["plan"])
        return json.dumps(value, ensure_ascii=chance.random() < 0.5).encode(
            "utf-8", "surrogatepass"
        )
    data = bytearray(sound)
    for _ in range(chance.randint(1, 3)):
        at, end = sorted(chance.randrange(len(data) + 1) for _ in range(2))
        piece = chance.choice([*BYTES, bytes(data[at : at + 40]), bytes([chance.randrange(256)])])
        short = chance.random() < 0.8
        data[at : at + chance.randint(0, 3) if short else end] = piece
    return bytes(data)


def _altered(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict | list) and value and chance.random() < 0.9:
        value = copy.copy(value)
        keys = list(value) if isinstance(value, dict) else range(len(value))
        key = chance.choice(keys)
        if chance.random() < 0.1:
            del value[key]
        else:
            value[key] = _altered(value[key], chance)
        return value
    return chance.choice(NASTY)


def tried(count: int, seed: int, folder: Path) -> Iterator[tuple[str, bytes, str, float]]:
    """Kind, bytes, what became of it ("read", "refused", or an error of ours), seconds of CPU."""
    chance = random.Random(seed)
    every = kinds(folder)
    for number in range(count):
        kind = every[number % len(every)]
        data = mutant(kind.sound, chance)
        begun = time.process_time()
        try:
            kind.read(data)
            became = "read"
        except TocsinError:
            became = "refused"
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what we look for
            became = f"{type(error).__name__}: {error}"[:200]
        yield kind.name, data, became, time.process_time() - begun


def main() -> None:
    """Run and print; exit code 1 if something was neither read nor refused."""
    count, seed = (int(word) for word in [*sys.argv[1:], "10000", "13"][:2])
    seen: Counter[tuple[str, str]] = Counter()
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for name, data, became, seconds in tried(count, seed, Path(folder)):
            fine = became in ("read", "refused")
            seen[name, became if fine else "BROKEN"] += 1
            slowest = max(slowest, seconds)
            if not fine:
                print(f"{name}: {became}\n  {data[:300]!r}")  # noqa: T201
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(*sorted(seen.items()), f"slowest {slowest:.2f} s, peak {peak} MiB", sep="\n")  # noqa: T201
    sys.exit(any(what == "BROKEN" for _, what in seen))


if __name__ == "__main__":
    main()
