"""Detections bound to their sources: what backends compile and the evaluator evaluates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tocsin.canonical import digest, digest_bytes, plain, plain_bytes
from tocsin.ir.correlation import Correlation
from tocsin.ir.nodes import Expr, Keyword, all_of
from tocsin.ir.walk import fields_of, kinds_of
from tocsin.model.detection import Detection
from tocsin.model.source import Source


@dataclass(frozen=True, slots=True)
class Query:
    """A detection on single events. `where` selects the events of its log source.

    `alerts` is false where a correlation refers to it and nothing asks for alerts of its own.
    """

    detection: Detection
    source: Source
    where: Expr
    expr: Expr
    alerts: bool = True
    _logic: str = field(default="", init=False, compare=False, repr=False)
    _exact: str = field(default="", init=False, compare=False, repr=False)
    _words: str = field(default="", init=False, compare=False, repr=False)

    @property
    def exact(self) -> str:
        """Identity of all that it says but its cases: two that differ in anything have not one."""
        if not self._exact:
            said = (replace(self.detection, cases=()), self.where, self.expr, self.alerts)
            exact = digest_bytes(f"{said!r} {self.source.exact}".encode(errors="surrogatepass"))
            object.__setattr__(self, "_exact", exact)
        return self._exact

    @property
    def matches(self) -> Expr:
        """The whole condition on an event of the source."""
        return all_of([self.where, self.expr])

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of all fields looked at, sorted."""
        return tuple(sorted(fields_of(self.matches)))

    @property
    def kinds(self) -> frozenset[str]:
        """Type names of all its nodes, as backends declare them."""
        return frozenset(kinds_of(self.matches))

    @property
    def events(self) -> tuple[Query, ...]:
        """The queries on single events: itself."""
        return (self,)

    @property
    def sources(self) -> tuple[Source, ...]:
        """The sources that it reads."""
        return (self.source,)

    @property
    def logic(self) -> str:
        """Identity of what it means: canonical query and source binding, no tool version."""
        if not self._logic:
            object.__setattr__(self, "_logic", self._made_logic())
        return self._logic

    def _made_logic(self) -> str:
        values = self.source.values_column if Keyword.__name__ in self.kinds else ""
        binding = _binding(self.source, self.fields) | ({"values": values} if values else {})
        return digest({"form": 1, "expr": _unordered(plain(self.matches)), "binding": binding})

    @property
    def meta(self) -> str:
        """Identity of its description and of what is done with its alerts: deploys nothing."""
        if not self._words:
            object.__setattr__(self, "_words", _meta(self.detection))
        return self._words


@dataclass(frozen=True, slots=True)
class CorrelationQuery:
    """A detection on the matches of its bases, one for each position of the correlation."""

    detection: Detection
    correlation: Correlation
    bases: tuple[Resolved, ...]
    alerts: bool = True
    _logic: str = field(default="", init=False, compare=False, repr=False)

    @property
    def exact(self) -> str:
        """Identity of all that it says but its cases, and its bases."""
        bases = [base.exact for base in self.bases]
        said = (replace(self.detection, cases=()), self.correlation, bases, self.alerts)
        return digest_bytes(repr(said).encode(errors="surrogatepass"))

    @property
    def events(self) -> tuple[Query, ...]:
        """The queries on single events at its bottom, each once, in order."""
        below = (query for base in self.bases for query in base.events)
        return tuple({query.detection.id: query for query in below}.values())

    @property
    def source(self) -> Source:
        """The source under which it is filed: that of its first event query."""
        return self.events[0].source

    @property
    def sources(self) -> tuple[Source, ...]:
        """The sources that it reads, by name."""
        found = {query.source.name: query.source for query in self.events}
        return tuple(found[name] for name in sorted(found))

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of all fields looked at, group keys and values included, sorted."""
        own = {field for _, field in self.carried()}
        return tuple(sorted(own.union(*(query.fields for query in self.events))))

    @property
    def kinds(self) -> frozenset[str]:
        """Type names of all its nodes, those of its bases included."""
        return frozenset({Correlation.__name__}).union(*(base.kinds for base in self.bases))

    def carried(self) -> Iterator[tuple[Query, str]]:
        """The event queries with the fields that correlations take from their events."""
        refs = (*self.correlation.group_by, *self.correlation.values)
        for position, base in enumerate(self.bases):
            for query in base.events:
                yield from ((query, ref.fields[position]) for ref in refs)
            if isinstance(base, CorrelationQuery):
                yield from base.carried()

    @property
    def logic(self) -> str:
        """Identity of what it means: the correlation, its bases' logic, the bound fields."""
        if not self._logic:
            object.__setattr__(self, "_logic", self._made_logic())
        return self._logic

    def _made_logic(self) -> str:
        carried = {(query.source.name, field): query for query, field in self.carried()}
        bound = [[key[0], plain(carried[key].source.column(key[1]))] for key in sorted(carried)]
        bases = [base.logic for base in self.bases]
        times = [[s.name, s.time_field, s.time_unit, s.lateness_ms] for s in self.sources]
        ids = [s.id_fields for s in self.sources]
        what = {"correlation": plain(self.correlation), "bases": bases, "times": times, "ids": ids}
        return digest({"form": 1, **what, "binding": bound})

    @property
    def meta(self) -> str:
        """Identity of its description and of what is done with its alerts: deploys nothing."""
        return _meta(self.detection)


Resolved = Query | CorrelationQuery


def rebound(query: Resolved, source: Source) -> Resolved:
    """The same detection over another source, its bases too."""
    if isinstance(query, Query):
        return replace(query, source=source)
    return replace(query, bases=tuple(rebound(base, source) for base in query.bases))


def _binding(source: Source, fields: tuple[str, ...]) -> dict[str, Any]:
    columns = [plain(column) for name in fields if (column := source.column(name))]
    told = {"time": source.time_field, "unit": source.time_unit, "id": source.id_fields}
    given = {key: value for key, value in told.items() if value}
    return {"source": source.name, **given, "columns": columns}


def _meta(detection: Detection) -> str:
    return digest({"form": 1, "meta": plain(detection.meta), "alert": plain(_alert(detection))})


def _alert(detection: Detection) -> dict[str, Any]:
    return {"dedup": detection.dedup, "playbook": detection.playbook}


def _unordered(node: Any) -> Any:
    """A plain expression with the arguments of every `And` and `Or` in one order."""
    if not isinstance(node, dict):
        return node
    if node["node"] == "Not":
        return {**node, "arg": _unordered(node["arg"])}
    if node["node"] in ("And", "Or"):
        return {**node, "args": sorted(map(_unordered, node["args"]), key=plain_bytes)}
    return node
