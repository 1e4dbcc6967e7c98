"""Compiled plans: the graph that Flink makes of a statement, with ids that belong to its nodes.

Flink names the state of an operator by the id of its node, and counts ids as it plans. Here they
follow from the graph alone, so that equal statements have equal plans; a changed statement adopts
the ids of the nodes whose state it continues.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

from tocsin.canonical import canonical_bytes
from tocsin.errors import EngineError
from tocsin_flink_sql.client.sql_gateway import Gateway

PlanNode = Mapping[str, Any]
Ids = Mapping[int, int]


@dataclass(frozen=True)
class CompiledPlan:
    """A plan in Flink's JSON: `nodes` by id, each after those that it reads."""

    body: Mapping[str, Any]

    @classmethod
    def decode(cls, data: bytes) -> CompiledPlan:
        """From a plan's bytes. Raises ValueError if they are no plan."""
        try:
            plan = cls(json.loads(data))
            plan.order()
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"not a compiled plan: {error}") from error
        return plan

    def encode(self) -> bytes:
        """Canonical bytes."""
        return canonical_bytes(self.body)

    @cached_property
    def nodes(self) -> dict[int, PlanNode]:
        """The nodes by id."""
        return {node["id"]: node for node in self.body["nodes"]}

    @cached_property
    def inputs(self) -> dict[int, list[int]]:
        """For each node the ids of those that it reads, in the order of its inputs."""
        found: dict[int, list[int]] = {id_: [] for id_ in self.nodes}
        for edge in self.body["edges"]:
            found[edge["target"]].append(edge["source"])
        return found

    @cached_property
    def ends(self) -> list[int]:
        """The nodes that nobody reads: the sinks."""
        read = {source for sources in self.inputs.values() for source in sources}
        return [id_ for id_ in self.nodes if id_ not in read]

    def order(self) -> list[int]:
        """All ids, each after those of its inputs; depends on the graph alone."""
        done: dict[int, None] = {}
        for end in self.ends:
            done.update(dict.fromkeys(self._below(end, done)))
        return list(done)

    def _below(self, id_: int, done: Mapping[int, None]) -> Iterator[int]:
        for source in self.inputs[id_]:
            if source not in done:
                yield from self._below(source, done)
        yield id_

    def renumbered(self, ids: Ids) -> CompiledPlan:
        """The same plan with these ids in place of its own, nodes and edges in their order."""
        nodes = [{**self.nodes[old], "id": new} for old, new in ids.items()]
        edges = [
            {**edge, "source": ids[edge["source"]], "target": ids[edge["target"]]}
            for old in ids
            for edge in self.body["edges"]
            if edge["target"] == old
        ]
        return CompiledPlan({**self.body, "nodes": nodes, "edges": edges})

    def canonical(self) -> CompiledPlan:
        """With the ids 1, 2, … in order."""
        return self.renumbered({old: new for new, old in enumerate(self.order(), 1)})


def compile_plan(session: Gateway, insert: str, folder: Path) -> CompiledPlan:
    """What the planner makes of an INSERT over the tables of a session.

    `folder` is one that gateway and caller share: Flink writes a plan to a file alone.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"compiled-{uuid4().hex}.json"
    try:
        session.query(f"COMPILE PLAN '{_uri(file)}' FOR {insert}")
        return CompiledPlan.decode(_read(file)).canonical()
    finally:
        file.unlink(missing_ok=True)


def execute_plan(session: Gateway, plan: CompiledPlan, folder: Path) -> str:
    """Start the job of a plan; its id. The session has the tables that the plan names.

    `folder` is one that gateway and caller share.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"executed-{uuid4().hex}.json"
    try:
        file.write_bytes(plan.encode())
        return session.submit_job(f"EXECUTE PLAN '{_uri(file)}'")
    finally:
        file.unlink(missing_ok=True)


def _uri(file: Path) -> str:
    return file.absolute().as_uri().replace("'", "''")


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise EngineError(
            f"Flink's SQL Gateway did not write {file}: {error.strerror}",
            hint="the storage folder must be shared by the gateway and this machine",
        ) from error
