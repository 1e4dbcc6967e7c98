"""Run the benchmark: `python -m bench.run` (see docs/performance.md)."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from bench.contenders import CONTENDERS, REFERENCE, ROOT, UnavailableError
from bench.differences import Sample, differences, sampled
from bench.machine import described
from bench.measure import Commands, Failure, Row, Run, figures, interleaved
from bench.rules import OWN, growing, main_rules
from bench.schedule import QUICK, STREAMED, Schedule, Sizes

RECORD = Path(__file__).parent / "results" / "recorded.json"
IMAGES = ROOT / "docs" / "images"
PAGE = ROOT / "docs" / "performance.md"
PARTS = ("stream", "batch", "growth", "differences")


class Benchmark:
    """Goes through a schedule, and collects rows, failures and differences."""

    def __init__(self, schedule: Schedule, core: int, console: Console) -> None:
        self.schedule = schedule
        self.commands = Commands(core)
        self.console = console
        self.rows: list[Row] = []
        self.failures: dict[tuple[str, str], Failure] = {}
        self.differences: list[Row] = []
        self.samples: list[Sample] = []

    def run(self, parts: Sequence[str], sets: Sequence[str]) -> None:
        """All parts that are asked for, with progress on the terminal."""
        for title, runs in self._groups(parts, sets):
            repeats = 1 if runs[0].part == "differences" else self.schedule.sizes.repeats
            with self._progress() as progress:
                task = progress.add_task(title, total=len(runs) * repeats)
                for number, run in interleaved(runs, repeats):
                    progress.update(task, description=f"{title}: {run.contender.title}")
                    self._one(number, run)
                    progress.advance(task)
                progress.update(task, description=title)

    def _groups(
        self, parts: Sequence[str], sets: Sequence[str]
    ) -> Iterator[tuple[str, Sequence[Run]]]:
        schedule = self.schedule
        if "stream" in parts:
            for data in sets:
                self.console.print(f"events of the set {data} …", style="dim")
                if runs := schedule.stream(data):
                    yield f"lines, {data}", runs
        if "batch" in parts and (runs := schedule.batch()):
            yield "Parquet, realistic", runs
        if "growth" in parts:
            for step in schedule.steps:
                if runs := schedule.growth(step):
                    yield f"growth, {step.count:,} rules", runs
        if "differences" in parts:
            file, self.samples = sampled(schedule.sizes.sample, schedule.seed)
            count = sum(len(sample.numbers) for sample in self.samples)
            if runs := schedule.differences(file, count):
                yield "differences from the evaluator", runs

    def _one(self, number: int, run: Run) -> None:
        key = (run.contender.name, run.part)
        if key in self.failures:
            return
        try:
            row = figures(run, self.commands)
        except UnavailableError as reason:
            self.failures[key] = Failure(*key, str(reason))
            self.console.print(f"{run.contender.title}: {reason}", style="yellow")
            return
        where = {"part": run.part, "data": run.data, "rules": run.rules.count}
        self.rows.append({**where, "round": number, **row, "name": run.contender.name})
        if run.matches and run.contender.name != REFERENCE:
            right = run.matches.with_name(f"{REFERENCE}.tsv")
            for found in differences(self.samples, right, run.matches):
                self.differences.append({"name": run.contender.name, **asdict(found)})

    def _progress(self) -> Progress:
        columns = (SpinnerColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        text = TextColumn("{task.description}")
        return Progress(*columns, text, console=self.console)


def main() -> None:
    """Measure, write the results, and renew the page and its plots."""
    given = _arguments()
    if given.renew:
        renew()
        return
    console = Console(stderr=True)
    sizes = _sizes(given)
    rules = main_rules(given.rules)
    if rules.path == OWN:
        console.print(f"rules: {rules.title}", style="yellow")
    steps = growing(rules, whole=not given.rules)
    schedule = Schedule(sizes, given.seed, rules, tuple(steps), frozenset(given.only))
    benchmark = Benchmark(schedule, given.core, console)
    benchmark.run(given.part or PARTS, given.data or STREAMED)
    out: Path = given.out or _default_out(given)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(_record(benchmark, quick=given.quick), indent=1) + "\n", "utf-8")
    console.print(f"results: {out}")
    if out.resolve() == RECORD:
        renew()


def renew() -> None:
    """Draw the plots and write the tables of the page, from the record."""
    from bench.plots import draw  # noqa: PLC0415 - matplotlib, which only this needs

    draw(json.loads(RECORD.read_text("utf-8")), IMAGES)
    cog = [sys.executable, "-m", "cogapp", "-r", str(PAGE)]
    subprocess.run(cog, cwd=ROOT, check=True, stdout=sys.stderr)


def _record(benchmark: Benchmark, *, quick: bool) -> dict[str, Any]:
    schedule = benchmark.schedule
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "quick": quick,
        "seed": schedule.seed,
        "sizes": asdict(schedule.sizes),
        "rules": {"title": schedule.main.title, "count": schedule.main.count},
        "machine": described(),
        "runs": benchmark.rows,
        "failures": [asdict(each) for each in benchmark.failures.values()],
        "differences": benchmark.differences,
    }


def _sizes(given: argparse.Namespace) -> Sizes:
    sizes = QUICK if given.quick else Sizes()
    if given.events:
        sizes = replace(sizes, events=given.events)
    return replace(sizes, repeats=given.repeats) if given.repeats else sizes


def _default_out(given: argparse.Namespace) -> Path:
    """The record, for a whole run alone: parts of one would replace what was measured."""
    whole = not (given.quick or given.only or given.part or given.data or given.rules)
    return RECORD if whole else ROOT / "build" / "bench.json"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    names = [each.name for each in CONTENDERS]
    parser.add_argument("--only", nargs="+", choices=names, default=[], help="these contenders")
    parser.add_argument("--part", nargs="+", choices=PARTS, help="these parts")
    parser.add_argument("--data", nargs="+", choices=STREAMED, help="these sets of lines")
    parser.add_argument("--quick", action="store_true", help="small sizes, one round: a smoke test")
    parser.add_argument("--renew", action="store_true", help="measure nothing, renew the page")
    parser.add_argument("--events", type=int, help="events of the fast contenders (1,000,000)")
    parser.add_argument("--repeats", type=int, help="rounds (3)")
    parser.add_argument("--rules", type=Path, help="a folder of rules instead of SigmaHQ's")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--core", type=int, default=0, help="the processor's core that all run on")
    parser.add_argument(
        "--out", type=Path, help="results as JSON; that of the page: " + RECORD.name
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
