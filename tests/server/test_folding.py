"""Which alerts are folded into one finding: by hand, and against a slow function."""

from collections.abc import Sequence
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from raised_alerts import raised
from tocsin_server.alerts.models import Alert, AlertFinding
from tocsin_server.alerts.store import StreamedAlert, StreamPiece, store
from tocsin_server.database import Database

HOUR = 3_600_000
START = 1_700_000_000_000


class Event(NamedTuple):
    """An alert of a user at an hour; `id` only where one comes twice."""

    hour: float
    user: str | None = "ada"
    id: str = ""


class Expected(NamedTuple):
    """A finding: the user, hours of the first and the last alert, how many."""

    user: str | None
    first: float
    last: float
    count: int


A = Expected
HAND = {
    "one alert": ([Event(0)], [A("ada", 0, 0, 1)]),
    "two within the window": ([Event(0), Event(5)], [A("ada", 0, 5, 2)]),
    "just before the window's edge": ([Event(0), Event(5.999)], [A("ada", 0, 5.999, 2)]),
    "at the window's edge": ([Event(0), Event(6)], [A("ada", 0, 0, 1), A("ada", 6, 6, 1)]),
    "a chain is cut where the first is too long ago": (
        [Event(0), Event(4), Event(8)],
        [A("ada", 0, 4, 2), A("ada", 8, 8, 1)],
    ),
    "the second window begins with its own first": (
        [Event(0), Event(7), Event(12)],
        [A("ada", 0, 0, 1), A("ada", 7, 12, 2)],
    ),
    "a late one joins": ([Event(0), Event(5), Event(2)], [A("ada", 0, 5, 3)]),
    "a late one before the first joins": ([Event(3), Event(0)], [A("ada", 0, 3, 2)]),
    "a late one too far before opens its own": (
        [Event(6), Event(0)],
        [A("ada", 0, 0, 1), A("ada", 6, 6, 1)],
    ),
    "a late one that two would take goes to the earlier": (
        [Event(0), Event(8), Event(4)],
        [A("ada", 0, 4, 2), A("ada", 8, 8, 1)],
    ),
    "a late one never makes one of two": (
        [Event(0), Event(9), Event(5)],
        [A("ada", 0, 5, 2), A("ada", 9, 9, 1)],
    ),
    "what the earlier cannot take goes to the later": (
        [Event(0), Event(3), Event(9), Event(6)],
        [A("ada", 0, 3, 2), A("ada", 6, 9, 2)],
    ),
    "out of order, all of one window": (
        [Event(5), Event(1), Event(3), Event(0)],
        [A("ada", 0, 5, 4)],
    ),
    "same time": ([Event(1), Event(1), Event(1)], [A("ada", 1, 1, 3)]),
    "the same alert again counts once": (
        [Event(0, id="x"), Event(0, id="x")],
        [A("ada", 0, 0, 1)],
    ),
    "the same alert again, much later": (
        [Event(0, id="x"), Event(1), Event(9), Event(0, id="x")],
        [A("ada", 0, 1, 2), A("ada", 9, 9, 1)],
    ),
    "two users": (
        [Event(0), Event(1, "bob"), Event(2)],
        [A("ada", 0, 2, 2), A("bob", 1, 1, 1)],
    ),
    "a null user is a key of its own": (
        [Event(0, None), Event(1, "bob"), Event(2, None)],
        [A(None, 0, 2, 2), A("bob", 1, 1, 1)],
    ),
    "a user called null is not that": (
        [Event(0, None), Event(1, "null")],
        [A(None, 0, 0, 1), A("null", 1, 1, 1)],
    ),
    "windows of two users do not touch": (
        [Event(0), Event(4, "bob"), Event(6), Event(9, "bob"), Event(10, "bob")],
        [A("ada", 0, 0, 1), A("ada", 6, 6, 1), A("bob", 4, 9, 2), A("bob", 10, 10, 1)],
    ),
}


@pytest.mark.parametrize("pieces", ["at once", "one by one"])
@pytest.mark.parametrize("case", HAND)
def test_by_hand(database: Database, case: str, pieces: str) -> None:
    events, expected = HAND[case]
    stored(database, events, 1 if pieces == "one by one" else len(events))
    assert findings(database) == sorted(expected, key=repr)


def test_without_dedup_each_alert_is_a_finding(database: Database) -> None:
    write(database, [raised("a", START, hours=None), raised("b", START, hours=None)], 0)
    with database.read() as session:
        assert session.scalars(select(AlertFinding.count)).all() == [1, 1]


def test_an_alert_without_event_time_counts_at_the_time_it_was_made(database: Database) -> None:
    write(database, [raised("a", None, now=START), raised("b", None, now=START + HOUR)], 0)
    assert findings(database) == [A("ada", 0, 1, 2)]


def test_windows_of_two_detections(database: Database) -> None:
    write(database, [raised("a", START), raised("a", START, detection="other")], 0)
    assert len(findings(database)) == 2


EVENTS = st.lists(
    st.builds(
        Event, st.integers(0, 30).map(lambda n: n / 2), st.sampled_from(["ada", None]), st.just("")
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS, size=st.integers(1, 40))
def test_generated_streams(
    tmp_path_factory: pytest.TempPathFactory, events: list[Event], size: int
) -> None:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('fold')}/alerts.db")
    database.upgrade()
    stored(database, events, size)
    assert findings(database) == sorted(slow(events), key=repr)
    with database.read() as session:
        counted = session.scalars(select(AlertFinding.count)).all()
        assert sum(counted) == len(session.scalars(select(Alert.id)).all()) == len(events)
    database.close()


def slow(events: Sequence[Event]) -> list[Expected]:
    """Told in the simplest way: one alert after the other, all findings looked at."""
    groups: list[list[Event]] = []
    for event in events:
        fits = [
            group
            for group in groups
            if group[0].user == event.user
            and all(abs(event.hour - other.hour) < 6 for other in group)
        ]
        fits.sort(key=lambda group: min(each.hour for each in group))
        if fits:
            fits[0].append(event)
        else:
            groups.append([event])
    spans = [(group[0].user, [each.hour for each in group]) for group in groups]
    return [A(user, min(hours), max(hours), len(hours)) for user, hours in spans]


def stored(database: Database, events: Sequence[Event], size: int) -> None:
    """The alerts of these events, so many in a transaction."""
    bodies = [
        raised(event.id or f"e{n}", START + round(event.hour * HOUR), user=event.user)
        for n, event in enumerate(events)
    ]
    for start in range(0, len(bodies), size):
        write(database, bodies[start : start + size], start)


def write(database: Database, bodies: Sequence[bytes], start: int) -> None:
    records = [StreamedAlert(start + n, body) for n, body in enumerate(bodies)]
    with database.write() as session:
        store(session, StreamPiece("alerts", 0, records, start + len(records)))


def findings(database: Database) -> list[Expected]:
    with database.read() as session:
        found = [
            A(f.by["user"], (f.first - START) / HOUR, (f.last - START) / HOUR, f.count)
            for f in session.scalars(select(AlertFinding))
        ]
    return sorted(found, key=repr)
