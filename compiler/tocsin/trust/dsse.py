"""Signed bytes: DSSE envelopes (https://github.com/secure-systems-lab/dsse), version 1.

An envelope that lies beside what it signs leaves out `payload`: a release would be stored twice.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from typing import Any

from tocsin import gate
from tocsin.trust.keys import SigningKey

MAX_BYTES = 4 * gate.MIB
"""Of an envelope, with its payload."""
_MOST_SIGNATURES = 16


@dataclass(frozen=True, slots=True)
class Signature:
    """Made by the private half of the key with this id, as the envelope says."""

    key: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """Bytes, what they are, and who signed both."""

    kind: str
    payload: bytes
    signatures: tuple[Signature, ...] = ()

    @property
    def signed(self) -> bytes:
        """What signatures are of."""
        kind = self.kind.encode()
        return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(self.payload), self.payload)

    def by(self, key: SigningKey) -> Envelope:
        """The same with the signature of this key."""
        made = Signature(key.public.id, key.sign(self.signed))
        return replace(self, signatures=(*self.signatures, made))

    def encode(self, *, detached: bool = False) -> bytes:
        """One line of JSON; `detached`: without the payload, which lies beside it."""
        told: dict[str, Any] = {} if detached else {"payload": _text(self.payload)}
        told["payloadType"] = self.kind
        told["signatures"] = [{"keyid": s.key, "sig": _text(s.data)} for s in self.signatures]
        return json.dumps(told, separators=(",", ":")).encode() + b"\n"

    @classmethod
    def decode(cls, data: bytes, beside: bytes | None = None) -> Envelope:
        """The envelope in these bytes, of what lies `beside` it. Raises ValueError for damage."""
        if len(data) > MAX_BYTES:
            raise ValueError("it is too large for an envelope")
        told = gate.loads(data)
        try:
            if (beside is None) != ("payload" in told):
                raise ValueError("its payload is not where it must be")
            payload = beside if beside is not None else _bytes(told["payload"])
            given = [(each["keyid"], _bytes(each["sig"])) for each in told["signatures"]]
            kind = told["payloadType"]
        except (KeyError, TypeError, AttributeError):
            raise ValueError("it is not a DSSE envelope") from None
        if not all(isinstance(each, str) for each in (kind, *(key for key, _ in given))):
            raise ValueError("it is not a DSSE envelope")
        if len(given) > _MOST_SIGNATURES:
            raise ValueError("it has too many signatures")
        return cls(kind, payload, tuple(Signature(key, data) for key, data in given))


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
