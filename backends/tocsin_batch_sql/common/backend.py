"""What batch SQL is on any engine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from tocsin.backend.base import Support, artifact_of
from tocsin.ir.correlation import NODE_TYPES
from tocsin.ir.query import Query, Resolved
from tocsin.model.artifact import Artifact
from tocsin.pack import Part
from tocsin_batch_sql.common.pack_run import table_part


class PortableSql(ABC):
    """A SELECT for each detection on events that are at rest, or one scan for all of a source."""

    name: str
    needs: tuple[str, ...] = ()
    capabilities: Mapping[str, Support] = {node.__name__: Support.YES for node in NODE_TYPES}

    @abstractmethod
    def select(self, query: Resolved) -> str:
        """The statement of a detection. Raises Unsupported for what cannot be said exactly."""

    def compile(self, query: Resolved) -> Artifact:
        """One SELECT. Raises Unsupported for what the engine cannot say exactly."""
        return artifact_of(self.name, query, "sql", (self.select(query) + "\n").encode())

    def files(self) -> Mapping[str, bytes]:
        """None: the definitions name no files but those of events."""
        return {}

    def part(self, query: Query) -> Part:
        """The detection's part of a pack. Raises Unsupported for what the table does not tell."""
        return table_part(query)
