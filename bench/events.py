"""Seeded process-creation events (Sysmon event 1, flat JSON) for the benchmark.

`python -m bench.events realistic --events 100000` makes a file, unless it is in the cache, and
prints its path. The same arguments and code give the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import orjson
import platformdirs

from bench.population import Line, Population, Program, hashes, populate
from bench.templates import guid

Event = dict[str, Any]

DOMAIN = "NORTHWIND"
FIRST = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
CONSTANT = {
    "Provider_Name": "Microsoft-Windows-Sysmon",
    "Provider_Guid": "5770385F-C22A-43E0-BF4C-06F5698FFBD9",
    "EventID": 1,
    "Version": 5,
    "Level": 4,
    "Task": 1,
    "Opcode": 0,
    "Keywords": "0x8000000000000000",
    "Channel": "Microsoft-Windows-Sysmon/Operational",
    "Execution_ProcessID": 3308,
    "Security_UserID": "S-1-5-18",
    "RuleName": "-",
}
"""What all events have."""
SEARCHED = (
    "Image",
    "CommandLine",
    "ParentImage",
    "ParentCommandLine",
    "OriginalFileName",
    "Description",
    "Product",
    "Company",
    "FileVersion",
    "Hashes",
    "IntegrityLevel",
    "User",
    "ParentUser",
    "CurrentDirectory",
    "LogonId",
)
"""Fields that process-creation rules look at; in `norepeat` each value of these is new."""


@dataclass(frozen=True, slots=True)
class DataSet:
    """What kind of events. `fresh`: every command line is new; `norepeat`: every value is."""

    name: str
    attacks: float
    fresh: bool = False
    norepeat: bool = False


DATA_SETS = {
    each.name: each
    for each in (
        DataSet("realistic", attacks=0.02),
        DataSet("quiet", attacks=0.0),
        DataSet("fresh", attacks=0.02, fresh=True),
        DataSet("norepeat", attacks=0.02, fresh=True, norepeat=True),
        DataSet("attacks", attacks=0.5),
    )
}
"""`attacks` is no measure of speed: it is what the sets of matches are compared on."""


def events(kind: DataSet, seed: int) -> Iterator[Event]:
    """Events without end."""
    rng = Random(f"{kind.name}/{seed}")  # noqa: S311 - repeatable, not secret
    population = populate(Random(seed))  # noqa: S311 - repeatable, not secret
    machine = _Machines(population, rng)
    for number, (line, attack) in enumerate(_lines(kind, population, rng)):
        event = machine.event(line, number)
        if kind.fresh and attack:
            event["CommandLine"] += f" {rng.getrandbits(64):016x}"
            event["ParentCommandLine"] += f" {rng.getrandbits(64):016x}"
        yield _unrepeated(event, rng) if kind.norepeat else event


def _lines(kind: DataSet, population: Population, rng: Random) -> Iterator[tuple[Line, bool]]:
    common = population.fresh if kind.fresh else population.background
    weights = None if kind.fresh else population.weights
    while True:
        for line in rng.choices(common, weights, k=5000):
            attack = rng.random() < kind.attacks
            yield (rng.choice(population.attacks), True) if attack else (line, False)


class _Machines:
    """Puts lines on machines: who, where, when, and the ids that Sysmon gives."""

    def __init__(self, population: Population, rng: Random) -> None:
        self.hosts = population.hosts
        self.by_user = {user: host for host, user in population.hosts}
        self.rng = rng
        self.sessions = {
            host: (guid(rng), rng.randrange(0x20000, 0x900000)) for host, _ in self.hosts
        }

    def event(self, line: Line, number: int) -> Event:
        """The event of a start; times advance by about 4 ms an event."""
        rng = self.rng
        host, owner = self.hosts[int(rng.random() * len(self.hosts))]
        if line.user:
            host, owner = self.by_user[line.user], line.user
        moment = FIRST + timedelta(milliseconds=4 * number + rng.randrange(4))
        prefix = self.sessions[host][0][:8]
        return {
            **CONSTANT,
            "TimeCreated_SystemTime": f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z",
            "EventRecordID": 4_000_000 + number,
            "Execution_ThreadID": rng.randrange(1000, 9000, 4),
            "Computer": host,
            "UtcTime": f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03}",
            "ProcessGuid": self._process(prefix, moment),
            "ProcessId": rng.randrange(1000, 30000, 4),
            **self._program(line.program),
            "CommandLine": line.text.fill(rng),
            "CurrentDirectory": self._directory(line.who, owner),
            **self._session(line.who, host, owner),
            "Hashes": line.program.hashes,
            "ParentProcessGuid": self._process(prefix, moment),
            "ParentProcessId": rng.randrange(500, 30000, 4),
            "ParentImage": line.parent.path.fill(rng),
            "ParentCommandLine": line.parent_text.fill(rng),
        }

    def _program(self, program: Program) -> Event:
        return {
            "Image": program.path.fill(self.rng),
            "FileVersion": program.version,
            "Description": program.description,
            "Product": program.product,
            "Company": program.company,
            "OriginalFileName": program.original,
        }

    def _session(self, who: str, host: str, owner: str) -> Event:
        user, number, integrity = self._account(who, owner)
        logon, logon_id = self.sessions[host]
        return {
            "User": user,
            "LogonGuid": logon,
            "LogonId": f"0x{logon_id:x}" if who == "user" else "0x3e7",
            "TerminalSessionId": number,
            "IntegrityLevel": integrity,
            "ParentUser": user,
        }

    def _account(self, who: str, owner: str) -> tuple[str, int, str]:
        """User, session and integrity level."""
        if who == "system":
            return "NT AUTHORITY\\SYSTEM", 0, "System"
        if who == "service":
            return "NT AUTHORITY\\LOCAL SERVICE", 0, "System"
        level = "High" if self.rng.random() < 0.15 else "Medium"
        return f"{DOMAIN}\\{owner}", 1, level

    def _directory(self, who: str, owner: str) -> str:
        if who != "user" or self.rng.random() < 0.5:
            return "C:\\Windows\\System32\\"
        return f"C:\\Users\\{owner}\\"

    def _process(self, prefix: str, moment: datetime) -> str:
        stamp = f"{int(moment.timestamp()):08X}"
        tail = self.rng.getrandbits(48)
        return f"{prefix}-{stamp[4:]}-{stamp[:4]}-{tail >> 32:04X}-{tail & 0xFFFFFFFF:012X}"


def _unrepeated(event: Event, rng: Random) -> Event:
    """The event with a value in each searched field that was never there before.

    The ends of paths and the starts of texts stay, since rules look at these.
    """
    for field in ("Image", "ParentImage"):
        folder, _, file = event[field].rpartition("\\")
        event[field] = f"{folder}\\{rng.getrandbits(64):016x}\\{file}"
    for field in SEARCHED:
        if field in ("Image", "ParentImage", "Hashes"):
            continue
        event[field] = f"{event[field]} {rng.getrandbits(64):016x}"
    event["Hashes"] = hashes(f"{rng.getrandbits(64)}")
    return event


def cache_folder() -> Path:
    """Folder of made files: below `TOCSIN_CACHE`, else the user's cache folder."""
    override = os.environ.get("TOCSIN_CACHE")
    root = Path(override) if override else platformdirs.user_cache_path("tocsin")
    return root.expanduser().absolute() / "bench"


def made(kind: DataSet, count: int, seed: int = 7) -> Path:
    """The file of JSON lines with the first `count` events of a data set, made if need be."""
    path = _path(kind, count, seed, "jsonl")
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        with part.open("wb") as out:
            for event in islice(events(kind, seed), count):
                out.write(orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE))
        part.replace(path)
    return path


def made_parquet(kind: DataSet, count: int, seed: int = 7) -> Path:
    """The same events as a Parquet file, one column a field, in the same order."""
    import duckdb  # noqa: PLC0415 - only this needs it

    path = _path(kind, count, seed, "parquet")
    if not path.exists():
        part = path.with_suffix(f".{os.getpid()}.part")
        lines = made(kind, count, seed)
        types = {k: _sql_type(v) for k, v in next(events(kind, seed)).items()}
        with duckdb.connect() as connection:
            relation = connection.read_json(str(lines), columns=types, format="newline_delimited")
            relation.write_parquet(str(part), compression="zstd")
        part.replace(path)
    return path


def _sql_type(value: Any) -> str:
    return "BIGINT" if isinstance(value, int) else "VARCHAR"


def _path(kind: DataSet, count: int, seed: int, suffix: str) -> Path:
    return cache_folder() / f"{kind.name}-{count}-{seed}-{_key(kind)}.{suffix}"


def _key(kind: DataSet) -> str:
    """Digest of the data set's parameters and of all that makes events."""
    here = Path(__file__).parent
    digest = hashlib.sha256(orjson.dumps(asdict(kind)))
    files = [here / f"{name}.py" for name in ("events", "population", "templates")]
    for file in (*files, *sorted((here / "data").glob("*.yml"))):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def main() -> None:
    """Make a data set and print its path."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=DATA_SETS)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--parquet", action="store_true")
    given = parser.parse_args()
    make = made_parquet if given.parquet else made
    print(make(DATA_SETS[given.kind], given.events, given.seed))


if __name__ == "__main__":
    main()
