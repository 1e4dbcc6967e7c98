"""Who and what the demo's company has, and when its people work. All of it is invented."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

Event = dict[str, Any]
Timed = tuple[float, Event]
"""Seconds of the day in UTC, and what happened."""

HOUR = 3600
_WORK = (0, 0, 0, 0, 0, 1, 5, 9, 10, 10, 9, 6, 8, 10, 9, 7, 4, 2, 1, 1, 0, 0, 0, 0)
"""How much goes on in each hour of a working day."""

DEVELOPERS = ("ada", "bela", "chidi", "devon", "elif", "femi", "gita", "hugo", "imani", "jonas")
SUPPORT = ("kaya", "liam", "mona", "nils", "olga", "pia", "quinn", "sam")
FINANCE = ("rosa", "tariq", "uma", "vito")
OFFICE = ("wanda", "xenia", "yusuf", "zoe", "anton", "birgit", "carlo", "dina", "emre", "frida")
STAFF = (*DEVELOPERS, *SUPPORT, *FINANCE, *OFFICE)
REPOS = ("ledger", "payout-gateway", "card-vault", "web-shop", "risk-rules", "docs", "mobile-app")
SERVICES = ("payments-api", "payments-ledger", "payments-payouts", "risk", "web", "reports")


@dataclass(frozen=True)
class Merchant:
    """A customer of the company, with one user who signs in."""

    number: int

    @property
    def account(self) -> str:
        """Its account in the payments platform."""
        return f"acct_{self.number:03}"

    @property
    def user(self) -> Event:
        """Its owner, as the audit trail has people."""
        name = f"owner@shop{self.number:03}.example.com"
        return {"type": "user", "id": f"usr_{self.number:03}", "email": name, "role": "owner"}


MERCHANTS = tuple(Merchant(number) for number in range(101, 161))


class Day:
    """Chance with a seed, and times as people and machines keep them."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - the same day at each run, on purpose

    def office_hours(self) -> float:
        """Some time at which people work."""
        (hour,) = self.chance.choices(range(24), _WORK)
        return hour * HOUR + self.chance.random() * HOUR

    def morning(self) -> float:
        """When somebody begins."""
        return self.chance.triangular(6.2, 9.0, 7.3) * HOUR

    def evening(self) -> float:
        """When somebody stops."""
        return self.chance.triangular(15.5, 18.5, 16.6) * HOUR

    def any_time(self) -> float:
        """Machines do not sleep."""
        return self.chance.random() * 24 * HOUR

    def address(self, person: str) -> str:
        """Where somebody works today: most are in the office, some at home."""
        number = STAFF.index(person)
        return f"203.0.113.{20 + number}" if number % 4 else f"192.0.2.{20 + number}"
