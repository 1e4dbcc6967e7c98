"""Moves of a shop's workers from release to release, step by step as an apply makes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from engines.kafka_shop import Shop
from patience import SECONDS
from tocsin.backend.streaming import Rollout, StreamEnvironment, UnhealthyError
from tocsin.deploy.publisher import RecordPublisher
from tocsin.deploy.rollout import carry_back, carry_out
from tocsin.front.project import load_project
from tocsin.progress import SILENT, Notify, Progress, silent
from tocsin.release.entry import Entry
from tocsin.release.finding import Finding
from tocsin.release.keys import ARTIFACT, artifact_key
from tocsin.release.record import ReleaseRecord
from tocsin_kafka_filter.fleet import WorkerFleet
from tocsin_runtime.control.reader import read
from tocsin_runtime.control.record import release_record
from tocsin_runtime.observe.workers import Workers
from worker_world import World

Bodies = Mapping[str, bytes]


def nothing(_: str) -> None:
    """At a point between two effects."""


class AtSteps(Progress):
    """Calls something after each step."""

    def __init__(self, at: Callable[[str], None]) -> None:
        self._at = at

    @contextmanager
    def stage(self, name: str) -> Iterator[Notify]:
        yield silent
        self._at(name)


@dataclass
class Mover:
    """Moves a shop. `bodies` are all artifacts so far.

    `at` is called at the points of a move, and after each of its steps with its words.
    """

    shop: Shop
    at: Callable[[str], None] = nothing
    bodies: dict[str, bytes] = field(default_factory=dict)

    @property
    def place(self) -> StreamEnvironment:
        return StreamEnvironment(
            self.shop.world.project.settings.project.name,
            "broker",
            self.shop.servers,
            canary_seconds=4,
            healthy_seconds=SECONDS,
            point=self.at,
        )

    @property
    def fleet(self) -> WorkerFleet:
        return WorkerFleet(self.place)

    @property
    def table(self) -> ReleaseRecord:
        return release_record(self.records(), self.shop.writer.topic)

    def records(self) -> dict[str, bytes]:
        return read(self.shop.servers, self.shop.writer.topic)

    def move(self, *, lost: bool = False) -> Rollout:
        """Go to what the project's files say now, as the next release.

        `lost`: artifacts that are new do not get into the control topic. Whatever is not healthy
        is taken back.
        """
        table = self.table
        entries, new = self.shop.world.released("broker")
        live = {k.removeprefix(ARTIFACT): v for k, v in self.records().items() if ARTIFACT in k}
        self.bodies |= {**live, **new}
        if not lost:
            self.shop.writer.put({artifact_key(d): body for d, body in new.items()})
        move = Rollout(table.release + 1, table.detections, tuple(entries), self.bodies)
        notices = RecordPublisher(self.shop.writer, move, table)
        fleets = [("kafka-filter", self.fleet)]
        try:
            carry_out(move, fleets, notices, AtSteps(self.at))
        except UnhealthyError:
            carry_back(move, fleets, notices, SILENT)
            raise
        return move

    def findings(self) -> list[Finding]:
        entries = self.entries()
        return [
            *Workers(self.place).look(entries, self.bodies)[0],
            *self.fleet.findings(entries, self.bodies),
        ]

    def entries(self) -> tuple[Entry, ...]:
        """What is released; its artifacts are known from now on."""
        found, bodies = self.shop.world.released("broker")
        self.bodies |= bodies
        return tuple(found)


def edit(shop: Shop, rule: str, old: str, new: str) -> World:
    """Change a rule's file; the world before."""
    before = shop.world
    path = before.root / f"rules/{rule}.yml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    shop.world = World(before.root, load_project(before.root))
    return before
