"""Ports for engines: those that are wanted, or free ones."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from tocsin.errors import EngineError
from tocsin_engines import ports


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody listens."""
    with closing(socket.create_server((ports.HOST, 0))) as server:
        yield server.getsockname()[1]


def test_any_ports_are_free_distinct_and_no_local_ports_of_clients() -> None:
    names = [f"engine {number}" for number in range(20)]
    found = ports.choose(names, {})
    assert list(found) == names
    assert len(set(found.values())) == len(names)
    assert all(20_000 <= port <= 32_000 for port in found.values())
    ports.check(found)


def test_wanted_ports_are_kept_and_given_to_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([21_000, 21_001, 21_000, 21_002, 21_001, 21_003])
    monkeypatch.setattr(ports.random, "randint", lambda *_: next(drawn))
    monkeypatch.setattr(ports, "_obstacle", lambda port: "in use" if port == 21_002 else "")
    wanted = {"kafka": 21_000, "another": 21_001}
    assert ports.choose(["flink", "kafka"], wanted) == {"kafka": 21_000, "flink": 21_003}


def test_where_no_port_is_free_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_obstacle", lambda _: "in use")
    with pytest.raises(EngineError, match="no free port between 20000 and 32000"):
        ports.choose(["kafka"], {})


def test_a_port_where_somebody_listens_is_refused(taken: int) -> None:
    with pytest.raises(EngineError, match=rf"port {taken} \(for kafka\): Address already in use"):
        ports.check({"kafka": taken})
    assert ports.answers(taken)


def test_a_port_that_was_left_is_free_and_does_not_answer(taken: int) -> None:
    [left] = ports.choose(["left"], {"other": taken}).values()
    with (
        closing(socket.create_server((ports.HOST, left))) as server,
        closing(socket.create_connection((ports.HOST, left))),
    ):
        server.accept()[0].close()
    assert not ports.answers(left)
    ports.check({"kafka": left})  # though a connection of it is not over yet


@pytest.mark.parametrize("port", [0, -1, 65_536])
def test_numbers_that_are_no_ports_are_refused(port: int) -> None:
    with pytest.raises(EngineError, match="ports are 1 to 65535") as caught:
        ports.check({"kafka": port})
    assert "leave out --port" in caught.value.hint


def test_one_port_for_two_is_refused() -> None:
    [port] = ports.choose(["any"], {}).values()
    with pytest.raises(EngineError, match=r"\(for flink\): kafka already uses it"):
        ports.check({"kafka": port, "flink": port})
