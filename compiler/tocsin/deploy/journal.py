"""An apply in progress, written down before it starts, so that the next one can finish it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tocsin import files, gate
from tocsin.deploy.enclosure import Enclosure
from tocsin.errors import ConfigError, LedgerError
from tocsin.plan import saved
from tocsin.plan.steps import Bundle
from tocsin.state.consent import CONSENT, Consent
from tocsin.state.ledger_event import EVENTS, AnyEvent


@dataclass(frozen=True, slots=True)
class Order:
    """A plan being applied, with its approvals and evidence.

    `approvals` are names that are only claimed, `signed` the files of approvals that `consent`
    names. `events` and `enclosed`: what the ledger is to record with the release.
    """

    bundle: Bundle
    who: str
    approvals: tuple[str, ...] = ()
    evidence: Any = None
    events: tuple[AnyEvent, ...] = ()
    consent: Consent | None = None
    signed: tuple[bytes, ...] = ()
    enclosed: Enclosure = field(default_factory=Enclosure)


@dataclass(frozen=True, slots=True)
class Journal:
    """The file that holds the open order, if any."""

    path: Path

    def open(self, order: Order) -> None:
        """Write the order down."""
        record = {
            "bundle": saved.to_json(order.bundle),
            "who": order.who,
            "approvals": list(order.approvals),
            "evidence": order.evidence,
            "enclosed": order.enclosed.as_json(),
            "events": EVENTS.dump_python(order.events, mode="json"),
            "consent": CONSENT.dump_python(order.consent, mode="json"),
            "signed": [each.decode() for each in order.signed],
        }
        files.write(self.path, json.dumps(record, ensure_ascii=False).encode())

    def pending(self) -> Order | None:
        """The unfinished order, None if there is none."""
        try:
            record = gate.read_json(self.path, saved.MAX_BYTES)
            bundle = saved.from_json(record["bundle"], str(self.path))
            approvals = tuple(record["approvals"])
            events = EVENTS.validate_python(record["events"])
            consent = CONSENT.validate_python(record["consent"])
            signed = tuple(each.encode() for each in record["signed"])
            who, evidence = record["who"], record["evidence"]
            enclosed = Enclosure.from_json(record["enclosed"])
            return Order(bundle, who, approvals, evidence, events, consent, signed, enclosed)
        except gate.MissingError:
            return None
        except (KeyError, TypeError, ValueError, AttributeError, ConfigError) as bad:
            raise LedgerError(
                f"the journal {self.path} cannot be read: {bad}",
                hint="keep a copy, delete it and plan again: the plan repairs the drift",
            ) from bad

    def close(self) -> None:
        """The order is done."""
        files.remove(self.path, self.path.parent)
