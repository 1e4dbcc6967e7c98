"""What a worker answers to those who ask how it is."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
from prometheus_client import CollectorRegistry

from tocsin.errors import ConfigError
from tocsin_engines.ports import choose
from tocsin_runtime.control.topic import topic_name
from tocsin_runtime.worker.health import ALIVE_SECONDS, answer, listening
from tocsin_runtime.worker.metrics import WorkerMetrics
from tocsin_runtime.worker.plans import Plans
from tocsin_runtime.worker.service import Service
from unit.tocsin_runtime.at_hand import RecordsAtHand, empty_release, writer_of


@pytest.fixture
def service() -> Service:
    plans = Plans(topic_name("shop", "broker"), writer_of)
    return Service("w", RecordsAtHand(empty_release(7)), plans, lambda _: None)


@pytest.fixture
def address() -> Iterator[str]:
    [port] = choose(["worker"], {}).values()
    return f"127.0.0.1:{port}"


def said(service: Service, path: str) -> tuple[int, str]:
    status, kind, body = answer(service, CollectorRegistry(), path)
    assert kind == "text/plain; charset=utf-8"
    return status, body.decode()


def test_a_loop_that_goes_round_is_alive(service: Service) -> None:
    assert said(service, "/healthz") == (200, "alive\n")
    service.polled_at = time.monotonic() - ALIVE_SECONDS - 1
    assert said(service, "/healthz") == (503, "no progress for 61 s\n")


def test_a_worker_is_ready_that_runs_what_was_released(service: Service) -> None:
    assert said(service, "/readyz") == (200, "release 7\n")
    service.plans.take({})
    status, text = said(service, "/readyz")
    assert status == 503
    assert text.startswith("release 7: nothing is deployed to broker")
    service.plans.take(empty_release(8))
    assert said(service, "/readyz") == (200, "release 8\n")


def test_figures_are_in_the_form_that_prometheus_reads(service: Service) -> None:
    registry = CollectorRegistry()
    registry.register(WorkerMetrics(service))
    status, kind, body = answer(service, registry, "/metrics")
    assert (status, kind.split(";")[0]) == (200, "text/plain")
    assert b"\ntocsin_release 7.0\n" in body


@pytest.mark.parametrize("path", ["/", "/healthz/", "/readyz?x", "/metrics/../x"])
def test_elsewhere_is_nothing(path: str, service: Service) -> None:
    assert said(service, path) == (404, "/healthz /readyz /metrics\n")


def _has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", ""])
def test_it_listens_while_the_block_runs(host: str, service: Service, address: str) -> None:
    if host == "[::1]" and not _has_ipv6():
        pytest.skip("this machine has no IPv6")
    port = address.rpartition(":")[2]
    url = f"http://{host or 'localhost'}:{port}/readyz"
    before = set(threading.enumerate())
    with listening(service, f"{host}:{port}"):
        [serving] = set(threading.enumerate()) - before
        told = httpx.get(url, trust_env=False)
        assert (told.status_code, told.text) == (200, "release 7\n")
        assert httpx.get(f"{url}/x", trust_env=False).status_code == 404
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)
    assert not serving.is_alive()


def test_nothing_is_served_without_an_address(service: Service) -> None:
    with listening(service, ""):
        assert service.plans.told()["release"] == 7


@pytest.mark.parametrize("wrong", ["host:port", "127.0.0.1:99999", "127.0.0.1:-1", "x y:1"])
def test_addresses_that_cannot_be_used_are_refused(wrong: str, service: Service) -> None:
    with pytest.raises(ConfigError, match="cannot listen at") as caught, listening(service, wrong):
        pass
    assert repr(wrong) in caught.value.message
    assert caught.value.hint == "give --listen HOST:PORT"


def test_an_address_where_somebody_listens_is_refused(service: Service, address: str) -> None:
    with (
        listening(service, address),
        pytest.raises(ConfigError, match="already in use"),
        listening(service, address),
    ):
        pass
