"""Words for deliveries: what is told, and how far it got."""

from __future__ import annotations

from enum import StrEnum


class DeliveryState(StrEnum):
    """Dead: given up after so many tries, until someone asks for it again."""

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"


class MessageType(StrEnum):
    """Opened: the first that a sink hears of a finding. Reopened: someone had closed it."""

    OPENED = "finding.opened"
    REOPENED = "finding.reopened"
    CHANGED = "finding.changed"
