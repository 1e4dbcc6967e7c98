"""Mail, by SMTP over TLS."""

from __future__ import annotations

import smtplib
import socket
import ssl
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from tocsin_server.sinks.base import Message, SinkSetup, UndeliveredError
from tocsin_server.sinks.egress import EgressError
from tocsin_server.sinks.endpoint import endpoint
from tocsin_server.sinks.options import read_options
from tocsin_server.sinks.templates import Template, plain

_SECONDS = 20.0
_LONGEST_SUBJECT = 200
_TEXT = """\
{{ finding.severity }}: {{ finding.title }}

environment: {{ finding.environment }}
detection:   {{ finding.detection }}
{% if finding.by %}values:      {{ finding.by }}
{% endif %}alerts:      {{ finding.count }}, from {{ finding.first }} to {{ finding.last }}
{% if url %}
{{ url }}
{% endif %}"""


def _mailbox(text: str) -> str:
    Address(addr_spec=text)  # raises ValueError
    return text


Mailbox = Annotated[str, Field(max_length=300), AfterValidator(_mailbox)]


class _Options(BaseModel):
    """Who writes to whom. `user`: to sign in as, with the sink's secret."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sender: Mailbox
    to: Annotated[tuple[Mailbox, ...], Field(min_length=1, max_length=50)]
    user: str = ""


class Email:
    """One mail for each message, with the message's id, so that repetitions can be told."""

    def __init__(self, setup: SinkSetup) -> None:
        self._options = read_options(setup, _Options)
        self._template = Template(setup, _TEXT, str)
        self._place = endpoint(setup, {"smtps": 465, "smtp": 587})
        self._egress, self._password = setup.egress, setup.secret
        self._trusted = ssl.create_default_context()

    def send(self, message: Message) -> None:
        """Deliver it. Raises UndeliveredError."""
        mail = self._mail(message)
        try:
            address = self._egress.address(self._place.host, self._place.port)
            with self._opened(address) as server:
                if self._options.user:
                    server.login(self._options.user, self._password)
                refused = server.send_message(mail)
        except (EgressError, smtplib.SMTPException, OSError) as error:
            raise UndeliveredError(str(error) or type(error).__name__) from None
        if refused:  # the others have it: it is not sent to all again
            raise UndeliveredError(f"refused for {', '.join(refused)}", final=True)

    def _opened(self, address: str) -> smtplib.SMTP:
        host, port = self._place.host, self._place.port
        if self._place.scheme == "smtps":
            return _OverTls(address, host, port, self._trusted)
        server = _Plain(address, host, port)
        if not self._place.is_here:
            self._secure(server)
        return server

    def _secure(self, server: smtplib.SMTP) -> None:
        try:
            server.starttls(context=self._trusted)
        except (smtplib.SMTPException, OSError):
            server.close()
            raise

    def _mail(self, message: Message) -> EmailMessage:
        mail, finding = EmailMessage(), message.finding
        mail["From"], mail["To"] = self._options.sender, ", ".join(self._options.to)
        subject = plain(f"[{finding['severity']}] {finding['title']}")
        mail["Subject"] = subject[:_LONGEST_SUBJECT]
        mail["Date"] = format_datetime(datetime.fromtimestamp(message.time / 1000, UTC))
        mail["Message-ID"] = f"<{message.id}@{self._options.sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(self._template.text(message))
        return mail


class _Plain(smtplib.SMTP):
    """Connects to the address that was looked at; certificates are those of the host's name."""

    def __init__(self, address: str, host: str, port: int) -> None:
        self._at = address
        super().__init__(host, port, timeout=_SECONDS)

    def _get_socket(self, _host: str, port: int, timeout: float) -> socket.socket:
        return socket.create_connection((self._at, port), timeout)


class _OverTls(smtplib.SMTP_SSL):
    """The same, over TLS from the beginning."""

    def __init__(self, address: str, host: str, port: int, trusted: ssl.SSLContext) -> None:
        self._at, self._trusted = address, trusted
        super().__init__(host, port, timeout=_SECONDS, context=trusted)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        bare = socket.create_connection((self._at, port), timeout)
        return self._trusted.wrap_socket(bare, server_hostname=host)
