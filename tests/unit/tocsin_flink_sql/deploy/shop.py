"""The jobs of an edition of the shop's detections, a site for them, topics without events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from deployments.editions import BURSTS, Book, Edition, compiled, identity
from tocsin.backend.streaming import Rollout, StreamEnvironment
from tocsin.release.state_decision import Fate, StateDecision
from tocsin_flink_sql.deploy.environment import Site
from tocsin_flink_sql.deploy.job_specs import JobSpec, job_specs
from tocsin_flink_sql.deploy.topics import Channels
from tocsin_kafka.settings import Offsets, Partition

TOPIC = "audit"
KEPT = StateDecision(Fate.KEEP, "the window is the same")


def specs(edition: Edition) -> dict[str, JobSpec]:
    """Its jobs, by pipeline."""
    book = compiled(edition, TOPIC)
    return job_specs(book.entries, book.bodies)


def rollout(
    before: Edition | None, after: Edition | None, decision: StateDecision = KEPT, release: int = 2
) -> Rollout:
    """From an edition to another, with what happens to the state of the correlation."""
    old, new = (compiled(e, TOPIC) if e else Book((), {}, {}) for e in (before, after))
    decisions = {identity(BURSTS): decision}
    return Rollout(release, old.entries, new.entries, {**old.bodies, **new.bodies}, decisions)


def place(root: Path, flink: str = "http://f") -> StreamEnvironment:
    """An environment that keeps its files in this folder, on this Flink."""
    where = {"gateway": flink, "rest": flink, "storage": str(root)}
    return StreamEnvironment(project="shop", environment="live", kafka="k:1", **where)


def site(root: Path, flink: str = "http://f") -> Site:
    """The same, for jobs on Flink."""
    return Site.of(place(root, flink))


class NoEvents(Channels):
    """Topics without events; `there` are those that exist."""

    def __init__(self) -> None:
        """Connect to nothing."""
        self.there: set[str] = set()

    def missing(self, names: Iterable[str]) -> list[str]:
        return sorted(set(names) - self.there)

    def make(self, names: Iterable[str], partitions: int) -> None:  # noqa: ARG002
        self.there.update(names)

    def restore(self, names: Iterable[str]) -> None:
        assert set(names) <= self.there

    def longest_transaction(self) -> int:
        return 900_000

    def written(self, topic: str) -> tuple[int, ...]:  # noqa: ARG002
        return (5,)

    def ends(self, names: Sequence[str]) -> Offsets:
        return {(name, 0): 0 for name in names}

    def read(self, group: str, where: Iterable[Partition]) -> Offsets:  # noqa: ARG002
        return {}

    def unread(self, positions: Offsets) -> list[Partition]:
        return list(positions)
