"""A worker's Prometheus metrics, collected on request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.registry import Collector

from tocsin_runtime.stream.base import Sink
from tocsin_runtime.worker.service import Service

_SINKS = {
    Sink.MATCHES: ("tocsin_matches", "Matches committed."),
    Sink.ALERTS: ("tocsin_alerts", "Alerts committed."),
    Sink.DEAD: ("tocsin_dead_letters", "Events, or evaluations, that failed."),
}


class WorkerMetrics(Collector):
    """All metrics of one worker."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterator[Metric]:
        """The current metrics."""
        done, told = self._service.done, self._service.plans.told()
        yield _counter("tocsin_events", "Events committed.", done.counters.events)
        yield _counter("tocsin_trial_events", "Events of them for the canary.", done.canary_events)
        for sink, (name, words) in _SINKS.items():
            yield _counter(name, words, done.outputs[sink])
        yield self._by_detection(
            "tocsin_matches_without_time",
            "Matches committed whose event has no readable time.",
            done.counters.timeless,
        )
        yield self._by_detection(
            "tocsin_matches_muted",
            "Matches committed that raised no alert, as their detection was muted.",
            done.counters.muted,
        )
        yield self._left_out()
        yield SummaryMetricFamily(
            "tocsin_batch_seconds", "Time of batches, commit included.", done.batches, done.seconds
        )
        yield _gauge("tocsin_release", "The release that runs.", told["release"])
        yield _gauge("tocsin_trial", "The release of the canary, 0 for none.", told["trial"] or 0)
        yield _gauge(
            "tocsin_error", "1 if the deployed release cannot be loaded.", bool(told["error"])
        )
        yield _gauge(
            "tocsin_isolated",
            "Detections that run isolated from the others.",
            len(told["isolated"]),
        )
        yield self._lag()

    def _by_detection(self, name: str, words: str, counts: Mapping[str, int]) -> Metric:
        counted = CounterMetricFamily(name, words, labels=["detection"])
        for detection, count in sorted(counts.items()):
            counted.add_metric([detection], count)
        return counted

    def _left_out(self) -> Metric:
        words = "Base matches that a correlation does not count."
        counted = CounterMetricFamily("tocsin_left_out", words, labels=["detection", "reason"])
        for (detection, reason), count in sorted(self._service.done.counters.left_out.items()):
            counted.add_metric([detection, reason], count)
        return counted

    def _lag(self) -> Metric:
        lag = GaugeMetricFamily(
            "tocsin_lag_events", "Events not yet read.", labels=["topic", "partition"]
        )
        for (topic, partition), count in sorted(self._service.lags.items()):
            lag.add_metric([topic, str(partition)], count)
        return lag


def _counter(name: str, words: str, value: float) -> Metric:
    return CounterMetricFamily(name, words, value)


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value)
