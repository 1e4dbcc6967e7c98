"""Small backends in Python: a right one, and one that forgets to fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tocsin.backend.base import Endpoints, Support, artifact_of
from tocsin.errors import Unsupported
from tocsin.ir.correlation import NODE_TYPES, Correlation
from tocsin.ir.evaluate import View, predicate
from tocsin.ir.nodes import And, Expr, Leaf, Not, Or, Text
from tocsin.ir.query import CorrelationQuery, Resolved
from tocsin.model.artifact import Artifact, Job, Match
from tocsin.pack import Part


class Toy:
    """Right in everything that it takes."""

    name = "toy"
    engine = "python"
    needs: tuple[str, ...] = ()
    capabilities: Mapping[str, Support] = {
        **{node.__name__: Support.YES for node in NODE_TYPES},
        Correlation.__name__: Support.NEVER,
    }

    def compile(self, query: Resolved) -> Artifact:
        if isinstance(query, CorrelationQuery):
            raise Unsupported(Correlation.__name__, Support.NEVER)
        meant = replace(query, where=self.meant(query.where), expr=self.meant(query.expr))
        return artifact_of(self.name, query, "json", Part.of(meant).encode())

    def meant(self, expr: Expr) -> Expr:
        """What it makes of a condition: the place for a defect."""
        return expr

    def run(self, jobs: Sequence[Job], endpoints: Endpoints) -> list[list[Match]]:
        del endpoints
        return [self.matches(job) for job in jobs]

    def matches(self, job: Job) -> list[Match]:
        views = [View(event, job.source.renamed) for event in job.events]
        holding = [(a.detection, predicate(Part.decode(a.body).matches)) for a in job.artifacts]
        return [
            Match(detection, number)
            for detection, holds in holding
            for number, view in enumerate(views)
            if holds(view)
        ]


class Cased(Toy):
    """Forgets to fold what it compares."""

    def meant(self, expr: Expr) -> Expr:
        match expr:
            case And(args) | Or(args):
                return type(expr)(tuple(map(self.meant, args)))
            case Not(arg):
                return Not(self.meant(arg))
            case Leaf(field, Text(pattern)):
                return Leaf(field, Text(pattern, cased=True))
        return expr
