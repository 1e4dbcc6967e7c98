"""A detection bound to its source: what backends compile and the evaluator evaluates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tocsin.canonical import canonical_bytes, digest, plain
from tocsin.ir.nodes import Expr, all_of
from tocsin.ir.walk import fields_of
from tocsin.model.detection import Detection
from tocsin.model.source import Source


@dataclass(frozen=True, slots=True)
class Query:
    """The resolved detection. `where` selects the events of its log source, `expr` the matches."""

    detection: Detection
    source: Source
    where: Expr
    expr: Expr

    @property
    def matches(self) -> Expr:
        """The whole condition on an event of the source."""
        return all_of([self.where, self.expr])

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of all fields looked at, sorted."""
        return tuple(sorted(fields_of(self.matches)))

    @property
    def logic(self) -> str:
        """Identity of what it means: canonical query and source binding, no tool version."""
        source = self.source
        columns = [plain(c) for name in self.fields if (c := source.column(name))]
        binding = {"source": source.name, "time": source.time_field, "columns": columns}
        return digest({"form": 1, "expr": _unordered(plain(self.matches)), "binding": binding})

    @property
    def meta(self) -> str:
        """Identity of its description and of what is done with its alerts: deploys nothing."""
        detection = self.detection
        return digest({"form": 1, "meta": plain(detection.meta), "alert": detection.alert})


def _unordered(node: Any) -> Any:
    """A plain expression with the arguments of every `And` and `Or` in one order."""
    if not isinstance(node, dict):
        return node
    if node["node"] == "Not":
        return {**node, "arg": _unordered(node["arg"])}
    if node["node"] in ("And", "Or"):
        return {**node, "args": sorted(map(_unordered, node["args"]), key=canonical_bytes)}
    return node
