"""The bytes of a release record: they stay what workers of any version read."""

from __future__ import annotations

import json
from dataclasses import replace

from tocsin.release.cutover import Cutover
from tocsin.release.record import Canary, Previous, ReleaseRecord

RECORD = ReleaseRecord(
    "prod", 3, canary=Canary(4, (), 0.25), cutovers=(Cutover("d", "l1", "l2", 7, sure=True),)
)


def test_a_record_is_read_as_it_was_written() -> None:
    assert ReleaseRecord.decode(RECORD.encode()) == RECORD


def test_mutes_are_in_its_bytes_only_where_there_are_any() -> None:
    assert b"mutes" not in RECORD.encode()
    until = {"d": "2026-01-01T00:00:00+00:00"}
    muted = replace(RECORD, mutes=until, previous=Previous(2, (), until))
    assert ReleaseRecord.decode(muted.encode()) == muted


def test_its_bytes_keep_their_names() -> None:
    told = json.loads(RECORD.encode())
    assert told["trial"] == {"release": 4, "detections": [], "share": 0.25}
    assert [each["detection"] for each in told["cuts"]] == ["d"]
    assert list(told) == [
        *("environment", "release", "detections", "trial", "previous", "cuts", "starts", "form")
    ]
