"""Messages in a chat that takes what Slack's incoming webhooks take."""

from __future__ import annotations

import orjson

from tocsin.errors import ConfigError
from tocsin_server.sinks.base import Message, SinkSetup
from tocsin_server.sinks.http import HttpPost
from tocsin_server.sinks.templates import Template

_TEXT = (
    "*{{ finding.severity }}*: {{ finding.title }}"
    "{% if finding.by %} ({{ finding.by }}){% endif %}"
    " in {{ finding.environment }}, alerts: {{ finding.count }}"
    "{% if url %} <{{ url }}|open>{% endif %}"
)


class Slack:
    """One text for each message. The address is the secret."""

    def __init__(self, setup: SinkSetup) -> None:
        if setup.secret or setup.settings.options:
            raise ConfigError(f"sink {setup.name}: a chat takes neither `secret` nor `options`")
        self._template = Template(setup, _TEXT, _escaped)
        self._post = HttpPost(setup)

    def send(self, message: Message) -> None:
        """Deliver it. Raises UndeliveredError."""
        text = self._template.text(message)
        body = {"text": text, "unfurl_links": False, "unfurl_media": False}
        self._post(orjson.dumps(body), {})


def _escaped(text: str) -> str:
    """Without what makes links, and what calls everybody: `<!channel>`."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
