"""Made-up alerts: as many as are asked for, always the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from random import Random

from tocsin.canonical import canonical_bytes
from tocsin.model.detection import Dedup
from tocsin_runtime.alerts.alert import Evidence, Origin, alert
from tocsin_runtime.stream.deployment import Described

DETECTIONS, USERS, DAYS = 100, 500, 30
DAY = 86_400_000
UNREADABLE = b'{"specversion":"1.0","type":"tocsin.alert.created","data":{"class_uid":9999}}'
_LEVELS = ("low", "medium", "medium", "high", "high", "critical")
_WHAT = ("Payout account changed", "Sign-in from a new country", "Many refused sign-ins")
_TIME, _EVENT, _USER = 1_111_111_111_111, "EVENT-OF-IT", "USER-OF-IT"


@dataclass(frozen=True, slots=True)
class _Form:
    """The bytes of a detection's alerts, with the parts that differ."""

    body: bytes
    id: bytes
    key: bytes

    def filled(self, number: int, user: int, time: int) -> bytes:
        """The alert of this number: on one event, of a user."""
        key = sha256(b"%d" % user).hexdigest()[: len(self.key)].encode()
        return (
            self.body.replace(self.id, sha256(b"alert %d" % number).hexdigest().encode())
            .replace(self.key, key)
            .replace(_EVENT.encode(), b"event-%d" % number)
            .replace(_USER.encode(), b"user-%d" % user)
            .replace(b"%d" % _TIME, b"%d" % time)
        )


def alerts(number: int, now: int) -> Iterator[bytes]:
    """So many alerts of the last days: few detections raise most, a third of them fold nothing."""
    random = Random(18)
    forms = [_form(n) for n in range(DETECTIONS)]
    weights = [1 / (n + 1) for n in range(DETECTIONS)]
    chosen = random.choices(range(DETECTIONS), weights, k=number)
    for n, detection in enumerate(chosen):
        user = int(USERS * random.random() ** 3)
        late = random.expovariate(1 / 60_000)
        time = int(now - DAYS * DAY * (1 - n / number) - late)
        yield forms[detection].filled(n, user, time)


def id_of(body: bytes) -> str:
    """The id of an alert."""
    return str(json.loads(body)["id"])


def _form(number: int) -> _Form:
    hours = (None, 1, 24)[number % 3]
    dedup = Dedup((("user", ("user",)),), hours * 3_600_000) if hours else None
    described = Described(
        f"{number:08x}-0000-4000-8000-000000000000", f"{_WHAT[number % 3]} ({number})",
        _LEVELS[number % len(_LEVELS)], "A made-up detection.", version=2, release=3, dedup=dedup,
        tags=("attack.t1098", "attack.persistence"), owner="payments",
    )  # fmt: skip
    event = {"id": _EVENT, "user": _USER, "action": "update", "object": "payout account"}
    event |= {f"field_{n}": f"{n} of a value that is the same in all of them" for n in range(8)}
    evidence = Evidence(
        "0" * 64, "payments", (_EVENT,), events=(event,), start=_TIME, end=_TIME, last=event
    )
    origin = Origin("shop", "prod" if number % 10 else "test")
    told = alert(described, origin, evidence, _TIME)
    key = told["data"]["unmapped"]["tocsin"].get("dedup", {}).get("key", "")
    return _Form(canonical_bytes(told), told["id"].encode(), (key or "no key").encode())
