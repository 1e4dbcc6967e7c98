"""Topics of jobs: which are made and how, and what is wrong with those that are there."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin_flink_sql.deploy import topics
from tocsin_flink_sql.deploy.job_specs import Topics
from tocsin_flink_sql.deploy.topics import WANTED, Channels
from tocsin_kafka.settings import Partition

TO = Topics("k:1", "found", "refused")


@pytest.fixture
def channels() -> Channels:
    """It connects once it is asked for offsets."""
    return Channels("k:1")


def there(monkeypatch: pytest.MonkeyPatch, **settings: dict[str, str]) -> None:
    """The topics of a broker, with their settings."""
    known = dict(settings)
    monkeypatch.setattr(topics.topics, "existing", lambda *_: frozenset(known))
    monkeypatch.setattr(topics.topics, "settings_of", lambda _, names: {n: known[n] for n in names})


@pytest.mark.parametrize(("partitions", "asked"), [(3, 3), (0, -1)])
def test_only_those_that_are_missing_are_made(
    partitions: int, asked: int, channels: Channels, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[Any, ...]] = []
    there(monkeypatch, found={})
    monkeypatch.setattr(topics.topics, "create", lambda *given: made.append(given))
    channels.make(("refused", "found", "late"), partitions)
    assert made == [("k:1", ["late", "refused"], asked, WANTED)]


def test_topics_as_they_were_made_are_as_they_should_be(
    channels: Channels, monkeypatch: pytest.MonkeyPatch
) -> None:
    there(monkeypatch, found={**WANTED, "retention.ms": "1"}, refused=dict(WANTED), other={})
    assert channels.altered(TO) == []


def test_what_is_missing_or_set_otherwise_is_told(
    channels: Channels, monkeypatch: pytest.MonkeyPatch
) -> None:
    there(monkeypatch, found={**WANTED, "cleanup.policy": "compact"})
    gone, other = channels.altered(TO)
    assert (gone.kind, gone.subject) == ("topic-missing", "refused")
    assert (other.kind, other.subject) == ("topic-altered", "found")
    assert other.detail == "cleanup.policy is compact, not delete"


def test_a_transaction_may_take_as_long_as_every_broker_allows(
    channels: Channels, monkeypatch: pytest.MonkeyPatch
) -> None:
    brokers = [{"transaction.max.timeout.ms": each} for each in ("900000", "60000")]
    monkeypatch.setattr(topics, "broker_settings", lambda _: brokers)
    assert channels.longest_transaction() == 60_000


def test_where_a_group_never_read_all_is_unread() -> None:
    class Held(Channels):
        def _holds(self, at: Partition, position: int) -> bool:
            return (at, position) == (("a", 1), 5)

    assert Held("k:1").unread({("a", 0): -1, ("a", 1): 5, ("a", 2): 5}) == [("a", 0), ("a", 1)]
