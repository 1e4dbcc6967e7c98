"""The stream of a worker on Kafka: a member of the group of its environment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tocsin.errors import ConfigError
from tocsin_kafka.exactly_once import ExactlyOnce
from tocsin_kafka.member import TRANSACTION_SECONDS, KafkaSettings
from tocsin_runtime.stream.base import Output, Record, Sink

_TAKEN = ConfigError(
    "another worker of this name has taken over",
    hint="give each worker of a group its own name with --name; one that takes over "
    f"{TRANSACTION_SECONDS} s to write the results of a batch ends so too",
)


class KafkaStream(ExactlyOnce[Record]):
    """Events of topics; results go to the topic of their sink, if there is one."""

    def __init__(self, settings: KafkaSettings, sinks: Mapping[Sink, str]) -> None:
        super().__init__(settings, Record, _TAKEN)
        self._sinks = sinks

    def commit(self, outputs: Iterable[Output]) -> bool:
        """Results and offsets at once. If the group has moved on, neither is there."""
        return self.commit_with(
            (topic, output.key, output.value)
            for output in outputs
            if (topic := self._sinks.get(output.sink)) is not None
        )
