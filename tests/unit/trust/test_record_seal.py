"""A release record counts only as it was signed, where it was signed for, and never again later."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tocsin.canonical import canonical_bytes, digest_bytes
from tocsin.errors import ConfigError, EngineError
from tocsin.trust.dsse import Envelope
from tocsin.trust.keys import SigningKey
from tocsin.trust.record_seal import KIND, Destination, RecordGuard, RecordSigner
from tocsin.trust.trust_file import Trust, TrustedKey

CI, ADA, MALLORY = (SigningKey.new() for _ in range(3))
PLACE = Destination("shop", "prod")
RECORD = b'{"release": 1}'


def trusted(key: SigningKey, role: str, **facts: object) -> TrustedKey:
    return TrustedKey.model_validate({"public": key.public.line, "roles": [role], **facts})


TRUST = Trust(
    keys=(trusted(CI, "release", environments=["prod", "staging"]), trusted(ADA, "approve"))
)


def guard() -> RecordGuard:
    return RecordGuard(TRUST, PLACE)


def by(key: SigningKey, place: Destination = PLACE) -> bytes:
    return RecordSigner(key, place).sign(RECORD, b"")


def issued(at: object) -> bytes:
    told = {"project": "shop", "environment": "prod", "record": digest_bytes(RECORD), "issued": at}
    return RECORD + b"\n" + Envelope(KIND, canonical_bytes(told)).by(CI).encode()


def test_what_is_signed_counts_again_and_again() -> None:
    checks, first = guard(), by(CI)
    checks.check(first)
    checks.check(first)
    checks.check(RecordSigner(CI, PLACE).sign(b"{}", first))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (RECORD, "it has no signature"),
        (b"", "it has no signature"),
        (RECORD + b"\n{}", "its signature cannot be read"),
        (RECORD + b"\n" + b"[" * 100_000, "its signature cannot be read"),
        (by(MALLORY), "in no trust file"),
        (by(ADA), "has the roles approve, not release"),
        (by(CI, Destination("shop", "staging")), "it was signed for staging of shop"),
        (by(CI, Destination("other", "prod")), "it was signed for prod of other"),
        (by(CI).replace(b'"release": 1', b'"release": 2'), "its signature is of another record"),
        (issued(-1), "its signature cannot be read"),
        (issued("soon"), "its signature cannot be read"),
        (issued(10**18), "its signature cannot be read"),
    ],
)
def test_what_does_not_count(data: bytes, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        guard().check(data)


def test_an_older_record_that_is_put_back() -> None:
    checks, first = guard(), by(CI)
    checks.check(first)
    checks.check(RecordSigner(CI, PLACE).sign(b"{}", first))
    with pytest.raises(ConfigError, match="a newer one was there before"):
        checks.check(first)


def test_a_clock_that_stands_still_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time_ns", lambda: 1_800_000_000_000_000_000)
    checks, record = guard(), b""
    for number in range(3):
        record = RecordSigner(CI, PLACE).sign(b"%d" % number, record)
        checks.check(record)
    assert checks.issued == 1_800_000_000_002


def _forged() -> bytes:
    told = {"project": "shop", "environment": "prod", "record": "", "issued": 10**14}
    return b"x\n" + Envelope(KIND, canonical_bytes(told)).by(MALLORY).encode()


@pytest.mark.parametrize("before", [_forged, lambda: issued(-1), lambda: b"\xff\n\xff"])
def test_what_others_put_there_does_not_move_the_number(before: Callable[[], bytes]) -> None:
    checks = guard()
    checks.check(RecordSigner(CI, PLACE).sign(RECORD, before()))
    assert checks.issued < 10**13


def test_a_key_that_counted_when_the_record_was_issued() -> None:
    key = trusted(CI, "release", until="2020-01-01T00:00:00Z")
    with pytest.raises(ConfigError, match="counted until 2020-01-01"):
        RecordGuard(Trust(keys=(key,)), PLACE).check(by(CI))
    RecordGuard(Trust(keys=(key,)), PLACE).check(issued(1_500_000_000_000))


class Memory:
    def __init__(self) -> None:
        self.number = -1
        self.written: list[int] = []
        self.broken = False

    def read(self) -> int:
        return self.number

    def write(self, number: int) -> None:
        if self.broken:
            raise EngineError("no broker")
        self.number = number
        self.written.append(number)


def test_one_that_starts_later_knows_what_was_newest() -> None:
    memory, first = Memory(), by(CI)
    RecordGuard(TRUST, PLACE, memory).check(RecordSigner(CI, PLACE).sign(b"{}", first))
    with pytest.raises(ConfigError, match="a newer one was there before"):
        RecordGuard(TRUST, PLACE, memory).check(first)


def test_what_is_newest_is_written_once_an_hour_and_when_it_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    memory, record = Memory(), by(CI)
    checks = RecordGuard(TRUST, PLACE, memory)
    for _ in range(3):
        checks.check(record)
        now[0] += 1
    assert len(memory.written) == 1
    checks.check(RecordSigner(CI, PLACE).sign(b"{}", record))
    assert len(memory.written) == 2
    now[0] += 3601
    checks.remember()
    assert len(memory.written) == 3
    memory.broken = True
    now[0] += 3601
    checks.remember()
    memory.broken = False
    checks.remember()
    assert len(memory.written) == 4
