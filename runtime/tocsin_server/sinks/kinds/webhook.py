"""Webhooks as Standard Webhooks has them: signed, with a time and an id."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Sequence

import orjson

from tocsin.errors import ConfigError
from tocsin_server.sinks.base import Message, SinkSetup
from tocsin_server.sinks.http import HttpPost
from tocsin_server.sinks.templates import link
from tocsin_server.web.values import iso

_PREFIX = "whsec_"
_SHORTEST, _LONGEST = 24, 64


class Webhook:
    """Posts findings as JSON. Of several secrets each signs: receivers change theirs in between."""

    def __init__(self, setup: SinkSetup) -> None:
        if setup.settings.template or setup.settings.options:
            raise ConfigError(f"sink {setup.name}: a webhook takes no `template` or `options`")
        self._keys = [_key(each, setup.name) for each in setup.secret.split()]
        if not self._keys:
            raise ConfigError(f"sink {setup.name}: a webhook needs a `secret`")
        self._post, self._console = HttpPost(setup), setup.console

    def send(self, message: Message) -> None:
        """Deliver it. Raises UndeliveredError."""
        data = {**message.finding, "url": link(self._console, message)}
        told = {"type": message.type, "timestamp": iso(message.time), "data": data}
        body = orjson.dumps(told)
        now = str(int(time.time()))
        headers = {
            "webhook-id": message.id,
            "webhook-timestamp": now,
            "webhook-signature": _signatures(self._keys, message.id, now, body),
        }
        self._post(body, headers)


def _key(secret: str, sink: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not secret.startswith(_PREFIX) or not _SHORTEST <= len(key) <= _LONGEST:
        hint = "make one: printf 'whsec_%s\\n' \"$(openssl rand -base64 32)\""
        raise ConfigError(f"sink {sink}: its secret must have the form whsec_…", hint=hint)
    return key


def _signatures(keys: Sequence[bytes], id_: str, now: str, body: bytes) -> str:
    signed = f"{id_}.{now}.".encode() + body
    made = (hmac.digest(key, signed, hashlib.sha256) for key in keys)
    return " ".join(f"v1,{base64.b64encode(each).decode()}" for each in made)
