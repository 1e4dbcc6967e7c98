"""Results as Markdown tables: the generated parts of docs/performance.md."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.contenders import CONTENDERS

Record = dict[str, Any]
Row = dict[str, Any]

TITLES = {each.name: each.title for each in CONTENDERS}
KINDS = {each.name: each.kind for each in CONTENDERS}
SETS = {
    "realistic": "realistic: Zipf background, 2 % attacks",
    "quiet": "quiet: the background alone",
    "fresh": "fresh: every command line is new",
    "norepeat": "norepeat: every searched value is new",
}


@dataclass(frozen=True, slots=True)
class Line:
    """All rounds of one contender on one set of events with one set of rules."""

    name: str
    rounds: tuple[Row, ...]

    @property
    def title(self) -> str:
        """As tables call it."""
        return TITLES.get(self.name, self.name)

    @property
    def rates(self) -> list[float]:
        """Events a second, of each round."""
        return [row["events"] / row["seconds"] for row in self.rounds]

    @property
    def rate(self) -> float:
        """The median of the rounds."""
        return median(self.rates)

    @property
    def memory(self) -> float:
        """The most of all rounds, in MB."""
        return max(float(row["peak_rss_mb"]) for row in self.rounds)

    @property
    def load(self) -> float:
        """Seconds until all rules are ready: the median of the rounds."""
        return median(float(row["load_seconds"]) for row in self.rounds)


def read(path: Path) -> Record:
    """A file of results."""
    record: Record = json.loads(path.read_text("utf-8"))
    return record


def lines(record: Record, part: str, data: str, rules: int | None = None) -> list[Line]:
    """The lines of a part of the benchmark, fastest first."""
    found: dict[str, list[Row]] = {}
    for row in record["runs"]:
        wanted = row["part"] == part and row["data"] == data
        if wanted and rules in (None, row["rules"]):
            found.setdefault(row["name"], []).append(row)
    made = [Line(name, tuple(rows)) for name, rows in found.items()]
    return sorted(made, key=lambda line: -line.rate)


def ratio(line: Line, base: Line) -> str:
    """Of the medians, and the least and the most of rounds that ran side by side."""
    pairs = [mine / theirs for mine, theirs in zip(line.rates, base.rates, strict=False)]
    return f"{_times(line.rate / base.rate)}{_span(pairs, _times)}"


def place(record: Record) -> str:
    """When, and on what."""
    on = record["machine"]
    return (
        f"Recorded on {record['date']}: {on['processor']}, {on['cores']} cores, {on['memory']}, "
        f"{on['system']}, Python {on['python']}"
    )


def machine(record: Record) -> str:
    """One sentence on where and when, with a warning if the sizes were small."""
    sizes = record["sizes"]
    text = (
        f"{place(record)}, {record['machine']['rustc'].split(' (')[0]}; "
        f"{record['rules']['count']:,} rules ({record['rules']['title']}), "
        f"seed {record['seed']}, up to {sizes['events']:,} events, rounds: {sizes['repeats']}."
    )
    if not record["quick"]:
        return text
    return (
        f"{text}\n\n**These are figures of a quick run: small sizes, one round, a busy machine.**"
    )


def throughput(record: Record, part: str, data: str, bases: Sequence[str]) -> str:
    """Events a second, ratios to some contenders, rules, and memory."""
    found = lines(record, part, data)
    by_name = {line.name: line for line in found}
    known = [base for base in bases if base in by_name]
    columns: dict[str, Callable[[Line], str]] = {
        "contender": lambda line: line.title,
        "events/s": _rate,
        **{f"times {TITLES[base]}": _against(by_name[base]) for base in known},
        "events": lambda line: f"{line.rounds[0]['events']:,}",
        "rules": lambda line: _rules(line.rounds[0]),
        "load": lambda line: f"{line.load:.2f} s",
        "memory": lambda line: f"{line.memory:,.0f} MB",
    }
    return _table(columns, found)


def growth(record: Record) -> str:
    """Events a second by number of rules, and how many times slower the most are than the least."""
    counts = rule_counts(record)
    table = {
        count: {line.name: line for line in lines(record, "growth", "realistic", count)}
        for count in counts
    }
    names = sorted({name for found in table.values() for name in found}, key=list(TITLES).index)
    head = ["contender", *(f"{count:,} rules" for count in counts), "10 → 1,000", "memory, most"]
    rows = [[TITLES[name], *_growing(name, table)] for name in names]
    return _markdown(head, rows)


def rule_counts(record: Record) -> list[int]:
    """Numbers of rules in the growth runs."""
    return sorted({row["rules"] for row in record["runs"] if row["part"] == "growth"})


def differences(record: Record) -> str:
    """Pairs of rule and event that only one side has, by contender and sample."""
    found = record["differences"]
    samples = list(dict.fromkeys(row["sample"] for row in found))
    sizes = {row["sample"]: row["events"] for row in found}
    head = ["contender", *(f"{name}, {sizes[name]:,} events" for name in samples)]
    names = dict.fromkeys(row["name"] for row in found)
    rows = []
    for name in names:
        mine = {row["sample"]: row for row in found if row["name"] == name}
        cells = [_difference(mine[each]) if each in mine else "n/a" for each in samples]
        rows.append([TITLES.get(name, name), *cells])
    return _markdown(head, rows)


def failures(record: Record) -> str:
    """Who could not run, and why; nothing if all did."""
    found = record["failures"]
    if not found:
        return "All contenders ran."
    rows = [[TITLES.get(f["contender"], f["contender"]), f["part"], f["reason"]] for f in found]
    return _markdown(["not run", "part", "why"], rows)


def versions(record: Record) -> str:
    """Which versions were compared."""
    found = {row["name"]: row["version"] for row in record["runs"] if row["part"] != "differences"}
    said = [f"{TITLES.get(name, name)} {version}" for name, version in found.items()]
    return f"Versions: {'; '.join(said)}."


def _growing(name: str, table: dict[int, dict[str, Line]]) -> list[str]:
    mine = {count: found[name] for count, found in table.items() if name in found}
    rates = [_rate(mine[count]) if count in mine else "n/a" for count in table]
    slower = "n/a"
    if 10 in mine and 1000 in mine:
        slower = f"÷ {mine[10].rate / mine[1000].rate:.1f}"
    return [*rates, slower, f"{max(line.memory for line in mine.values()):,.0f} MB"]


def _difference(row: Row) -> str:
    if not (row["only_theirs"] or row["only_ours"]):
        return f"none ({row['both']:,} matches)"
    rules = f"{row['rules']:,} rule{'s' if row['rules'] > 1 else ''}"
    return f"{row['only_theirs']:,} too many, {row['only_ours']:,} missing, in {rules}"


def _against(base: Line) -> Callable[[Line], str]:
    return lambda line: ratio(line, base)


def _rules(row: Row) -> str:
    failed = f", {row['rules_failed']} failed" if row["rules_failed"] else ""
    return f"{row['rules_loaded']:,}{failed}" if row["rules_loaded"] else "n/a"


def _rate(line: Line) -> str:
    return f"{_number(line.rate)}{_span(line.rates, _number)}"


def _span(values: Sequence[float], shown: Callable[[float], str]) -> str:
    return f" ({shown(min(values))} … {shown(max(values))})" if len(values) > 1 else ""


def _number(value: float) -> str:
    """Three digits that count."""
    if value >= 1000:
        step = 10 ** (len(str(int(value))) - 3)
        return f"{round(value / step) * step:,}"
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"


def _times(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.4f}"


def _table(columns: dict[str, Callable[[Line], str]], found: Iterable[Line]) -> str:
    rows = [[cell(line) for cell in columns.values()] for line in found]
    return _markdown(list(columns), rows)


def _markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; its first column is text, the others are numbers."""
    rule = ["---", *("--:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))


def workers(rows: Sequence[Row]) -> str:
    """Rates of one worker and of several, the median of the rounds."""
    counts = sorted({row["workers"] for row in rows})
    by_count = {n: [row for row in rows if row["workers"] == n] for n in counts}
    alone = median(row["events_per_second"] for row in by_count[min(by_count)])
    lines = [
        "| workers | events/s | times one worker | cores they got | matches | memory of each |"
    ]
    lines.append("| --: | --: | --: | --: | --: | --: |")
    for count, rounds in by_count.items():
        rates = sorted(row["events_per_second"] for row in rounds)
        cores = median(row["cores"] for row in rounds)
        matches = "/".join(sorted({f"{row['matches']:,}" for row in rounds}))
        memory = max(row["peak_rss_mb"] for row in rounds)
        lines.append(
            f"| {count} | {median(rates):,.0f} ({rates[0]:,}-{rates[-1]:,}) "
            f"| {median(rates) / alone:.2f} | {cores:.2f} | {matches} | {memory} MB |"
        )
    return "\n".join(lines)


def flink(rows: Sequence[Row]) -> str:
    """Rates of the forms on Flink, the medians of the rounds, and their ratios."""
    groups: dict[tuple[str, int], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["form"], row["rules"]), []).append(row)
    rates = {key: median(r["events"] / r["seconds"] for r in got) for key, got in groups.items()}
    empty, slowest = rates["pack", 0], next(r for (form, _), r in rates.items() if form != "pack")
    head = (
        "| job | rules | events/s | of an empty pack | times the statements | events | planned in |"
    )
    lines = [head, "| --- | --: | --: | --: | --: | --: | --: |"]
    for (form, rules), got in groups.items():
        rate = rates[form, rules]
        planned = median(row["plan_seconds"] for row in got)
        lines.append(
            f"| {form} | {rules:,} | {rate:,.0f} | {rate / empty:.0%} | {rate / slowest:.1f} "
            f"| {got[0]['events']:,} | {planned:.1f} s |"
        )
    return "\n".join(lines)


def command_line(record: Record) -> str:
    """CPU seconds of each command: of the installations that were measured side by side."""
    rows: dict[tuple[int, str], dict[tuple[str, bool], float]] = {}
    for row in record["rows"]:
        key = (row["detections"], row["command"])
        rows.setdefault(key, {})[row["installation"], row["cached"]] = row["seconds"]
    lines = ["| rules | command | before | now, nothing kept | now, kept | times faster |"]
    lines.append("| --: | --- | --: | --: | --: | --: |")
    for (detections, command), timed in sorted(rows.items(), key=lambda item: item[0][0]):
        before, cold, warm = timed.get(("before", False)), timed["now", False], timed["now", True]
        old, ratio = (f"{before:.2f}", f"{before / warm:.1f}") if before else ("-", "-")
        shown = f"{old} | {cold:.2f} | {warm:.2f} | {ratio}"
        lines.append(f"| {detections:,} | `{command}` | {shown} |")
    return "\n".join(lines)
