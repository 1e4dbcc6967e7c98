"""Labelled edits of rules, and what `tocsin.direction` says of each: figures of docs/direction.md.

`python -m bench.directions` takes SigmaHQ's rules, where they are, and our own.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from bench import condition_edits, correlation_edits, text_edits, value_edits
from bench.contenders import ROOT
from bench.edits import EDITS, OTHER, Kinds, changed
from bench.rules import OWN, corpus
from tocsin.direction.decide import direction
from tocsin.direction.verdict import Direction, DirectionKind
from tocsin.front.project import Project, load_project
from tocsin.front.resolve import resolve, resolve_inferred
from tocsin.front.rule import Rule, read_document
from tocsin.front.sources import read_sources
from tocsin.front.yaml import read_bytes
from tocsin.ir.query import Query
from tocsin.ir.walk import fields_of
from tocsin.model.source import FieldType, Source
from tocsin.scan.infer import UNBOUND

MADE_BY = (text_edits, condition_edits, value_edits)
"""Modules that add to EDITS."""
EXTRA = "TocsinExtra"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One edit: of which rule, what may be true of it, what was said, in what CPU seconds."""

    edit: str
    rule: str
    may: Kinds
    said: Direction
    seconds: float

    @property
    def decided(self) -> bool:
        """Whether there was an answer."""
        return self.said.kind is not DirectionKind.UNKNOWN

    @property
    def wrong(self) -> bool:
        """Whether there was one that cannot be true."""
        return self.decided and self.said.kind not in self.may


@dataclass(frozen=True, slots=True)
class Subject:
    """A rule as plain YAML, and how it becomes a query."""

    name: str
    rule: dict[str, Any]
    field: str
    sources: Mapping[str, Source] | None

    def query(self, rule: Mapping[str, Any]) -> Query | None:
        """The query of a version of the rule; None where it has errors."""
        data = yaml.safe_dump(dict(rule), allow_unicode=True, sort_keys=False).encode()
        documents, _ = read_bytes(data, "rule.yml")
        parsed = read_document(documents[0])[0] if documents else None
        if not isinstance(parsed, Rule):
            return None
        if self.sources is not None:
            return resolve(parsed, self.sources)[0]
        return resolve_inferred(parsed, UNBOUND, ignore_logsource=False)


def subjects_of_corpus(root: Path, count: int) -> list[Subject]:
    """So many rules of SigmaHQ, by chance and always the same."""
    files = sorted(root.glob("rules*/**/*.yml"))
    random.Random(16).shuffle(files)  # noqa: S311 - a sample
    found = (_rules_in(file) for file in files[:count])
    return [Subject(name, rule, EXTRA, None) for rules in found for name, rule in rules]


def subjects_of_ours() -> list[Subject]:
    """Our own detections, over the sources that they are written for."""
    sources, _ = read_sources(OWN.parent / "sources")
    found: list[Subject] = []
    for name, rule in (each for file in sorted(OWN.glob("*/*.yml")) for each in _rules_in(file)):
        subject = Subject(name, rule, EXTRA, sources)
        if query := subject.query(rule):
            found.append(Subject(name, rule, free_field(query), sources))
    return found


def free_field(query: Query) -> str:
    """A field of text that the query does not look at."""
    used = fields_of(query.matches) | {query.source.time_field, OTHER}
    texts = (c.name for c in query.source.columns if c.type is FieldType.STRING)
    return next(name for name in texts if name not in used)


def _rules_in(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    if file.stem.endswith(".test"):
        return
    for n, rule in enumerate(yaml.safe_load_all(file.read_text("utf-8"))):
        if isinstance(rule, dict) and "detection" in rule:
            yield f"{file.stem}#{n}", _plain(rule)


def _plain(rule: dict[str, Any]) -> dict[str, Any]:
    """Without dates and cases, which take no part."""
    return {
        k: deepcopy(v) for k, v in rule.items() if k in ("title", "id", "logsource", "detection")
    }


def judged(subject: Subject, name: str, seed: int) -> Outcome | None:
    """What is said of one edit; None where it does not fit the rule."""
    made = changed(name, subject.rule, subject.field, seed)
    versions = [subject.query(rule) for rule in made[:2]] if made else [None]
    if made is None or None in versions:
        return None
    return _timed(name, subject.name, made[2], partial(direction, *versions))


def _timed(edit: str, rule: str, may: Kinds, ask: Any) -> Outcome:
    begun = time.process_time()
    said = ask()
    return Outcome(edit, rule, may, said, time.process_time() - begun)


def outcomes(subjects: Iterable[Subject], count: int) -> Iterator[Outcome]:
    """So many edits, each kind of edit about as often, on one rule after another."""
    pools = {name: iter(list(subjects)) for name in EDITS}
    left = count
    while pools and left:
        for name in list(pools):
            found = (judged(subject, name, left) for subject in pools[name])
            outcome = next((each for each in found if each), None)
            if outcome is None:
                del pools[name]
            elif left:
                left -= 1
                yield outcome


def outcomes_of_correlations(project: Project) -> Iterator[Outcome]:
    """Every edit of every correlation of a project."""
    for query in project.queries:
        if isinstance(query, Query):
            continue
        field = free_field(query.events[0])
        for name, (new, may) in correlation_edits.edited(query, field).items():
            yield _timed(name, query.detection.key, may, partial(direction, query, new))


def table(found: list[Outcome]) -> str:
    """The outcomes by edit, in Markdown."""
    lines = ["| edit | edits | narrower | wider | equal | incomparable | unknown | wrong |"]
    lines.append("| --- " + "| ---: " * 7 + "|")
    names = dict.fromkeys(each.edit for each in found)
    lines += [_line(name, [each for each in found if each.edit == name]) for name in names]
    return "\n".join([*lines, _line("**all**", found)])


def _line(name: str, found: list[Outcome]) -> str:
    kinds = Counter(each.said.kind for each in found)
    figures = [len(found), *(kinds[kind] for kind in DirectionKind), sum(e.wrong for e in found)]
    return f"| {name} | {' | '.join(map(str, figures))} |"


def main() -> int:
    """Print the table and what is wrong or open."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--edits", type=int, default=300, help="of rules on single events")
    arguments.add_argument("--open", action="store_true", help="show what was not decided")
    given = arguments.parse_args()
    root = corpus()
    ours = given.edits // 3 if root else given.edits
    found = list(outcomes(subjects_of_ours(), ours))
    if root:
        found += outcomes(subjects_of_corpus(root, 1500), given.edits - ours)
    else:
        print("SigmaHQ's rules are not beside the checkout: our own only", file=sys.stderr)
    found += outcomes_of_correlations(load_project(ROOT / "detections"))
    print(table(found))
    told(found, show_open=given.open)
    return int(any(each.wrong for each in found))


def told(found: list[Outcome], *, show_open: bool) -> None:
    """The figures of all, and what is wrong."""
    decided = sum(each.decided for each in found) / len(found)
    seconds = sorted(each.seconds * 1000 for each in found)
    print(
        f"\n{len(found)} edits, {decided:.1%} decided, {sum(e.wrong for e in found)} wrong; "
        f"CPU milliseconds: median {seconds[len(seconds) // 2]:.0f}, "
        f"95 % within {seconds[int(len(seconds) * 0.95)]:.0f}, most {seconds[-1]:.0f}"
    )
    for each in found:
        if each.wrong or (show_open and not each.decided):
            what = f"may be {', '.join(sorted(each.may))}, said {each.said.record}"
            print(f"{each.edit} in {each.rule}: {what}")


if __name__ == "__main__":
    sys.exit(main())
