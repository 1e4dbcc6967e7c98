"""The bytes of a release record: they stay what workers of any version read."""

from __future__ import annotations

import json

from tocsin.release.cutover import Cutover
from tocsin.release.record import Canary, ReleaseRecord

RECORD = ReleaseRecord(
    "prod", 3, canary=Canary(4, (), 0.25), cutovers=(Cutover("d", "l1", "l2", 7, sure=True),)
)


def test_a_record_is_read_as_it_was_written() -> None:
    assert ReleaseRecord.decode(RECORD.encode()) == RECORD


def test_its_bytes_keep_their_names() -> None:
    told = json.loads(RECORD.encode())
    assert told["trial"] == {"release": 4, "detections": [], "share": 0.25}
    assert [each["detection"] for each in told["cuts"]] == ["d"]
    assert list(told) == [
        *("environment", "release", "detections", "trial", "previous", "cuts", "starts", "form")
    ]
