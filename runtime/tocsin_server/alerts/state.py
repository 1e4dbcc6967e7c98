"""Words for findings: how bad, in which state, what they turned out to be."""

from __future__ import annotations

from enum import StrEnum


class AlertSeverity(StrEnum):
    """Those of OCSF."""

    UNKNOWN = "unknown"
    INFORMATIONAL = "informational"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"
    FATAL = "fatal"

    @property
    def number(self) -> int:
        """OCSF's `severity_id`."""
        return list(AlertSeverity).index(self)


_SEVERITIES = tuple(AlertSeverity)


def severity(number: int) -> AlertSeverity:
    """The severity of a `severity_id`; of one that is not known, unknown."""
    return _SEVERITIES[number] if 0 <= number < len(_SEVERITIES) else AlertSeverity.UNKNOWN


class FindingState(StrEnum):
    """Suppressed: all alerts of the finding fall under silences or exceptions."""

    OPEN = "open"
    CLOSED = "closed"
    SUPPRESSED = "suppressed"


class Disposition(StrEnum):
    """What a finding turned out to be; empty as long as nobody has said."""

    NONE = ""
    TRUE_POSITIVE = "true_positive"
    BENIGN = "benign"
    FALSE_POSITIVE = "false_positive"
