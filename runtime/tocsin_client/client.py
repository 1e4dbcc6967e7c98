"""The API of the server, for programs in Python."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Self, Unpack

import httpx

from tocsin_client.connection import Connection, Told, loaded, read
from tocsin_client.events import FindingEvent, follow
from tocsin_client.filters import (
    AlertFilter,
    ChangeFilter,
    DeliveryFilter,
    FindingFilter,
    SuppressionFilter,
    parameters,
)
from tocsin_client.models import (
    AlertView,
    ChangeView,
    CommentView,
    DeliveryView,
    DispositionWord,
    FindingView,
    HealthView,
    ListedPage,
    NoiseList,
    NoiseView,
    SinkList,
    SinkView,
    SuppressionView,
    UnreadableView,
)
from tocsin_client.problem import ChangedMeanwhileError

_PAGE = 500
_AWAY = 503


class Client:
    """One server, asked with a token. Lists are read a page at a time, as far as they are used.

    All methods raise ApiError for what the server refuses, and EngineError where it is away.
    """

    def __init__(
        self, address: str, token: str, *, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._connection = Connection(address, token, transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def health(self) -> HealthView:
        """Whether the server does its work, also where it does not."""
        return read(HealthView, loaded(self._connection.ask("GET", "/health", fine=(_AWAY,))))

    def findings(self, **asked: Unpack[FindingFilter]) -> Iterator[FindingView]:
        """Findings, those with the newest alert first."""
        return self._listed(FindingView, "/findings", asked)

    def finding(self, id_: str) -> FindingView:
        """A finding, with its ETag."""
        return _tagged(self._connection.ask("GET", f"/findings/{id_}"))

    def change(
        self,
        finding: FindingView,
        *,
        state: Literal["open", "closed"] | None = None,
        disposition: DispositionWord | None = None,
        assignee: str | None = None,
        comment: str = "",
    ) -> FindingView:
        """The finding, changed as asked; what is left out stays.

        Raises ChangedMeanwhileError if it is no longer the one that was read.
        """
        asked = {"state": state, "disposition": disposition, "assignee": assignee}
        body = {name: value for name, value in asked.items() if value is not None}
        body |= {"comment": comment} if comment else {}
        headers = {"If-Match": finding.etag or self._etag(finding)}
        path = f"/findings/{finding.id}"
        return _tagged(self._connection.ask("PATCH", path, body=body, headers=headers))

    def comments(self, finding: str) -> Iterator[CommentView]:
        """What was said of a finding, the newest first."""
        return self._listed(CommentView, f"/findings/{finding}/comments", {})

    def follow(self, last: str = "") -> Iterator[FindingEvent]:
        """Findings as they change, from now on or after the event `last`, for ever.

        The same revision may come more than once. A server that is away is asked again.
        """
        return follow(self._connection, last)

    def alerts(self, **asked: Unpack[AlertFilter]) -> Iterator[AlertView]:
        """Alerts, the newest first."""
        return self._listed(AlertView, "/alerts", asked)

    def alert(self, id_: str) -> AlertView:
        """An alert without its body."""
        return read(AlertView, loaded(self._connection.ask("GET", f"/alerts/{id_}")))

    def body(self, alert: str, *, form: Literal["cloudevent", "ocsf"] = "cloudevent") -> bytes:
        """The bytes of an alert as the server read them, or the OCSF Detection Finding in them."""
        path = f"/alerts/{alert}/body"
        return self._connection.ask("GET", path, params=parameters({"format": form})).content

    def unreadable(self) -> Iterator[UnreadableView]:
        """Records that came where alerts come from and are none, the newest first."""
        return self._listed(UnreadableView, "/unreadable", {})

    def unreadable_body(self, record: str) -> bytes:
        """The bytes of such a record."""
        return self._connection.ask("GET", f"/unreadable/{record}/body").content

    def noise(self, days: int = 30, environment: str = "") -> list[NoiseView]:
        """How much each detection says, the noisiest first."""
        params = parameters({"days": days, "environment": environment})
        found = loaded(self._connection.ask("GET", "/detections", params=params))
        return list(read(NoiseList, found).root)

    def suppressions(self, **asked: Unpack[SuppressionFilter]) -> Iterator[SuppressionView]:
        """Silences and exceptions, the newest first."""
        return self._listed(SuppressionView, "/suppressions", asked)

    def suppression(self, id_: str) -> SuppressionView:
        """A silence or an exception."""
        return read(SuppressionView, loaded(self._connection.ask("GET", f"/suppressions/{id_}")))

    def silence(
        self,
        reason: str,
        expires: datetime,
        *,
        detection: str = "",
        environment: str = "",
        fields: Mapping[str, Sequence[str]] | None = None,
    ) -> SuppressionView:
        """A new silence, for alerts that come from now on."""
        body = {"reason": reason, "expires": expires.isoformat(), "detection": detection}
        return self._made("silences", {**body, "environment": environment, "fields": fields or {}})

    def make_exception(  # noqa: PLR0913 - all that an exception has
        self,
        detection: str,
        condition: Mapping[str, Any],
        *,
        reason: str,
        owner: str,
        ticket: str,
        expires: datetime,
        environment: str = "",
    ) -> SuppressionView:
        """A new exception from a detection; `condition` is a `detection` block of Sigma."""
        body = {"detection": detection, "condition": condition, "environment": environment}
        said = {"reason": reason, "owner": owner, "ticket": ticket}
        return self._made("exceptions", {**body, **said, "expires": expires.isoformat()})

    def end_suppression(self, id_: str) -> SuppressionView:
        """Let a suppression take in no more alerts."""
        return self._made(f"{id_}/end", {})

    def changes(self, **asked: Unpack[ChangeFilter]) -> Iterator[ChangeView]:
        """The audit log, the newest change first."""
        return self._listed(ChangeView, "/audit", asked)

    def sinks(self) -> list[SinkView]:
        """Who is told of findings."""
        return list(read(SinkList, loaded(self._connection.ask("GET", "/sinks"))).root)

    def deliveries(self, **asked: Unpack[DeliveryFilter]) -> Iterator[DeliveryView]:
        """Messages to sinks, the newest first."""
        return self._listed(DeliveryView, "/deliveries", asked)

    def resend(self, delivery: str) -> DeliveryView:
        """Let a message be sent again, with the id that it has."""
        answer = self._connection.ask("POST", f"/deliveries/{delivery}/resend", body={})
        return read(DeliveryView, loaded(answer))

    def _listed(self, kind: type[Told], path: str, asked: Mapping[str, object]) -> Iterator[Told]:
        cursor: str | None = ""
        while cursor is not None:
            place = {"cursor": cursor} if cursor else {}
            params = parameters({**asked, "limit": _PAGE, **place})
            page = read(ListedPage, loaded(self._connection.ask("GET", path, params=params)))
            yield from (read(kind, each) for each in page.items)
            cursor = page.next

    def _made(self, path: str, body: Mapping[str, Any]) -> SuppressionView:
        answer = self._connection.ask("POST", f"/suppressions/{path}", body=body)
        return read(SuppressionView, loaded(answer))

    def _etag(self, finding: FindingView) -> str:
        """The ETag of a finding from a list, if the server still has just that revision."""
        now = self.finding(finding.id)
        if now.revision != finding.revision:
            detail = "it has changed: read it again"
            raise ChangedMeanwhileError(412, "changed-meanwhile", detail)
        return now.etag


def _tagged(answer: httpx.Response) -> FindingView:
    etag = answer.headers.get("etag", "")
    return read(FindingView, loaded(answer)).model_copy(update={"etag": etag})
