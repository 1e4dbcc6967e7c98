"""The log of a ledger: each event on top of the one before, and every fault of it found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from tocsin.canonical import digest_bytes
from tocsin.errors import LedgerError
from tocsin.state.ledger_event import (
    AnyEvent,
    Attempt,
    DriftFound,
    Interrupted,
    LedgerEvent,
    as_json,
    faults,
    grown,
    read,
)

STAMP = {"at": "2026-11-30T10:00:00+00:00", "who": "A <a@example.org>", "environment": "local"}
EVENTS = (
    Attempt(command="apply", outcome="refused", code="stale", message="another\nline"),
    DriftFound(release=1, number=1, found=("missing: a",)),
    Interrupted(began_by="B", plan="p", release=2),
)
LOG = grown(b"", EVENTS, STAMP)


def test_each_event_names_the_line_before() -> None:
    lines = LOG.splitlines()
    told = [json.loads(line) for line in lines]
    assert [each["n"] for each in told] == [1, 2, 3]
    befores = ["", *(digest_bytes(line) for line in lines[:-1])]
    assert [each["previous"] for each in told] == befores
    assert all(each.items() >= STAMP.items() for each in told)
    assert list(faults(LOG, "local")) == []
    assert [type(event) for event in read(LOG)] == [type(event) for event in EVENTS]


def test_events_keep_their_time_where_none_is_given() -> None:
    again = grown(LOG, read(LOG), {})
    assert {event.at for event in read(again)} == {STAMP["at"]}
    assert [event.n for event in read(again)] == [1, 2, 3, 4, 5, 6]
    assert list(faults(again, "local")) == []


def test_text_that_is_none_is_recorded_all_the_same() -> None:
    odd = DriftFound(release=1, number=1, found=("missing: caf\udce9",))
    assert list(faults(grown(b"", (odd,), STAMP), "local")) == []


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        (b'"outcome":"refused"', b'"outcome":"passed"', "event 1 of the ledger cannot be read"),
        (b'"command":"apply"', b'"command":"apply","extra":1', "event 1 of the ledger cannot"),
        (b'"kind":"drift-found"', b'"kind":"nothing"', "event 2 of the ledger cannot be read"),
        (b'"message":"another', b'"message":"some', "event 2 does not follow the one before"),
        (b'"n":2', b'"n":7', "event 2 does not follow the one before"),
        (b'"at":"2026-11-30T10', b'"at":"2026-13-30T10', "event 1 of the ledger cannot be read"),
        (b'"environment":"local"', b'"environment":"prod"', "event 1 is of environment 'prod'"),
        (b'"release":2', b'"release":-2', "event 3 of the ledger cannot be read"),
        (LOG.splitlines(keepends=True)[1], b"", "event 2 does not follow the one before"),
        (b'"n":3,', b'"n":3,\n', "event 3 of the ledger cannot be read"),
    ],
)
def test_an_edited_log(before: bytes, after: bytes, fault: str) -> None:
    assert before in LOG
    assert fault in "\n".join(faults(LOG.replace(before, after, 1), "local"))


def test_a_log_that_is_cut_in_a_line() -> None:
    assert list(faults(LOG[:-9], "local")) == ["the last event is cut off"]


def test_a_damaged_log_is_not_read_but_grows() -> None:
    with pytest.raises(LedgerError, match="event 1 of the ledger cannot be read"):
        read(b"garbage\n")
    log = grown(b"garbage", EVENTS, STAMP)
    assert len(list(faults(log, "local"))) == 1


def test_every_kind_and_field_is_documented() -> None:
    page = (Path(__file__).parents[3] / "docs" / "audit.md").read_text("utf-8")
    union, _ = get_args(AnyEvent)
    shared = set(LedgerEvent.__dataclass_fields__)
    for kind in get_args(union):
        fields = kind.__dataclass_fields__
        [row] = [line for line in page.splitlines() if f"| `{fields['kind'].default}` |" in line]
        for field in fields.keys() - shared - {"kind"}:
            assert f"`{field}`" in row
    for field in as_json(EVENTS[0]).keys() & shared:
        assert f"| `{field}` |" in page
