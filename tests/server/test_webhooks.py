"""Webhooks arrive signed, nowhere but where they may go, and can be told from repetitions."""

import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from receiving import HERE, KEY, Receiver, message, opened, receiving
from tocsin.errors import ConfigError
from tocsin_server.sinks import http
from tocsin_server.sinks.base import UndeliveredError
from tocsin_server.sinks.egress import Egress


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def failure(receiver: Receiver, status: int, **headers: str) -> UndeliveredError:
    receiver.answers.append((status, {k.replace("_", "-"): v for k, v in headers.items()}))
    with pytest.raises(UndeliveredError) as found:
        opened("webhook", receiver.url, KEY).send(message())
    return found.value


def test_what_a_receiver_verifies(receiver: Receiver) -> None:
    """With the library that receivers use; of two secrets, either one is enough."""
    other = KEY.replace("c2Vj", "b2xk")
    opened("webhook", receiver.url, f"{other} {KEY}").send(message(title="\N{SNOWMAN}"))
    [(headers, body)] = receiver.got
    for secret in (KEY, other):
        told: Any = Webhook(secret).verify(body, headers)
        assert (told["type"], told["timestamp"]) == ("finding.opened", "2026-01-01T00:00:00.000Z")
        assert told["data"]["title"] == "\N{SNOWMAN}"
        assert told["data"]["url"] == f"https://tocsin.example/console/findings/{'f' * 32}"
    assert headers["host"] == f"127.0.0.1:{receiver.port}"


def test_what_a_receiver_refuses(receiver: Receiver) -> None:
    """Changed bodies, ids and secrets; an old one that comes again."""
    opened("webhook", receiver.url, KEY).send(message())
    [(headers, body)] = receiver.got
    old = str(int(headers["webhook-timestamp"]) - 3600)
    for given, changed in (
        (body.replace(b"high", b"low!"), {}),
        (body, {"webhook-id": "b" * 32}),
        (body, {"webhook-timestamp": old}),
        (body, {"webhook-signature": "v1,AAAA"}),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(KEY).verify(given, {**headers, **changed})
    with pytest.raises(WebhookVerificationError):
        Webhook(KEY.replace("c2Vj", "b2xk")).verify(body, headers)


def test_a_repetition_has_the_same_id(receiver: Receiver) -> None:
    sink = opened("webhook", receiver.url, KEY)
    sink.send(message())
    sink.send(message())
    assert {headers["webhook-id"] for headers, _ in receiver.got} == {"a" * 32}


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    with receiving() as inside:
        error = failure(receiver, 307, Location=inside.url)
        assert (error.reason, inside.got) == ("answered 307", [])


def test_a_receiver_that_wants_to_wait(receiver: Receiver) -> None:
    assert failure(receiver, 429, Retry_After="7").wait == 7
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=1000))
    assert 900 < failure(receiver, 503, Retry_After=later).wait <= 1000
    assert failure(receiver, 503, Retry_After="soon").wait == 0
    assert failure(receiver, 503, Retry_After="9" * 5000).wait < 1e10
    assert failure(receiver, 410).final
    assert not failure(receiver, 404).final


def test_a_receiver_that_answers_a_byte_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_SECONDS", 0.4)
    with socket.create_server(("127.0.0.1", 0)) as server:
        stopped = threading.Event()

        def drip() -> None:
            peer, _ = server.accept()
            with peer:
                while not stopped.wait(0.05):
                    peer.sendall(b"H")

        thread = threading.Thread(target=drip)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        with pytest.raises(UndeliveredError):
            opened("webhook", url, KEY).send(message())
        stopped.set()
        thread.join()


def test_nobody_there() -> None:
    with pytest.raises(UndeliveredError):
        opened("webhook", "http://127.0.0.1:1/", KEY).send(message())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the host hooks.test, by nobody that is known elsewhere."""
    file = tmp_path_factory.mktemp("tls") / "pair.pem"
    names = "subjectAltName=DNS:hooks.test"
    command = "openssl req -x509 -nodes -days 2 -newkey rsa:2048 -subj /CN=hooks.test"
    made = [*command.split(), "-addext", names, "-keyout", str(file), "-out", f"{file}.crt"]
    subprocess.run(made, check=True, capture_output=True)
    file.write_text(file.read_text() + Path(f"{file}.crt").read_text())
    return file


@pytest.mark.parametrize("name", ["hooks.test", "other.test"])
def test_the_certificate_is_that_of_the_name(
    certificate: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though the connection goes to the address that was looked at."""
    monkeypatch.setenv("SSL_CERT_FILE", f"{certificate}.crt")
    names: list[str | None] = []

    def asked(_: ssl.SSLObject | ssl.SSLSocket, name: str | None, __: Any) -> None:
        names.append(name)

    with receiving(certificate, asked) as receiver:
        egress = Egress((*HERE, name), lambda *_: ["127.0.0.1"])
        sink = opened("webhook", f"https://{name}:{receiver.port}/", KEY, egress=egress)
        if name == "hooks.test":
            sink.send(message())
            assert receiver.got[0][0]["host"] == f"hooks.test:{receiver.port}"
        else:
            with pytest.raises(UndeliveredError, match="CERTIFICATE_VERIFY_FAILED"):
                sink.send(message())
            assert receiver.got == []
    assert names == [name]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://hooks.test/", "may not connect to hooks.test:80"),
        ("https://hooks.test:8443/", "may not connect to hooks.test:8443"),
        ("https://[::1]/", "may not connect to ::1:443"),
        ("http://allowed.test/", "must begin with https://"),
        ("ftp://127.0.0.1/", "must begin with https:// or http://"),
        ("https://user@127.0.0.1/", "neither a user"),
        ("https://allowed.test\\@127.0.0.1/", "may not connect|neither a user|percent"),
        ("https://127.0.0.1/a b", "percent-encoded"),
        ("https://127.0.0.1:0/", "must have a host"),
        ("https://127.0.0.1:99999/", "must begin with"),
        ("https:///x", "must have a host"),
    ],
)
def test_addresses_that_are_refused_at_the_start(url: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        opened("webhook", url, KEY, egress=Egress((*HERE, "allowed.test")))


@pytest.mark.parametrize("secret", ["", "whsec_AAAA", "c2VjcmV0", "whsec_!" + "A" * 40])
def test_secrets_that_are_none(secret: str) -> None:
    with pytest.raises(ConfigError) as error:
        opened("webhook", "http://127.0.0.1/", secret)
    assert not secret or secret not in json.dumps(error.value.as_json())
