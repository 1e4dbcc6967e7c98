"""A receiver of webhooks on this machine, which notes what it gets and answers as it is told."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tocsin.secrets import Secret
from tocsin_server.sinks.base import Channel, Message, SinkSetup
from tocsin_server.sinks.egress import Egress
from tocsin_server.sinks.registry import channel
from tocsin_server.sinks.settings import SinkSettings
from tocsin_server.sinks.state import MessageType

KEY = "whsec_" + "c2VjcmV0IG9mIHRlc3RzLCBsb25nIGVub3VnaA=="
HERE = ("127.0.0.0/8",)


@dataclass
class Receiver:
    """What came: headers in lower case, and bodies. `answers` are used up, then it is 204."""

    port: int = 0
    answers: list[tuple[int, Mapping[str, str]]] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?x=1"


@contextmanager
def receiving(certificate: Path | None = None, on_name: Any = None) -> Iterator[Receiver]:
    """One that runs; over TLS with a certificate. `on_name` is told for which name one asks."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(length := int(self.headers["Content-Length"]))
            if len(body) < length:
                return  # whoever sent it was killed
            receiver.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
            status, headers = receiver.answers.pop(0) if receiver.answers else (204, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.port = server.server_address[1]
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            context.sni_callback = on_name
            server.socket = context.wrap_socket(server.socket, server_side=True)
            server.handle_error = lambda *_: None  # type: ignore[method-assign] # it is refused
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield receiver
        server.shutdown()
        thread.join()


def opened(
    kind: str, url: str, secret: str = "", *, egress: Egress | None = None, **more: Any
) -> Channel:
    """A sink of this kind."""
    console = more.pop("console", "https://tocsin.example")
    settings = SinkSettings(kind=kind, url=url, **more)
    allowed = egress or Egress(HERE)
    return channel(SinkSetup("s", settings, Secret(url, url), secret, allowed, console))


def message(**changed: Any) -> Message:
    """About a finding with these values."""
    finding = {
        "id": "f" * 32, "detection": "d1", "title": "Payout changed", "severity": "high",
        "environment": "prod", "key": "", "by": {"user": "ada"}, "count": 2,
        "first": "2026-01-01T00:00:00.000Z", "last": "2026-01-01T00:01:00.000Z",
    }  # fmt: skip
    return Message("a" * 32, MessageType.OPENED, 1_767_225_600_000, {**finding, **changed})
