"""CPU seconds of commands: `python -m bench.command_line NAME=TOCSIN …` (see docs/performance.md).

`TOCSIN` is the command of an installation; several are measured side by side, each command of one
after the same of the other, so that a machine that slows down slows both.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from bench.contenders import ROOT
from bench.machine import described

RECORD = Path(__file__).parent / "results" / "command_line.json"
ROUNDS = 5
SIGMAHQ = (
    "rules",
    "rules-compliance",
    "rules-emerging-threats",
    "rules-placeholder",
    "rules-threat-hunting",
)
SIZES = (1, 64, 2095, 3780)
TOML = """[project]
name = "bench"

[environments.local]
kind = "local"
path = ".tocsin/local"
backend = "batch-sql"
correlations = "batch-sql"

# Our own detections name these; nothing of them is looked up.
[environments.staging]
kind = "kafka"
backend = "kafka-filter"
bootstrap = "env:TOCSIN_BENCH_KAFKA"

[environments.prod]
kind = "kafka"
backend = "kafka-filter"
bootstrap = "env:TOCSIN_BENCH_KAFKA"
"""
RULE = """title: One
id: 11111111-2222-4333-8444-555555555555
logsource: {category: process_creation, product: windows}
detection:
  selection: {Image|endswith: '\\\\whoami.exe'}
  condition: selection
"""
EVENT = {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1, "Image": r"C:\whoami.exe"}


@dataclass(frozen=True, slots=True)
class Timed:
    """The median CPU seconds of one command of one installation."""

    command: str
    detections: int
    installation: str
    cached: bool
    seconds: float


Before = Callable[[str, Path, int], None]
"""What makes a project ready for a round, with the `tocsin` that is measured: not measured."""
TimedCommand = tuple[list[str], Before]


@dataclass(frozen=True, slots=True)
class Project:
    """A project of so many detections, one of its files, and a file of events."""

    root: Path
    detections: int
    one: str
    events: str

    def commands(self) -> dict[str, TimedCommand]:
        """What is measured, by its title."""
        scan = ["scan", "--events", self.events, "--rules"]
        plan, apply = ["plan", "--env", "local"], ["apply", "--env", "local", "--yes"]
        found: dict[str, TimedCommand] = {
            "validate": (["validate"], _as_it_is),
            "validate FILE": (["validate", self.one], _as_it_is),
            "scan": ([*scan, "rules"], _as_it_is),
            "plan, nothing to do": (plan, _as_it_is),
        }
        if self.detections == 1:
            found["scan --engine duckdb"] = [*scan, "rules", "--engine", "duckdb"], _as_it_is
        if self.deployable:
            found["apply, first"] = apply, _never_deployed
            found["plan, one change"] = plan, _one_change
            found["apply, one change"] = apply, _one_change
        return found

    @property
    def deployable(self) -> bool:
        """Whether all of its rules have a source: one without cannot be planned."""
        return self.detections != SIZES[-1]


def _as_it_is(tocsin: str, root: Path, number: int) -> None:
    del tocsin, root, number


def _never_deployed(tocsin: str, root: Path, number: int) -> None:
    """Without ledger and environment, as a project that is new."""
    del tocsin, number
    shutil.rmtree(root / ".tocsin", ignore_errors=True)
    command = ["git", "update-ref", "-d", "refs/heads/tocsin/local"]
    subprocess.run(command, cwd=root, check=True)


def _one_change(tocsin: str, root: Path, number: int) -> None:
    """All is deployed, and then one detection matches another file."""
    file = root / "rules" / "changing.yml"
    own = RULE.replace("11111111", "99999999")
    file.write_text(own.replace("whoami", f"old{number}"))
    for command in (["lock"], ["apply", "--env", "local", "--yes"]):
        subprocess.run([tocsin, *command], cwd=root, capture_output=True, check=True)
    file.write_text(own.replace("whoami", f"new{number}"))
    subprocess.run([tocsin, "lock"], cwd=root, capture_output=True, check=True)


def cpu(command: Sequence[str], root: Path, cache: Path | None) -> float:
    """User and system seconds of a command. What it finds does not matter here."""
    kept = {"TOCSIN_CACHE": str(cache)} if cache else {"TOCSIN_NO_CACHE": "1"}
    env = {**os.environ, **kept}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode > 1:
        raise SystemExit(f"{' '.join(command)}: {done.stderr}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def projects(folder: Path, shared: Path, tocsin: str) -> Iterator[Project]:
    """One rule, our own 64, 2,095 of SigmaHQ that our sources serve, and all 3,780 of its files.

    The last has rules that no source serves: it is validated and scanned, and cannot be planned.
    All have the sources of the checkout that `tocsin` is installed from, so that each version reads
    what it shipped.
    """
    sources = Path(tocsin).parents[2] / "detections" / "sources"
    yield _project(folder / "1", sources, {"one.yml": RULE})
    own = ROOT / "detections" / "rules"
    rules = {str(f.relative_to(own)): f.read_text() for f in _files(own)}
    yield _project(folder / "64", sources, rules)
    corpus = shared / "corpus" / "sigmahq"
    rules = {
        f"{part}/{file.relative_to(corpus / part)}": file.read_text()
        for part in SIGMAHQ
        for file in _files(corpus / part)
    }
    if not rules:
        return
    every = _project(folder / "all", sources, rules)
    broken = _with_errors(every.root, tocsin)
    sound = sorted(name for name in rules if f"rules/{name}" not in broken)[:2095]
    yield _project(folder / "2095", sources, {name: rules[name] for name in sound})
    yield every


def _files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.yml"))


def _with_errors(root: Path, tocsin: str) -> set[str]:
    command = [tocsin, "validate", "--format", "json"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    return {d["file"] for d in json.loads(done.stdout) if d["severity"] == "error"}


def _project(root: Path, sources: Path, rules: dict[str, str]) -> Project:
    shutil.copytree(sources, root / "sources")
    (root / "tocsin.toml").write_text(TOML)
    for name, text in rules.items():
        file = root / "rules" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    events = root / "events.jsonl"
    events.write_text(json.dumps(EVENT) + "\n")
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"]):
        who = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"]
        subprocess.run(["git", *who, *command], cwd=root, check=True)
    count = sum(not name.endswith(".test.yml") for name in rules)
    return Project(root, count, f"rules/{min(rules)}", events.name)


def measured(
    found: dict[str, Project],
    installations: dict[str, str],
    cache: Path,
    console: Console,
    only: Sequence[str],
) -> Iterator[Timed]:
    """The commands: without anything kept, and of the last with what the command has kept."""
    for name, tocsin in installations.items():
        root = found[name].root
        for command in (["lock"], ["apply", "--env", "local", "--yes"]):
            subprocess.run(
                [tocsin, *command], cwd=root, capture_output=True, check=found[name].deployable
            )
        cpu([tocsin, "validate"], root, cache / name)
    last = [*installations][-1]
    detections = found[last].detections
    for title, (arguments, ready) in found[last].commands().items():
        if only and title not in only:
            continue
        for kept in (False, True):
            names = [last] if kept else [*installations]
            seconds: dict[str, list[float]] = {name: [] for name in names}
            rounds = ROUNDS + kept
            for number in range(rounds):
                for name in names:
                    at = cache / name if kept else None
                    ready(installations[name], found[name].root, number)
                    command = [installations[name], *arguments]
                    seconds[name].append(cpu(command, found[name].root, at))
            for name, times in seconds.items():
                timed = median(times[1:] if kept else times)
                console.print(f"{detections} {title} {name} kept={kept}: {timed:.2f} s")
                yield Timed(title, detections, name, kept, round(timed, 3))


def _name_of(row: dict[str, Any]) -> tuple[int, str, str]:
    return row["detections"], row["installation"], row["command"]


def main() -> None:
    """Measure, and renew the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("installations", nargs="+", metavar="NAME=TOCSIN")
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--record", type=Path, default=RECORD)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="only these projects")
    parser.add_argument("--commands", nargs="+", default=[], help="only these commands")
    args = parser.parse_args()
    installations = dict(each.split("=", 1) for each in args.installations)
    console = Console(stderr=True)
    with TemporaryDirectory() as folder:
        each = [
            projects(Path(folder, name), args.shared, tocsin)
            for name, tocsin in installations.items()
        ]
        rows = [
            asdict(row)
            for found in zip(*each, strict=True)
            if found[-1].detections in args.sizes
            for row in measured(
                dict(zip(installations, found, strict=True)),
                installations,
                Path(folder, "cache"),
                console,
                args.commands,
            )
        ]
    kept = json.loads(args.record.read_text())["rows"] if args.record.exists() else []
    measured_now = {_name_of(row) for row in rows}
    others = (row for row in kept if row["detections"] in SIZES)
    rows += [row for row in others if _name_of(row) not in measured_now]
    record = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "machine": described(), "rows": rows}
    args.record.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
