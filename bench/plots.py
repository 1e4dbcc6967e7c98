"""Results as SVG plots: throughput by data set, growth with the rules, memory."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from bench.report import KINDS, SETS, TITLES, Line, Record, lines, rule_counts

COLOURS = {
    "tocsin-matcher": "#0072B2",
    "tocsin-sql": "#56B4E9",
    "tocsin-evaluator": "#8FB8D0",
    "rsigma-eval": "#D55E00",
    "pysigma-sqlite": "#E69F00",
    "zargunlite": "#B8860B",
    "azuma": "#CC79A7",
    "duckdb-one-query": "#7A5195",
    "pysigma-duckdb": "#009E73",
    "parse-alone": "#999999",
}
"""Okabe and Ito's colours, which most readers can tell apart; markers and texts say it too."""
MARKERS = "osD^vPX*"
OTHER = "#333333"
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "tocsin",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def draw(record: Record, folder: Path) -> list[Path]:
    """Make all plots of a record; their files."""
    plots = {"throughput": _throughput, "growth": _growth, "memory": _memory}
    made = []
    with mpl.rc_context(STYLE):
        for name, plot in plots.items():
            figure = plot(record)
            if figure is not None:
                path = folder / f"performance-{name}.svg"
                figure.savefig(path, metadata={"Date": None})
                made.append(path)
    return made


def _throughput(record: Record) -> Figure | None:
    """A panel a data set, a bar a contender, on one logarithmic axis."""
    panels = [(data, lines(record, "stream", data)) for data in SETS]
    panels = [(data, found) for data, found in panels if found]
    if not panels:
        return None
    heights = [len(found) + 0.9 for _, found in panels]
    figure = Figure(figsize=(9, 0.42 * sum(heights) + 0.7), layout="constrained")
    axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False, height_ratios=heights)
    for axis, (data, found) in zip(axes[:, 0], panels, strict=True):
        _bars(axis, [(line, line.rate, f"{line.rate:,.0f}") for line in found], SETS[data])
        axis.set_xscale("log")
    most = max(line.rate for _, found in panels for line in found)
    axes[0, 0].set_xlim(left=10, right=most * 4)
    axes[-1, 0].set_xlabel("events a second on one core (logarithmic)")
    return figure


def _growth(record: Record) -> Figure | None:
    """Events a second over the number of rules, both logarithmic."""
    counts = rule_counts(record)
    found: dict[str, list[tuple[int, Line]]] = {}
    for count in counts:
        for line in lines(record, "growth", "realistic", count):
            found.setdefault(line.name, []).append((count, line))
    if not found:
        return None
    figure = Figure(figsize=(9, 5), layout="constrained")
    axis = figure.subplots()
    for number, (name, points) in enumerate(found.items()):
        rates = [line.rate for _, line in points]
        low = [line.rate - min(line.rates) for _, line in points]
        high = [max(line.rates) - line.rate for _, line in points]
        axis.errorbar(
            [count for count, _ in points],
            rates,
            yerr=[low, high],
            color=COLOURS.get(name, OTHER),
            marker=MARKERS[number % len(MARKERS)],
            markersize=8,
            linewidth=2,
            capsize=3,
            label=TITLES.get(name, name),
        )
    axis.set(xscale="log", yscale="log", xlabel="rules", ylabel="events a second on one core")
    axis.set_xticks(counts, [f"{count:,}" for count in counts])
    axis.minorticks_off()
    axis.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axis.grid(visible=True, color="#dddddd")
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, 1.12), ncols=len(found), frameon=False)
    return figure


def _memory(record: Record) -> Figure | None:
    """The most memory of each contender that reads lines, with the main rules."""
    found = lines(record, "stream", "realistic")
    found = [line for line in found if KINDS.get(line.name) != "limit"]
    if not found:
        return None
    figure = Figure(figsize=(9, 0.42 * len(found) + 1.2), layout="constrained")
    axis = figure.subplots()
    ordered = sorted(found, key=lambda line: line.memory)
    _bars(axis, [(each, each.memory, f"{each.memory:,.0f} MB") for each in ordered], "")
    axis.set_xlim(right=max(line.memory for line in found) * 1.15)
    axis.set_xlabel("most memory of the process, in MB")
    return figure


def _bars(axis: Any, rows: Sequence[tuple[Line, float, str]], title: str) -> None:
    """Horizontal bars, the first on top, each with its figure at its end."""
    places = range(len(rows))
    colours = [COLOURS.get(line.name, OTHER) for line, _, _ in rows]
    bars = axis.barh(places, [value for _, value, _ in rows], color=colours, height=0.7)
    axis.bar_label(bars, [text for _, _, text in rows], padding=4)
    axis.set_yticks(places, [line.title for line, _, _ in rows])
    axis.invert_yaxis()
    axis.set_title(title, loc="left", fontsize=11, fontweight="bold")
    axis.tick_params(axis="y", length=0)
    if any(not math.isfinite(value) for _, value, _ in rows):
        raise ValueError("a figure that is no number")
