"""Files that a pull request may hold, with something changed: every command ends within bounds.

`python -m faults.mutants [COUNT] [SEED]` from `tests/` prints what breaks one, and figures.
"""

from __future__ import annotations

import copy
import random
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from faults.fuzz import SETTINGS, TARGETS, Commands, Input, Run, run, warm

ROOT = Path(__file__).parents[2]
VALIDATE = (("validate",), ("validate", "--format", "json"))
COMMANDS = (
    ("test",),
    ("compile", *TARGETS),
    ("scan", "--rules", "rules", "--events", "events.jsonl"),
    ("scan", "--engine", "matcher", "--rules", "rules", "--events", "events.jsonl"),
    ("lock",),
    ("plan", "--env", "local"),
)
NASTY: tuple[Any, ...] = (
    *(None, True, 0, -1, 2**64, 10**400, 1e308, float("inf"), float("nan"), 0.5),
    *("", "*", "\\", "%p%", "\0", "a\nb", "[/x]", "${env:HOME}", "../../x", "1 of *a*a*b", "a~"),
    *("(a+)+$", "::/0", "10.0.0.1/8", "0001-01-01", "x" * 3000, "é" * 300, "\u202eabc"),
    *([], {}, [[]], [None], {"a": {}}, {"": 1}, ["x"] * 300, [{"a": [1]}]),
)
KEYS = ("f|re", "f|cidr", "f|contains|all", "f|base64offset|contains", "f|expand", "f|hour|gte")
KEYS += ("f|fieldref", "f|windash|wide", "f|", "|re", "", "condition", "timeframe", "id", "tocsin")
GROUP = 50
"""Mutants that one process takes."""
EVENT = b'{"action": "a", "user": "root", "eventName": "ConsoleLogin", "EventID": 1}\n'
BESIDE = {
    "placeholders/admins.txt": b"root\nadmin*\n",
    "tocsin.toml": SETTINGS,
    "tocsin.lock": b"a 11111111-1111-4111-8111-111111111111 v1 " + b"0" * 64 + b"\n",
    "events.jsonl": EVENT * 3,
}
BYTES = (b"\0", b"\xff", b"[" * 3000, b"{", b'"', b"9" * 6000, b"\r", b"\xef\xbb\xbf", b"&a *a")
BYTES += (b"!!python/name:os.system", b"<<: *a", b"\xe2\x80\xae", b"---\n", b"- " * 500, b": ")


def seeds() -> list[dict[str, bytes]]:
    """Projects of one detection each: its file, cases and sources, and all other kinds of files."""
    content = ROOT / "detections"
    found = []
    for rule in sorted((content / "rules").rglob("*.yml")):
        if not rule.name.endswith(".test.yml"):
            product = rule.relative_to(content / "rules").parts[0]
            sources = (content / "sources").glob(f"{product}_*.yml")
            names = [rule, *sources, *content.glob(f"rules/{product}/{rule.stem}.test.yml")]
            found.append({str(n.relative_to(content)): n.read_bytes() for n in names} | BESIDE)
    return found


def mutants(count: int, seed: int) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Projects with one to three changes each in one file."""
    rng = random.Random(seed)
    sound = seeds()
    for number in range(count):
        files = dict(rng.choice(sound))
        rules = [name for name in files if name.startswith("rules/")]
        name = rng.choice(rules) if rng.random() < 0.7 else rng.choice(sorted(files))
        data = files[name]
        for _ in range(rng.choice((1, 1, 2, 3))):
            data = _changed(data, rng)
        yield f"{seed}.{number} {name}", files | {name: data}


def _changed(data: bytes, rng: random.Random) -> bytes:
    if rng.random() < 0.35:
        at = rng.randrange(len(data) + 1)
        return data[:at] + rng.choice(BYTES) + data[at + rng.choice((0, 0, 1, 20)) :]
    try:
        return _changed_value(data, rng)
    except (yaml.YAMLError, ValueError, RecursionError):
        return data


def _changed_value(data: bytes, rng: random.Random) -> bytes:
    documents = list(yaml.load_all(data, yaml.CSafeLoader))
    if places := [place for document in documents for place in _places(document)]:
        _change(*rng.choice(places), rng)
    text = yaml.dump_all(documents, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True)
    return text.encode("utf-8", "surrogatepass")


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, member in list(pairs) if isinstance(value, dict | list) else ():
        yield value, key
        if isinstance(member, dict | list):
            yield from _places(member)


def _change(holder: Any, key: Any, rng: random.Random) -> None:
    kind = rng.randrange(4)
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(holder, dict):
        holder[rng.choice(KEYS)] = copy.deepcopy(holder[key])
    elif kind == 2:
        holder[key] = {"x": [copy.deepcopy(holder[key])] * 3}
    else:
        holder[key] = copy.deepcopy(rng.choice(NASTY))


def tried(count: int, seed: int) -> Iterator[Run]:
    """`validate` and one more command on each mutant, every command as often."""
    made = enumerate(mutants(count, seed))
    while group := list(islice(made, GROUP)):
        yield from run([Input(name, files, _commands(number)) for number, (name, files) in group])


def _commands(number: int) -> Commands:
    return VALIDATE[number % 2], COMMANDS[number % len(COMMANDS)]


def main() -> None:
    """Run and print; exit code 1 if a bound was broken."""
    count, seed = (int(a) for a in (*sys.argv[1:], *("10000", "1")[len(sys.argv) - 1 :]))
    warm()
    codes: Counter[int] = Counter()
    slowest = largest = broken = 0.0
    for number, done in enumerate(tried(count, seed), 1):
        codes[done.code] += 1
        slowest, largest = max(slowest, done.seconds), max(largest, done.memory)
        if done.broken:
            broken += 1
            print(done, done.said[-1500:], sep="\n", flush=True)  # noqa: T201
        if number % 500 == 0 or number == count:
            figures = f"codes {dict(codes)}, slowest {slowest:.1f} s, {largest / 2**20:.0f} MiB"
            print(f"{number} inputs, {broken:.0f} broken, {figures}", flush=True)  # noqa: T201
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
