"""Workers as they can be seen: whose report counts, from when on and how long."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tocsin.canonical import digest_bytes
from tocsin.release.keys import RELEASE, worker_key
from tocsin_runtime.control.topic import topic_name
from tocsin_runtime.observe import members as module
from tocsin_runtime.observe.members import Members, MemberStatus, WorkerReport
from tocsin_runtime.worker.kafka import KafkaStream
from tocsin_runtime.worker.plans import Plans
from tocsin_runtime.worker.service import Service
from unit.tocsin_runtime.at_hand import RecordsAtHand, empty_release, writer_of

SEEN = digest_bytes(empty_release(3)[RELEASE])


class Watched(Members):
    """Members whose names and records are at hand, by a clock that stands."""

    def __init__(self, *names: str) -> None:
        self.now = 1000.0
        self.there = list(names)
        self._follower = self.topic = RecordsAtHand(empty_release(3))
        self._heard = {}

    def names(self) -> list[str]:
        return self.there

    def tell(self, name: str, **report: Any) -> None:
        """What a worker writes."""
        self.topic.records[worker_key(name)] = text(**report)


def text(**report: Any) -> bytes:
    whole = {"release": 3, "trial": None, "seen": SEEN, "error": "", "isolated": {}, "at": 1}
    return json.dumps({**whole, **report}).encode()


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    made = Watched("a", "b")
    monkeypatch.setattr(module.time, "monotonic", lambda: made.now)
    return made


def reports(watched: Watched) -> dict[str, int | None]:
    """By member, when it wrote the report that counts."""
    return {each.name: each.report.at if each.report else None for each in watched.look()}


def test_last_words_are_no_sign_of_life(watched: Watched) -> None:
    watched.tell("a", at=1)
    assert reports(watched) == {"a": None, "b": None}
    assert reports(watched) == {"a": None, "b": None}
    watched.tell("a", at=2)
    watched.tell("b", at=3)
    assert reports(watched) == {"a": 2, "b": 3}
    told = watched.told("a")
    assert told
    assert told.at == 2


def test_a_worker_that_tells_nothing_for_a_while_is_silent(watched: Watched) -> None:
    watched.look()
    watched.tell("a", at=2)
    assert reports(watched)["a"] == 2
    watched.now += 7.9
    assert reports(watched)["a"] == 2
    watched.now += 0.2
    assert reports(watched)["a"] is None
    watched.tell("a", at=3)
    assert reports(watched)["a"] == 3


def test_after_forgetting_each_has_to_tell_something_again(watched: Watched) -> None:
    watched.look()
    watched.tell("a", at=2)
    watched.look()
    watched.forget()
    assert reports(watched)["a"] is None
    watched.tell("a", at=3)
    assert reports(watched)["a"] == 3


def test_a_member_is_current_that_answers_to_the_last_release(watched: Watched) -> None:
    watched.look()
    watched.tell("a", error="no such topic", isolated={"d": "slow"})
    watched.tell("b", seen="of another", error="of another", isolated={"e": "slow"})
    one, other = watched.look()
    assert (one.current, one.error) == (True, "no such topic")
    assert (other.current, other.error) == (False, "")
    assert (one.isolated, other.isolated) == ({"d": "slow"}, {"e": "slow"})
    assert MemberStatus("c") == MemberStatus("c", None, current=False)
    assert (MemberStatus("c").error, MemberStatus("c").isolated) == ("", {})


def test_only_members_tell_what_is_isolated(watched: Watched) -> None:
    watched.tell("a", isolated={"d": "slow"})
    watched.tell("b", isolated={"d": "slow", "e": "slow"})
    watched.tell("gone", isolated={"f": "slow"})
    assert watched.isolated() == {"d", "e"}
    watched.there = ["a"]
    assert watched.isolated() == {"d"}


@pytest.mark.parametrize(
    "damaged",
    [b"", b"{", b"[]", text(release="x"), text(isolated=[]), text(at=-1), text(left_out={"d": 1})],
)
def test_what_is_no_report_is_none(damaged: bytes, watched: Watched) -> None:
    watched.look()
    watched.topic.records[worker_key("a")] = damaged
    assert reports(watched)["a"] is None
    assert watched.told("a") is None
    assert watched.isolated() == set()


class _Silent(KafkaStream):
    """Reads nothing."""

    def __init__(self) -> None:
        self._assigned = {("shop.audit", 1), ("shop.audit", 0)}


def test_a_report_is_what_a_worker_writes(watched: Watched) -> None:
    plans = Plans(topic_name("shop", "broker"), writer_of)
    service = Service("a", RecordsAtHand(empty_release(3)), plans, lambda _: None)
    service.start(_Silent())
    service.done.counters.timeless["d"] = 2
    service.done.counters.left_out["c", "late"] = 4
    written = service.report()
    watched.topic.records[worker_key("a")] = json.dumps(written).encode()
    assert watched.told("a") == WorkerReport(
        release=3,
        canary=None,
        seen=SEEN,
        error="",
        isolated={},
        at=written["at"],
        without_time={"d": 2},
        left_out={"c": {"late": 4}},
    )
