"""Alerts as a worker raises them, for tests of the store."""

from typing import Any

from tocsin.canonical import canonical_bytes
from tocsin.model.detection import Dedup
from tocsin_runtime.alerts.alert import Evidence, Origin, alert
from tocsin_runtime.stream.deployment import Described


def raised(  # noqa: PLR0913 - what tests vary
    event: str,
    time: int | None,
    *,
    user: str | None = "ada",
    detection: str = "11111111-1111-4111-8111-111111111111",
    hours: float | None = 6,
    title: str = "Payout changed",
    now: int = 1_700_000_000_000,
    environment: str = "prod",
) -> bytes:
    """The bytes of an alert on one event of this id and event time (milliseconds)."""
    dedup = Dedup((("user", ("user",)),), int(hours * 3_600_000)) if hours else None
    described = Described(detection, title, "high", "test", version=2, release=3, dedup=dedup)
    body: dict[str, Any] = {"id": event, "user": user}
    evidence = Evidence(
        "0" * 64, "payments", (event,), events=(body,), start=time, end=time, last=body
    )
    return canonical_bytes(alert(described, Origin("shop", environment), evidence, now))
