"""A content repository, read whole: settings, sources, placeholders, rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tocsin import cache, gate, toml
from tocsin.diagnostics import Diagnostic, near
from tocsin.errors import ConfigError
from tocsin.front.block import Complaint, complaints
from tocsin.front.collect import NamedRule, RuleSet, collect, duplicate
from tocsin.front.correlation import CorrelationRule
from tocsin.front.documents import Broken
from tocsin.front.mappings import FOLDER, check_mappings
from tocsin.front.placeholders import read_placeholders
from tocsin.front.relate import relate
from tocsin.front.resolve import resolve
from tocsin.front.rule import Rule
from tocsin.front.sources import read_sources
from tocsin.ir.query import Query, Resolved
from tocsin.model.project import KINDS, Environment, Settings
from tocsin.model.source import Source

MOST_SETTINGS = gate.MIB // 16


@dataclass(frozen=True, slots=True)
class Project:
    """All that a repository says; `queries` are the detections without errors, sorted by key.

    Correlations and the silent rules that they refer to (`alerts` is false) are among them.
    """

    root: Path
    settings: Settings
    sources: Mapping[str, Source]
    queries: tuple[Resolved, ...]
    diagnostics: tuple[Diagnostic, ...]

    def environment(self, name: str) -> Environment:
        """The environment of this name."""
        return self.settings.environment(name)


def read_settings(root: Path) -> Settings:
    """The settings file; ConfigError names the file, and the line where TOML knows it."""
    path = root / gate.SETTINGS
    text = gate.read_text(path, MOST_SETTINGS)
    given = toml.load(text, str(path))
    strange = list(_strange_kinds(given))
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        told = {where[:2] for where, *_ in strange}  # of whose kind nothing more is known
        more = [each for each in complaints(error, Settings) if each[0] not in told]
        raise _wrong(path, text, [*strange, *more]) from None
    if strange:
        raise _wrong(path, text, strange)
    return settings


def _brought() -> Iterable[str]:
    """Kinds of environments that installed backends bring."""
    from tocsin.backend.registry import kinds  # noqa: PLC0415 - most projects need none of them

    return kinds()


def _strange_kinds(given: dict[str, Any]) -> Iterator[Complaint]:
    """What is wrong with kinds of environments: a backend that is installed may bring one."""
    environments = given.get("environments")
    for name, each in environments.items() if isinstance(environments, dict) else ():
        kind = each.get("kind") if isinstance(each, dict) else None
        if isinstance(kind, str) and kind not in KINDS and kind not in _brought():
            close = near(kind, (*KINDS, *_brought()))
            hint = f"did you mean {close!r}?" if close else ""
            yield ("environments", name, "kind"), f"must be {_kinds()}", hint


def _kinds() -> str:
    *most, last = [repr(kind) for kind in (*KINDS, *sorted(_brought()))]
    return f"{', '.join(most)} or {last}"


def _wrong(path: Path, text: str, found: Sequence[Complaint]) -> ConfigError:
    """All that is wrong, at the place of the first."""
    said = "; ".join(f"{'.'.join(map(str, where))}: {message}" for where, message, _ in found)
    hint = next((hint for *_, hint in found if hint), "")
    return toml.wrong(said, str(path), toml.place(text, found[0][0]), hint)


def seen(root: Path) -> Path:
    """The folder as someone in the current folder names it: findings show it, editors open it."""
    here = Path.cwd()
    return root.relative_to(here) if root.is_relative_to(here) else root


def load_project(root: Path) -> Project:
    """Read everything below a project's folder; mistakes in files become diagnostics."""
    settings = read_settings(root)
    shown = seen(root)
    sources, wrong = read_sources(shown / "sources")
    values, unread = read_placeholders(shown / "placeholders")
    wrong += [*unread, *check_mappings(shown / FOLDER)]
    folder = [shown / "rules"] if (shown / "rules").is_dir() else []
    events: list[Query] = []
    with cache.table("rules", [root]) as known:
        rules = _distinct(collect(folder, values, known), wrong)
        bound = cache.key(*(source.exact for source in sources.values()))
        for rule in rules.rules:
            query, found = _resolved(rule, sources, bound, known)
            wrong += found
            events += [query] if query else []
    related = relate(rules, events)
    queries = sorted(related.queries, key=lambda q: q.detection.key)
    ordered = tuple(sorted([*wrong, *related.diagnostics], key=lambda d: d.sort_key))
    return Project(root, settings, sources, tuple(queries), ordered)


def _resolved(
    rule: Rule, sources: Mapping[str, Source], bound: str, known: cache.Table
) -> tuple[Query | None, list[Diagnostic]]:
    """As `resolve`, and known again for the same rule over the same sources, with its identity."""

    def make() -> tuple[Query | None, list[Diagnostic]]:
        query, found = resolve(rule, sources)
        if query:
            _ = query.logic, query.exact, query.meta
        return query, found

    return known.answer(f"{rule.made_of} {bound}", make) if rule.made_of else make()


def _distinct(rules: RuleSet, wrong: list[Diagnostic]) -> RuleSet:
    """The rules and correlations whose key none before them has."""
    wrong += rules.diagnostics
    first: dict[str, NamedRule] = {}
    every = sorted(rules.named, key=lambda rule: rule.detection.span)
    for rule in every:
        key = rule.detection.key
        if first.setdefault(key, rule) is not rule:
            wrong.append(duplicate(rule, "name", key, first[key]))
    kept = [rule for rule in every if first[rule.detection.key] is rule]
    double = [rule for rule in every if first[rule.detection.key] is not rule]
    lost = [Broken(frozenset({rule.detection.id})) for rule in double]
    return replace(
        rules,
        rules=tuple(rule for rule in kept if isinstance(rule, Rule)),
        correlations=tuple(rule for rule in kept if isinstance(rule, CorrelationRule)),
        broken=(*rules.broken, *lost),
    )
