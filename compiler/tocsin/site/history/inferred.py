"""Which analytics of ATT&CK a detection may be one of: by technique and log, by nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.model.attack_strategies import Analytic, AttackStrategies, DetectionStrategy
from tocsin.site.history.log_names import same_log
from tocsin.site.history.model import DetectionHistory, History


@dataclass(frozen=True, slots=True)
class InferredAnalytic:
    """An analytic of a technique that a detection names, which needs the log that it reads.

    `names`: what ATT&CK calls that log.
    """

    strategy: DetectionStrategy
    analytic: Analytic
    names: tuple[str, ...]


def inferred(history: History, detection: DetectionHistory) -> tuple[InferredAnalytic, ...] | None:
    """All of a detection; None where its log source or ATT&CK's strategies are not on record."""
    known = history.attack.strategies
    if known is None or detection.logsource is None:
        return None
    return tuple(_of(known, detection.techniques, detection.logsource))


def _of(
    known: AttackStrategies, techniques: tuple[str, ...], logsource: str
) -> Iterator[InferredAnalytic]:
    for strategy in (each for technique in techniques for each in known.of(technique)):
        for analytic in strategy.analytics:
            names = tuple(name for name in analytic.log_sources if same_log(logsource, name))
            if names:
                yield InferredAnalytic(strategy, analytic, names)
