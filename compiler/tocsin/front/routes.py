"""Which events a rule looks at where no source is declared for it: those of its log source.

Known are the log sources of the package (`logsources.yml`) and of a project. Where a rule names
one that is not known, it looks at the events of known ones that its own includes, and at events
that no known one claims; in a known product, at those of the product that no part of it claims.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tocsin.front.sources import known_logsources, select
from tocsin.ir.nodes import Const, Expr, IsNull, Not, all_of, any_of
from tocsin.model.source import LogSource, Source

EVERY = Const(value=True)


@dataclass(frozen=True, slots=True)
class Routes:
    """Selections of the events of known log sources."""

    known: Mapping[LogSource, Expr]
    _made: dict[LogSource, Expr] = field(default_factory=dict, compare=False, repr=False)

    def where(self, wanted: LogSource) -> Expr:
        """The events that rules of a log source look at."""
        if wanted not in self._made:
            self._made[wanted] = self._where(wanted)
        return self._made[wanted]

    def knows(self, wanted: LogSource) -> bool:
        """Whether the log source is known: by name, or as the parts of known ones."""
        return wanted in self.known or bool(self._wider(wanted))

    def _where(self, wanted: LogSource) -> Expr:
        if wanted in self.known:
            return self.known[wanted]
        if wider := self._wider(wanted):
            return all_of([self.known[each] for each in wider])
        narrower = [expr for each, expr in self.known.items() if _includes(wanted, each)]
        return any_of([*narrower, self._unclaimed(wanted)])

    def _wider(self, wanted: LogSource) -> list[LogSource]:
        """Known log sources of which this one is a part, the product alone not counted."""
        return [each for each in self.known if _includes(each, wanted) and not _only_product(each)]

    def _unclaimed(self, wanted: LogSource) -> Expr:
        """What no known log source claims; in a known product, what no part of it claims."""
        product = LogSource(wanted.product)
        if wanted.product and product in self.known:
            parts = [e for each, e in self.known.items() if each.product == wanted.product]
            others = [expr for expr in parts if expr != self.known[product]]
            return all_of([self.known[product], Not(any_of(others))])
        # A part of a product whose events are known claims nothing that the product does not.
        claims = [
            expr
            for each, expr in self.known.items()
            if _only_product(each) or LogSource(each.product) not in self.known
        ]
        return Not(any_of(list(dict.fromkeys(claims)))) if claims else EVERY


def routes(sources: Iterable[Source] = ()) -> Routes:
    """The routes by the package's log sources and these."""
    found = {source: [all_of(select(where))] for source, where in known_logsources().items()}
    for source in sources:
        for served in source.serves:
            where = all_of([*select(source.where), *select(served.where)])
            claim = _claim(source) if where == EVERY else where
            if claim is not None:
                found.setdefault(served.logsource, []).append(claim)
    return Routes({each: any_of(list(dict.fromkeys(exprs))) for each, exprs in found.items()})


def _claim(source: Source) -> Expr | None:
    """How events of a source without a condition are told, as workers do: by time and identity."""
    if not (source.time_field and source.id_fields):
        return None
    return all_of([Not(IsNull(f)) for f in (source.time_field, *source.id_fields)])


def _includes(wide: LogSource, narrow: LogSource) -> bool:
    """Whether all that the wider one names is the same in the narrower one."""
    pairs = (
        (wide.product, narrow.product),
        (wide.category, narrow.category),
        (wide.service, narrow.service),
    )
    return any(given for given, _ in pairs) and all(given in ("", own) for given, own in pairs)


def _only_product(each: LogSource) -> bool:
    return not each.category and not each.service
