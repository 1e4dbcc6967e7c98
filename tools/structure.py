"""The structure of the code, from its imports: a picture and a table, for `docs/architecture.md`.

    .venv/bin/python -m tools.structure

prints both. A *package* is a part of `tocsin`, of a backend or of the runtime; a *floor* is its
distance from the packages that import no other; an *arrow* is one package that imports another.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import click
import grimp

ROOT = Path(__file__).resolve().parents[1]
ROOTS = (
    "tocsin",
    *("tocsin_batch_sql", "tocsin_flink_sql", "tocsin_kafka_filter"),
    *("tocsin_client", "tocsin_engines", "tocsin_kafka", "tocsin_matcher", "tocsin_runtime"),
    "tocsin_server",
)
DRAWN_APART = ("tocsin", "tocsin_flink_sql", "tocsin_runtime")
"""Roots whose parts are packages of their own; the other roots are one each."""

Arrows = Mapping[str, frozenset[str]]
"""The packages that each package imports."""


@dataclass(frozen=True, slots=True)
class Size:
    """One package."""

    name: str
    modules: int
    floor: int
    imports: int
    imported_by: int


def package_of(module: str) -> str:
    """The package that a module is in."""
    root, *rest = module.split(".")
    return f"{root}.{rest[0]}" if root in DRAWN_APART and rest else root


@cache
def graph() -> grimp.ImportGraph:
    """All imports of ours."""
    sys.path[:0] = [str(ROOT / place) for place in ("compiler", "backends", "runtime")]
    return grimp.build_graph(*ROOTS, cache_dir=None)


def arrows() -> Arrows:
    """Which package imports which; roots with parts are no packages themselves."""
    found: dict[str, set[str]] = {}
    for module in graph().modules:
        own = found.setdefault(package_of(module), set())
        own |= {package_of(each) for each in graph().find_modules_directly_imported_by(module)}
    kept = found.keys() - set(DRAWN_APART)
    return {name: frozenset((found[name] & kept) - {name}) for name in sorted(kept)}


def floors(of: Arrows) -> dict[str, int]:
    """The floor of each package. Raises ValueError for a circle."""
    found: dict[str, int] = {}

    def floor(name: str, above: tuple[str, ...] = ()) -> int:
        if name in above:
            raise ValueError(f"a circle of imports: {' -> '.join((*above, name))}")
        if name not in found:
            found[name] = 1 + max((floor(each, (*above, name)) for each in of[name]), default=-1)
        return found[name]

    for name in of:
        floor(name)
    return found


def needed(of: Arrows) -> Iterator[tuple[str, str]]:
    """The arrows that no way over other packages replaces."""

    @cache
    def reached(name: str) -> frozenset[str]:
        return of[name].union(*(reached(each) for each in of[name]))

    for name, imported in of.items():
        for each in sorted(imported):
            if not any(each in reached(other) for other in imported - {each}):
                yield name, each


def picture() -> str:
    """The packages as a Mermaid flow chart, an arrow for each import that is not implied."""
    of = arrows()
    lines = ["```mermaid", "flowchart TD"]
    for root in ROOTS:
        own = [name for name in of if name.split(".")[0] == root]
        if root in DRAWN_APART:
            lines += [f"  subgraph {root}", *(_node(each, "    ") for each in own), "  end"]
        else:
            lines += [_node(each, "  ") for each in own]
    lines += [f"  {_id(one)} --> {_id(other)}" for one, other in needed(of)]
    return "\n".join([*lines, "```"])


def sizes() -> list[Size]:
    """All packages, the highest floors first."""
    of = arrows()
    floor = floors(of)
    found = [_size(name, of, floor[name]) for name in of]
    return sorted(found, key=lambda each: (ROOTS.index(each.name.split(".")[0]), -each.floor))


def table(of: Iterable[Size]) -> str:
    """The packages as a table in Markdown."""
    head = ["package", "modules", "floor", "imports", "imported by"]
    rows = [(f"`{s.name}`", s.modules, s.floor, s.imports, s.imported_by) for s in of]
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def _size(name: str, of: Arrows, floor: int) -> Size:
    modules = sum(package_of(module) == name for module in graph().modules)
    imported_by = sum(name in others for others in of.values())
    return Size(name, modules, floor, len(of[name]), imported_by)


def _node(name: str, indent: str) -> str:
    return f"{indent}{_id(name)}[{name.rpartition('.')[2]}]"


def _id(name: str) -> str:
    return name.replace(".", "_")


if __name__ == "__main__":
    click.echo(f"{picture()}\n\n{table(sizes())}")
