"""A worker's health and metrics over HTTP, for service managers, Kubernetes and Prometheus."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from tocsin.errors import ConfigError
from tocsin_runtime.worker.metrics import WorkerMetrics
from tocsin_runtime.worker.service import Service

ALIVE_SECONDS = 60.0
"""A loop that has not gone round for so long hangs."""

Answer = tuple[int, str, bytes]
_TEXT = "text/plain; charset=utf-8"


class _OverIPv6(ThreadingHTTPServer):
    address_family = socket.AF_INET6


@contextmanager
def listening(service: Service, address: str) -> Iterator[None]:
    """Serve `/healthz`, `/readyz` and `/metrics` at `HOST:PORT` while the block runs.

    Nothing is served where the address is empty. Raises ConfigError for one that cannot be used.
    """
    if not address:
        yield
        return
    registry = CollectorRegistry()
    registry.register(WorkerMetrics(service))
    with _server(service, registry, address) as server:
        thread = Thread(target=server.serve_forever, args=(0.1,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def _server(service: Service, registry: CollectorRegistry, address: str) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, body = answer(service, registry, self.path)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - not ours to name
            """Say nothing."""

    host, _, port = address.rpartition(":")
    kind = _OverIPv6 if host.startswith("[") else ThreadingHTTPServer
    try:
        return kind((host.strip("[]"), int(port)), Handler)
    except (ValueError, OverflowError, OSError) as error:
        raise ConfigError(
            f"cannot listen at {address!r}: {error}", hint="give --listen HOST:PORT"
        ) from None


def answer(service: Service, registry: CollectorRegistry, path: str) -> Answer:
    """Status, content type and body of what is at a path."""
    if path == "/metrics":
        return 200, CONTENT_TYPE_LATEST, generate_latest(registry)
    if path == "/healthz":
        silent = time.monotonic() - service.polled_at
        alive = silent < ALIVE_SECONDS
        return _said("alive" if alive else f"no progress for {silent:.0f} s", well=alive)
    if path == "/readyz":
        told = service.plans.told()
        error = told["error"]
        return _said(f"release {told['release']}" + (f": {error}" if error else ""), well=not error)
    return 404, _TEXT, b"/healthz /readyz /metrics\n"


def _said(text: str, *, well: bool) -> Answer:
    return 200 if well else 503, _TEXT, f"{text}\n".encode()
