"""Correlations bound to the queries that they refer to, each after its bases."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from tocsin.diagnostics import Diagnostic, Severity, near
from tocsin.front.collect import RuleSet
from tocsin.front.condition import SelectionError
from tocsin.front.correlation import MOST, CorrelationRule
from tocsin.front.presence import every, is_every, lower_presence, rules_of, satisfiable
from tocsin.front.related_fields import check_fields
from tocsin.front.resolve import resolve_inferred
from tocsin.front.routes import Routes
from tocsin.front.sigma import ConditionError, parse_condition
from tocsin.ir.correlation import Correlation, CorrelationType, Presence, Ref
from tocsin.ir.query import CorrelationQuery, Query, Resolved
from tocsin.model.detection import Detection
from tocsin.model.source import Source

RelationCheck = Callable[[CorrelationRule, CorrelationQuery], Iterable[Diagnostic]]


@dataclass(frozen=True, slots=True)
class Related:
    """Event queries and correlations, these after their bases; silent ones have `alerts` false."""

    queries: tuple[Resolved, ...]
    diagnostics: tuple[Diagnostic, ...] = ()


def relate(rules: RuleSet, queries: Iterable[Query]) -> Related:
    """The correlations of a set over the event queries of its rules; fields are checked.

    A rule without a query counts as one with errors.
    """
    return _Relating(rules, queries, check_fields).run()


def relate_inferred(
    rules: RuleSet, source: Source, *, ignore_logsource: bool, routes: Routes | None = None
) -> Related:
    """All rules and correlations over one inferred source, whose fields are not known yet."""
    queries = [
        resolve_inferred(rule, source, ignore_logsource=ignore_logsource, routes=routes)
        for rule in rules.rules
    ]
    return _Relating(rules, queries, lambda *_: ()).run()


@dataclass(slots=True)
class _Relating:
    """One run over a rule set. `ids`: the id behind each name; `failed`: what has errors.

    `known`: the values of `ids`.
    """

    rules: RuleSet
    events: Iterable[Query]
    check: RelationCheck
    done: dict[str, Resolved] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    known: frozenset[str] = frozenset()
    failed: set[str] = field(default_factory=set)
    paths: dict[str, int] = field(default_factory=dict)
    wrong: list[Diagnostic] = field(default_factory=list)

    def run(self) -> Related:
        detections = [rule.detection for rule in self.rules.named]
        self.ids = {name: each.id for each in detections for name in _called(each)}
        self.known = frozenset(self.ids.values())
        self.failed = {name for each in self.rules.broken for name in each.names}
        silent = self._silent()
        for query in self.events:
            own = query.detection.id
            self.done[own] = replace(query, alerts=False) if own in silent else query
        self.failed |= {r.detection.id for r in self.rules.rules} - set(self.done)
        waiting = list(self.rules.correlations)
        while waiting:
            ready = [c for c in waiting if not self._open(c)]
            for correlation in ready:
                self._relate(correlation, alerts=correlation.detection.id not in silent)
            waiting = [c for c in waiting if c not in ready]
            waiting = waiting if ready else self._break(waiting)
        return Related(tuple(self.done.values()), tuple(self.wrong))

    def _id(self, name: str) -> str:
        """The id behind a name; one that no detection has where there is none."""
        return self.ids.get(name, f"?{name}")

    def _silent(self) -> set[str]:
        """Ids of all that something refers to, and that nothing asks to alert by itself."""
        asked: dict[str, bool] = {}
        for correlation in self.rules.correlations:
            for name in map(self._id, correlation.rules):
                asked[name] = asked.get(name, False) or correlation.generate
        for name in (self._id(name) for each in self.rules.broken for name in each.silences):
            asked.setdefault(name, False)
        return {name for name, loud in asked.items() if not loud}

    def _open(self, correlation: CorrelationRule) -> list[str]:
        """Ids of the bases that are neither related nor known to have errors."""
        known = self.known
        wanted = map(self._id, correlation.rules)
        return [i for i in wanted if i in known and i not in self.done and i not in self.failed]

    def _relate(self, correlation: CorrelationRule, *, alerts: bool) -> None:
        """Make the query of a correlation whose bases are settled, or say why there is none."""
        wrong = [*self._references(correlation), *_aliases(correlation, self._names(correlation))]
        own = correlation.detection
        built, more = _built(correlation, self._names(correlation))
        wrong += more
        query: CorrelationQuery | None = None
        if built and not wrong:
            bases = tuple(self.done[self._id(name)] for name in correlation.rules)
            query = CorrelationQuery(own, built, bases, alerts)
            wrong += self.check(correlation, query)
        self.wrong += [each.of_rule(own.id) for each in wrong]
        if query is None or any(d.severity is Severity.ERROR for d in wrong):
            self.failed.add(own.id)
        else:
            self.done[own.id] = query

    def _names(self, correlation: CorrelationRule) -> dict[str, int]:
        """Every name by which the correlation may call its rules, with the rule's position."""
        found = {name: n for n, name in enumerate(correlation.rules)}
        positions = {self._id(name): n for name, n in found.items()}
        others = {name: positions[i] for name, i in self.ids.items() if i in positions}
        return {**others, **found}

    def _references(self, correlation: CorrelationRule) -> Iterator[Diagnostic]:
        """What is wrong with the rules that a correlation refers to."""
        first: dict[str, str] = {}
        paths = 0
        for number, name in enumerate(correlation.rules):
            span = correlation.span("rules", number)
            known = self._id(name)
            same = first.setdefault(known, name)
            paths += self.paths.get(known, 1)
            if same != name:
                message = f"{same!r} and {name!r} are the same rule"
                yield Diagnostic("TOC093", message, span, hint="remove one of the two")
            elif name in self.failed or known in self.failed:
                hint = "fix that rule first"
                yield Diagnostic("TOC080", f"the rule {name!r} has errors", span, hint=hint)
            elif known not in self.done:
                hint = self._hint(name)
                yield Diagnostic("TOC094", f"there is no rule {name!r}", span, hint=hint)
        self.paths[correlation.detection.id] = paths
        if paths > MOST:
            message = (
                f"the correlation combines {paths} rules, directly and through other correlations"
            )
            hint = f"at most {MOST}"
            yield Diagnostic("TOC093", message, correlation.span("rules"), hint=hint)

    def _hint(self, name: str) -> str:
        by_key = {rule.detection.key: rule.detection for rule in self.rules.named}
        if name in by_key:
            return f"{by_key[name].span.file} has no `name: {name}`"
        close = near(name, [*self.ids, *self.failed])
        return f"did you mean {close!r}?" if close else "rules are found by `name` or `id`"

    def _break(self, waiting: list[CorrelationRule]) -> list[CorrelationRule]:
        """Report what waits for itself and count it as failed; returns what waits for that."""
        by_id = {correlation.detection.id: correlation for correlation in waiting}
        circles = {own: circle for own in by_id if (circle := self._circle(own, by_id))}
        for own, circle in circles.items():
            names = [by_id[each].detection.name or each for each in circle]
            circular = f"the correlation is part of a cycle: {' → '.join(names)}"
            said = circular if circle[1] != own else "the correlation refers to itself"
            listed = [self._id(name) for name in by_id[own].rules]
            span = by_id[own].span("rules", listed.index(circle[1]))
            hint = "remove one of the references"
            self.wrong.append(Diagnostic("TOC081", said, span, hint=hint, rule=own))
        self.failed |= set(circles)
        return [correlation for correlation in waiting if correlation.detection.id not in circles]

    def _circle(self, own: str, by_id: Mapping[str, CorrelationRule]) -> list[str]:
        """The shortest way from a correlation back to itself, both ends included; or nothing."""
        ways = deque([[own]])
        seen: set[str] = set()
        while ways:
            way = ways.popleft()
            for below in self._open(by_id[way[-1]]):
                if below == own:
                    return [*way, own]
                if below not in seen:
                    seen.add(below)
                    ways.append([*way, below])
        return []


def _called(detection: Detection) -> Iterator[str]:
    """The name and the id that an author wrote; what stands for a missing id is a UUID never."""
    if detection.name:
        yield detection.name
    try:
        UUID(detection.id)
    except ValueError:
        return
    yield detection.id


def _aliases(correlation: CorrelationRule, names: Mapping[str, int]) -> Iterator[Diagnostic]:
    """Aliases of rules that the correlation does not have, or has under two names."""
    for alias, fields in correlation.aliases.items():
        seen: dict[int, str] = {}
        for name in fields:
            span = correlation.span("aliases", alias, name, key=True)
            if name not in names:
                close = near(name, correlation.rules)
                hint = f"did you mean {close!r}?" if close else ""
                hint = hint or f"rules: {', '.join(correlation.rules)}"
                message = f"the correlation has no rule {name!r}"
                yield Diagnostic("TOC098", message, span, hint=hint)
            elif (other := seen.setdefault(names[name], name)) != name:
                message = f"{other!r} and {name!r} are the same rule"
                yield Diagnostic("TOC098", message, span, hint="keep one of the two")


def _built(
    correlation: CorrelationRule, names: Mapping[str, int]
) -> tuple[Correlation | None, list[Diagnostic]]:
    """The correlation over positions, or what is wrong with the names in its condition."""
    rules = len(correlation.rules)
    presence, wrong = _presence(correlation, names)
    if wrong:
        return None, wrong
    built = Correlation(
        correlation.type,
        rules,
        correlation.timespan_ms,
        tuple(_ref(correlation, name, names) for name in correlation.group_by),
        () if correlation.type is CorrelationType.TEMPORAL_ORDERED else correlation.bounds,
        presence,
        tuple(_ref(correlation, name, names) for name in correlation.fields),
        correlation.percentile,
    )
    return built, []


def _ref(correlation: CorrelationRule, name: str, names: Mapping[str, int]) -> Ref:
    """A field, or what an alias means in each rule; in rules that it leaves out, its own name."""
    given = correlation.aliases.get(name, {})
    meant = {names[rule]: f for rule, f in given.items() if rule in names}
    return Ref(name, tuple(meant.get(n, name) for n in range(len(correlation.rules))))


def _presence(
    correlation: CorrelationRule, names: Mapping[str, int]
) -> tuple[Presence | None, list[Diagnostic]]:
    """Which rules must occur: by the condition's text, or all of them without any condition."""
    rules = len(correlation.rules)
    ordered = correlation.type is CorrelationType.TEMPORAL_ORDERED
    if correlation.condition:
        presence, wrong = _lowered(correlation, names)
        return (None if ordered else presence), wrong
    temporal = correlation.type is CorrelationType.TEMPORAL and not correlation.bounds
    return (every(rules) if temporal else None), []


def _lowered(
    correlation: CorrelationRule, names: Mapping[str, int]
) -> tuple[Presence | None, list[Diagnostic]]:
    span, text, rules = correlation.span("condition"), correlation.condition, correlation.rules
    try:
        presence = lower_presence(parse_condition(text), names, rules)
        possible = satisfiable(presence, len(rules))
    except ConditionError as error:
        at = error.found_in(text) if isinstance(error, SelectionError) else error.offset
        place = replace(span, column=span.column + at)
        return None, [Diagnostic("TOC096", str(error), place, hint=error.hint)]
    unused = [name for n, name in enumerate(rules) if n not in rules_of(presence)]
    if unused:
        message = f"the condition does not name {', '.join(map(repr, unused))}"
        return None, [Diagnostic("TOC096", message, span, hint="name every rule of `rules` in it")]
    if not possible:
        message = "the condition can never hold"
        hint = "at least one of the rules has always matched, because a window ends at an event"
        return None, [Diagnostic("TOC097", message, span, hint=hint)]
    if correlation.type is CorrelationType.TEMPORAL_ORDERED and not is_every(presence, len(rules)):
        message = "temporal_ordered needs all of its rules, in the order of `rules`"
        hint = "remove the condition, or use the type temporal"
        return None, [Diagnostic("TOC096", message, span, hint=hint)]
    return presence, []
