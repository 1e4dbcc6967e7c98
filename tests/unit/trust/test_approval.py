"""Approvals: for one plan, in the name of whom, signed by whose key."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from tocsin.trust.approval import KIND, Approval, read_approval
from tocsin.trust.dsse import Envelope
from tocsin.trust.keys import SigningKey
from tocsin.trust.trust_file import Trust, TrustedKey, UntrustedError

ADA, FORGE, CI = (SigningKey.new() for _ in range(3))
APPROVAL = Approval("shop", "prod", "d" * 64, "c" * 40, "ada-gh", "2026-06-01T00:00:00+00:00")


def trusted(key: SigningKey, role: str, person: str = "") -> TrustedKey:
    return TrustedKey.model_validate({"public": key.public.line, "roles": [role], "person": person})


TRUST = Trust(
    keys=(trusted(ADA, "approve", "Ada"), trusted(FORGE, "approve"), trusted(CI, "release")),
    people={"Ada": ("ada-gh",)},
)


def test_a_person_signs_for_herself_and_a_service_for_those_it_looked_up() -> None:
    assert read_approval(APPROVAL.signed(ADA), TRUST) == APPROVAL
    assert read_approval(APPROVAL.signed(FORGE), TRUST) == APPROVAL
    bob = replace(APPROVAL, reviewer="bob")
    with pytest.raises(UntrustedError, match="the trust file has no person bob"):
        read_approval(bob.signed(FORGE), TRUST)
    with pytest.raises(UntrustedError, match="signed for bob"):
        read_approval(bob.signed(ADA), TRUST)


def test_a_key_that_may_not_approve() -> None:
    with pytest.raises(UntrustedError, match="has the roles release, not approve"):
        read_approval(APPROVAL.signed(CI), TRUST)


@pytest.mark.parametrize(
    "change",
    [
        {"at": "soon"},
        {"at": "2026-06-01T00:00:00"},
        {"until": "2026-06-01T00:00:00"},
        {"plan": ""},
        {"reviewer": "x" * 1000},
        {"surprise": 1},
        {"base": None},
    ],
)
def test_what_is_no_approval(change: dict[str, object]) -> None:
    payload = json.dumps({**asdict(APPROVAL), **change}).encode()
    with pytest.raises(UntrustedError, match="it is not an approval"):
        read_approval(Envelope(KIND, payload).by(ADA).encode(), TRUST)


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", Envelope(KIND, b"[]").by(ADA).encode()])
def test_what_is_no_envelope(data: bytes) -> None:
    with pytest.raises(UntrustedError, match="it is not an approval"):
        read_approval(data, TRUST)
