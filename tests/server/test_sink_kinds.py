"""Chat, mail and syslog: what events say is text in each of them, and templates only show it."""

import re
import socket
from collections.abc import Iterator, Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import orjson
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from receiving import message, opened, receiving
from tocsin.errors import ConfigError
from tocsin_server.sinks.base import UndeliveredError

EVIL = "<!channel> & <http://evil|x>\r\nBcc: a@evil\n{{ 7*7 }}\u202e*"
MAIL: Mapping[str, Any] = {"sender": "tocsin@example.com", "to": ["soc@example.com"]}


def slack_text(title: str, **more: Any) -> str:
    with receiving() as receiver:
        opened("slack", receiver.url, **more).send(message(title=title))
        told: Mapping[str, Any] = orjson.loads(receiver.got[0][1])
    assert told["unfurl_links"] is False
    return str(told["text"])


def test_chat() -> None:
    link = f"https://tocsin.example/console/findings/{'f' * 32}"
    assert slack_text("Payout changed") == (
        f"*high*: Payout changed (user: ada) in prod, alerts: 2 <{link}|open>"
    )
    text = slack_text(EVIL, console="")
    assert "&lt;!channel&gt; &amp; &lt;http://evil|x&gt;" in text
    assert "{{ 7*7 }}" in text
    assert "\n" not in text
    assert "<" not in text


def test_a_template_of_ones_own() -> None:
    template = (
        "{{ finding.title | upper }} {{ finding.by.user }}{{ finding.by.nothing.deep }}"
        "{% if finding.count > 1 and type == 'finding.opened' %} many{% endif %}"
    )
    assert slack_text("a<b", template=template) == "A&lt;B ada many"
    strange = {"keys": "k", "__class__": "c", "items": [1, None]}
    with receiving() as receiver:
        template = "{{ finding.by.keys }} {{ finding.by.__class__ }} {{ finding.by['items'] }}"
        opened("slack", receiver.url, template=template).send(message(by=strange))
        assert orjson.loads(receiver.got[0][1])["text"] == "k c 1, "


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__ }}{{ x }}", "{{ finding.__class__ }}", "{{ finding.title() }}",
        "{{ self }}", "{{ cycler.__init__.__globals__.os }}", "{{ 9 ** 9 }}", "{{ 'a' * 9 }}",
        "{% for a in finding.by %}a{% endfor %}", "{% set a = 1 %}", "{% include 'x' %}",
        "{% macro a() %}{% endmacro %}", "{{ url | map('upper') }}", "{{ url | pprint }}",
        "{{ range(9) }}", "{{ finding.titel }}", "{{ url ~ url }}", "{{ finding.title", "{% if %}",
        "{{ '%s' % 1 }}", "{{ [1] }}", "{{ url[0:1] }}", "{{ url | attr('x') }}",
    ],
)  # fmt: skip
def test_templates_that_do_more_than_show(template: str) -> None:
    with pytest.raises(ConfigError, match="sink s: template"):
        opened("slack", "http://127.0.0.1/", template=template)


class Mailbox:
    """What came by mail. `refuse`: this recipient is refused."""

    def __init__(self) -> None:
        self.got: list[EmailMessage] = []
        self.refuse = ""

    async def handle_RCPT(  # noqa: N802 - the library's name and form
        self, _: SMTP, __: Session, envelope: Envelope, address: str, *___: Any
    ) -> str:
        if address == self.refuse:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        self.got.append(message_from_bytes(content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    box = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, f"smtp://127.0.0.1:{port}"
    controller.stop()


def test_mail(mailbox: tuple[Mailbox, str]) -> None:
    box, url = mailbox
    opened("email", url, options=MAIL).send(message(title=EVIL))
    [mail] = box.got
    assert mail["Bcc"] is None
    assert "Bcc: a@evil" in mail["Subject"]
    assert (mail["From"], mail["To"]) == ("tocsin@example.com", "soc@example.com")
    assert mail["Message-ID"] == f"<{'a' * 32}@example.com>"
    lines = mail.get_content().splitlines()
    assert lines[0].startswith("high: <!channel>")
    assert "{{ 7*7 }}" in lines[0]
    assert "values:      user: ada" in lines


def test_mail_that_one_of_two_does_not_get(mailbox: tuple[Mailbox, str]) -> None:
    box, url = mailbox
    box.refuse = "b@example.com"
    with pytest.raises(UndeliveredError, match=re.escape("refused for b@example.com")) as error:
        opened("email", url, options={**MAIL, "to": ["a@example.com", box.refuse]}).send(message())
    assert error.value.final
    assert len(box.got) == 1


def test_mail_leaves_the_machine_only_over_tls(
    mailbox: tuple[Mailbox, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    box, url = mailbox
    sink = opened("email", url, options=MAIL)
    monkeypatch.setattr("tocsin_server.sinks.endpoint.Endpoint.is_here", False)
    with pytest.raises(UndeliveredError, match="STARTTLS"):
        sink.send(message())
    assert box.got == []


@pytest.mark.parametrize(
    ("kind", "url", "more", "said"),
    [
        ("email", "smtp://127.0.0.1", {}, "options: sender: Field required; to: Field required"),
        ("email", "smtp://127.0.0.1", {"options": {**MAIL, "to": ["a\nb"]}}, "options: to.0"),
        ("email", "smtp://127.0.0.1", {"options": {**MAIL, "bcc": "x"}}, "options: bcc"),
        ("email", "smtps://mail.test", {"options": MAIL}, "may not connect to mail.test:465"),
        ("syslog", "udp://127.0.0.1", {"options": {"facility": 24}}, "options: facility"),
        ("syslog", "udp://127.0.0.1", {"secret": "x"}, "syslog takes no `secret`"),
        ("syslog", "tls://siem.test", {}, "may not connect to siem.test:6514"),
        ("slack", "http://127.0.0.1", {"secret": "x"}, "a chat takes neither"),
        ("webhook", "http://127.0.0.1", {"template": "x"}, "no `template` or `options`"),
        ("pager", "http://127.0.0.1", {}, "unknown kind 'pager'"),
    ],
)
def test_settings_that_are_wrong(kind: str, url: str, more: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)):
        opened(kind, url, **more)


LINE = re.compile(
    r"<35>1 (\S+) (\S+) tocsin - finding\.opened \[tocsin@32473 (.*?)(?<!\\)\] \ufeff(.*)"
)
PAIR = re.compile(r'(\w+)="((?:[^"\\\]]|\\["\\\]])*)"')


def read(line: bytes) -> tuple[dict[str, str], str]:
    found = LINE.fullmatch(line.decode())
    assert found, line
    pairs = {name: re.sub(r"\\(.)", r"\1", value) for name, value in PAIR.findall(found[3])}
    return pairs, found[4]


def test_syslog_in_a_datagram() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        opened("syslog", f"udp://127.0.0.1:{server.getsockname()[1]}").send(
            message(title=EVIL, environment='a"] \\ <0>\n')
        )
        pairs, text = read(server.recv(65536))
    assert pairs["environment"] == 'a"] \\ <0> '
    assert (pairs["id"], pairs["finding"], pairs["count"]) == ("a" * 32, "f" * 32, "2")
    assert text.startswith("high: <!channel> & <http://evil|x>  Bcc: a@evil {{ 7*7 }} *")


def test_syslog_in_a_stream() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        sink = opened("syslog", f"tcp://127.0.0.1:{server.getsockname()[1]}", console="")
        sink.send(message(title="\N{SNOWMAN}"))
        peer, _ = server.accept()
        with peer, peer.makefile("rb") as stream:
            frame = stream.read()
    length, _, line = frame.partition(b" ")
    assert int(length) == len(line)
    assert read(line)[1] == "high: \N{SNOWMAN} (user: ada), alerts: 2"


def test_nobody_at_the_other_end() -> None:
    for kind, url, more in (
        ("syslog", "tcp://127.0.0.1:1", {}),
        ("email", "smtp://127.0.0.1:1", {"options": MAIL}),
    ):
        with pytest.raises(UndeliveredError):
            opened(kind, url, **more).send(message())
