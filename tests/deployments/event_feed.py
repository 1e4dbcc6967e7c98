"""A load generator: events with known matches, on and on, until it is told to stop."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime
from random import Random
from typing import Any

from confluent_kafka import KafkaError, Message, Producer

ACTIONS = ("hit", "a", "b", "c", "d")
USERS = ("ann", "bob", "cem", "dee")
ITEMS = tuple("opqrst")
CLOSING = 10_000
"""How much later than all others the last events are (milliseconds): they close all windows."""


class Feed(threading.Thread):
    """Events a second at `rate`, to the partitions of a topic in turn, times as the clock has it.

    `events`: all of them in order, with the partition and offset of each in `places`.
    """

    def __init__(self, servers: str, topic: str, *, rate: int, partitions: int, seed: int) -> None:
        super().__init__(daemon=True)
        self.events: list[dict[str, Any]] = []
        self.places: dict[int, tuple[int, int]] = {}
        self._producer = Producer({"bootstrap.servers": servers, "enable.idempotence": True})
        self._topic = topic
        self._pause = 1 / rate
        self._partitions = partitions
        self._random = Random(seed)
        self._over = threading.Event()

    def run(self) -> None:
        """Feed until `finish` is called."""
        due = time.monotonic()
        while not self._over.is_set():
            self._send(self._random.choice(ACTIONS), time.time_ns() // 1_000_000)
            due += self._pause
            self._over.wait(max(0.0, due - time.monotonic()))

    def stop(self) -> None:
        """No more events."""
        self._over.set()
        self.join()

    def finish(self) -> None:
        """Stop, and close the windows: two events a partition that are later than all others."""
        self.stop()
        last = time.time_ns() // 1_000_000 + CLOSING
        for n in range(2 * self._partitions):
            self._send("end", last + n)
        assert self._producer.flush(60) == 0
        assert len(self.places) == len(self.events)

    def _send(self, action: str, at: int) -> None:
        number = len(self.events)
        event = {
            "id": number,
            "at": datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds"),
            "action": action,
            "user": self._random.choice(USERS),
            "item": self._random.choice(ITEMS),
            "amount": self._random.randrange(10),
        }
        self.events.append(event)
        self._producer.produce(
            self._topic,
            json.dumps(event).encode(),
            partition=number % self._partitions,
            on_delivery=lambda error, message: self._placed(number, error, message),
        )
        self._producer.poll(0)

    def _placed(self, number: int, error: KafkaError | None, message: Message) -> None:
        assert error is None, error
        partition, offset = message.partition(), message.offset()
        assert partition is not None
        assert offset is not None
        self.places[number] = (partition, offset)
