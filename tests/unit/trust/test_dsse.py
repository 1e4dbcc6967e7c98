"""Envelopes: the bytes of the specification, and what is no envelope."""

from __future__ import annotations

import json

import pytest

from tocsin.trust.dsse import Envelope, Signature
from tocsin.trust.keys import SigningKey

KEY = SigningKey.new()
ENVELOPE = Envelope("http://example.com/HelloWorld", b"hello world").by(KEY)


def test_what_is_signed_is_that_of_the_specification() -> None:
    assert ENVELOPE.signed == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert KEY.public.verifies(ENVELOPE.signatures[0].data, ENVELOPE.signed)


def test_there_and_back() -> None:
    told = json.loads(ENVELOPE.encode())
    assert told["payload"] == "aGVsbG8gd29ybGQ="
    assert told["payloadType"] == "http://example.com/HelloWorld"
    assert told["signatures"][0]["keyid"] == KEY.public.id
    assert Envelope.decode(ENVELOPE.encode()) == ENVELOPE


def test_beside_what_it_signs() -> None:
    data = ENVELOPE.encode(detached=True)
    assert "payload" not in json.loads(data)
    assert Envelope.decode(data, b"hello world") == ENVELOPE
    other = Envelope.decode(data, b"hello moon")
    assert not KEY.public.verifies(other.signatures[0].data, other.signed)


def test_a_payload_that_lies_at_two_places() -> None:
    with pytest.raises(ValueError, match="not where it must be"):
        Envelope.decode(ENVELOPE.encode(), b"hello moon")
    with pytest.raises(ValueError, match="not where it must be"):
        Envelope.decode(ENVELOPE.encode(detached=True))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b'{"payload": 1, "payloadType": "x", "signatures": []}',
        b'{"payload": "!", "payloadType": "x", "signatures": []}',
        b'{"payload": "", "payloadType": 1, "signatures": []}',
        b'{"payload": "", "payloadType": "x", "signatures": [1]}',
        b'{"payload": "", "payloadType": "x", "signatures": {"a": 1}}',
        b'{"payload": "", "payloadType": "x", "signatures": [{"keyid": 1, "sig": ""}]}',
        b"[" * 100_000,
        b"x" * 5_000_000,
        Envelope("x", b"", (Signature("k", b""),) * 17).encode(),
    ],
)
def test_what_is_no_envelope(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Envelope.decode(data)
