"""Filters ANDed with the rules that they name, within a budget of meaning."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, repeat

from tocsin.diagnostics import Diagnostic, Severity, near
from tocsin.front.budget import CODE, HINT, MOST_FILTERED, Budget, TooMuch, cost
from tocsin.front.correlation import CorrelationRule
from tocsin.front.documents import Broken
from tocsin.front.rule import Filter, Rule
from tocsin.ir.nodes import Expr, all_of

HINTED = 100
"""Names of rules that are looked at more closely: a filter may list a hundred thousand."""


@dataclass(frozen=True, slots=True)
class Filtered:
    """Rules with their filters, what is wrong with these, and the rules lost to it."""

    rules: tuple[Rule, ...]
    diagnostics: tuple[Diagnostic, ...]
    broken: tuple[Broken, ...]


def apply(
    filters: Sequence[Filter], rules: Sequence[Rule], correlations: Sequence[CorrelationRule]
) -> Filtered:
    """AND each filter with the rules that it names; what names none is a finding."""
    return _Filtering(rules, correlations).run(filters)


@dataclass(slots=True)
class _Filtering:
    """One run. `added`: by the position of a rule, what filters add to it; `lost`: too much.

    `hints`: one for each name that may still be compared with all others.
    """

    rules: Sequence[Rule]
    correlations: Sequence[CorrelationRule]
    added: dict[int, list[Expr]] = field(default_factory=lambda: defaultdict(list))
    lost: set[int] = field(default_factory=set)
    wrong: list[Diagnostic] = field(default_factory=list)
    whole: Budget = field(default_factory=lambda: Budget(MOST_FILTERED, "all filters together"))
    budgets: dict[int, Budget] = field(default_factory=dict)
    hints: Iterator[bool] = field(default_factory=lambda: repeat(True, HINTED))

    def run(self, filters: Sequence[Filter]) -> Filtered:
        known = _positions(self.rules)
        correlations = {
            n: c for c in self.correlations for n in (c.detection.id, c.detection.name) if n
        }
        for each in filters:
            beyond = list(_beyond(each, correlations))
            self.wrong += beyond
            named = range(len(self.rules)) if each.rules == ("any",) else _named(each, known)
            hit = [n for n in named if _fits(each, self.rules[n])]
            self._add(each, hit)
            if not beyond:
                self.wrong += islice(self._idle(each, known, set(hit)), HINTED)
        return Filtered(
            tuple(self._filtered(n) for n in range(len(self.rules)) if n not in self.lost),
            tuple(self.wrong),
            tuple(Broken(frozenset(_called(self.rules[n]))) for n in sorted(self.lost)),
        )

    def _idle(
        self, each: Filter, known: Mapping[str, Sequence[int]], hit: set[int]
    ) -> Iterator[Diagnostic]:
        """What of a filter applies to no rule: a rule that is not, or has another log source."""
        for number, name in enumerate(each.rules):
            mine = known.get(name, ())
            if hit if name == "any" else hit.intersection(mine):
                continue
            message, hint = "the filter applies to none of these rules", ""
            if mine:
                message = _apart(each, self.rules[mine[0]], name)
            elif name != "any":
                message = f"the filter names a rule that does not exist: {name!r}"
                close = near(name, known) if next(self.hints, False) else ""
                hint = f"did you mean {close!r}?" if close else ""
            span = each.document.span(("filter", "rules", number))
            yield Diagnostic("TOC043", message, span, Severity.WARNING, hint, each.id)

    def _add(self, each: Filter, hit: Sequence[int]) -> None:
        price = cost(each.expr)
        for n in hit:
            if n in self.lost:
                continue
            try:
                self._budget(n).take(price)
                self.added[n].append(each.expr)
            except TooMuch as error:
                self.lost.add(n)
                span = each.document.span(("filter",), key=True)
                message = f"{error}, together with the rule {self.rules[n].detection.key}"
                self.wrong.append(Diagnostic(CODE, message, span, hint=HINT, rule=each.id))

    def _budget(self, n: int) -> Budget:
        if n not in self.budgets:
            self.budgets[n] = self.whole.part("a rule with its filters")
            self.budgets[n].spend(cost(self.rules[n].expr))
        return self.budgets[n]

    def _filtered(self, n: int) -> Rule:
        rule = self.rules[n]
        return replace(rule, expr=all_of([rule.expr, *self.added[n]])) if self.added[n] else rule


def _positions(rules: Sequence[Rule]) -> dict[str, list[int]]:
    """The rules by each of their names."""
    found: dict[str, list[int]] = {}
    for n, rule in enumerate(rules):
        for name in _called(rule):
            found.setdefault(name, []).append(n)
    return found


def _called(rule: Rule) -> set[str]:
    return {rule.detection.id, rule.detection.name} - {""}


def _named(each: Filter, known: Mapping[str, Sequence[int]]) -> list[int]:
    return sorted({n for name in each.rules for n in known.get(name, ())})


def _fits(each: Filter, rule: Rule) -> bool:
    """Whether the filter's log source takes in that of the rule."""
    return all(given in ("", own) for given, own in _logsources(each, rule))


def _beyond(each: Filter, known: Mapping[str, CorrelationRule]) -> Iterator[Diagnostic]:
    """A filter on a correlation has no meaning."""
    for number, name in enumerate(each.rules):
        if name in known:
            span = each.document.span(("filter", "rules", number))
            message = f"{name} is a correlation, and a filter applies to rules only"
            hint = f"filter its rules: {', '.join(known[name].rules)}"
            yield Diagnostic("TOC044", message, span, hint=hint, rule=each.id)


def _logsources(each: Filter, rule: Rule) -> Iterator[tuple[str, str]]:
    """Product, category and service of a filter's log source, each with the rule's."""
    given, own = each.logsource, rule.detection.logsource
    yield from (
        (given.product, own.product),
        (given.category, own.category),
        (given.service, own.service),
    )


def _apart(each: Filter, rule: Rule, name: str) -> str:
    """Why a filter does not apply to a rule that it names."""
    narrower = all(own in ("", given) for given, own in _logsources(each, rule))
    how = "narrower than" if narrower else "different from"
    return f"the filter names {name}, but its log source is {how} {name}'s"
