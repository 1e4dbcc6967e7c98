"""Writing releases and artifacts to a control topic: one writer at a time."""

from __future__ import annotations

import time
from collections.abc import Mapping

from tocsin.backend.records import writing_order
from tocsin.errors import ConfigError, EngineError, TocsinError
from tocsin_kafka.admin import Admin
from tocsin_kafka.producer import TransactionalWriter
from tocsin_kafka.settings import TO_LOG, ClientSettings
from tocsin_kafka.topics import existing
from tocsin_runtime.control.reader import committed_end
from tocsin_runtime.control.topic import MOST_BYTES, ensure, topic_name

_SECONDS = 60.0
_TRANSACTION_SECONDS = 15
"""After which the broker aborts what a killed apply left open: readers wait for that."""
_SETTINGS: ClientSettings = {
    **TO_LOG,
    "transaction.timeout.ms": _TRANSACTION_SECONDS * 1000,
    "message.max.bytes": MOST_BYTES,
    "compression.type": "lz4",
    "linger.ms": 1,
}


class ControlWriter:
    """The apply of an environment. The first `put` takes over from whoever wrote before.

    `topic`: the control topic; taking over makes it where it is missing.
    """

    def __init__(self, servers: str, project: str, environment: str) -> None:
        self.topic = topic_name(project, environment)
        self._servers = servers
        self._identity = f"tocsin-control/{project}/{environment}"
        self._writer: TransactionalWriter | None = None
        self._fenced = False

    def take_over(self) -> TransactionalWriter:
        """From now on any other writer of this environment fails.

        Raises:
            ConfigError: another has taken over from this one; the topic is not as it must be.
            EngineError: the broker does not answer.
        """
        if self._fenced:
            raise _FENCED
        if self._writer is None:
            existing(self._servers)  # says in time, and clearly, if nobody answers
            ensure(self._servers, self.topic)
            self._writer = self._opened()
        return self._writer

    def put(self, records: Mapping[str, bytes | None]) -> None:
        """Write these records, None deletes; all at once; durable, and seen by all, on return.

        Raises:
            ConfigError: another apply has taken over; nothing was written.
            EngineError: the broker does not take them; nothing was written, so far as it is known.
        """
        writer = self.take_over()
        try:
            last = writer.write(self.topic, sorted(records.items(), key=writing_order))
        except TocsinError as error:
            self._writer = None
            self._fenced = error is _FENCED
            raise
        self._await(last)

    def _opened(self) -> TransactionalWriter:
        return TransactionalWriter(self._servers, self._identity, _FENCED, _SETTINGS)

    def _await(self, offset: int) -> None:
        """A transaction that is committed is visible a moment later."""
        client = Admin(self._servers)
        limit = time.monotonic() + _SECONDS
        while (committed_end(client, self.topic) or 0) <= offset:
            if time.monotonic() > limit:
                raise EngineError(f"Kafka does not show what was written to {self.topic}")
            time.sleep(0.002)


_FENCED = ConfigError(
    "another apply has taken over", hint="wait until it has finished, then run `tocsin status`"
)
