"""Which findings a queue has: the filter as it stands in the address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, cast
from urllib.parse import parse_qsl, urlencode

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from tocsin_server.alerts.schemas import FindingQuery
from tocsin_server.alerts.state import AlertSeverity, Disposition, FindingState
from tocsin_server.auth.role import Actor
from tocsin_server.database import now_ms
from tocsin_server.web.values import AskedMoment, Line, iso

ANY, ME, NOBODY, NONE = "any", "me", "nobody", "none"
WITHIN = {"1h": 3_600_000, "24h": 86_400_000, "7d": 7 * 86_400_000, "30d": 30 * 86_400_000}
_SEVERAL = ("level",)
_MOST_TEXT = 2000


def _within(text: str) -> str:
    if text and text not in WITHIN:
        raise ValueError("it is none of " + ", ".join(WITHIN))
    return text


class Chosen(BaseModel):
    """A filter. `since` is when `within` began, from the second page of the queue on."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    state: FindingState | Literal["any"] = FindingState.OPEN
    level: Annotated[tuple[AlertSeverity, ...], Field(max_length=len(AlertSeverity))] = ()
    disposition: Literal["", "none", "true_positive", "benign", "false_positive"] = ""
    assignee: Line = ""
    detection: Line = ""
    text: Line = ""
    within: Annotated[str, AfterValidator(_within)] = ""
    since: AskedMoment | None = None
    cursor: Annotated[str, Field(max_length=400)] = ""

    def findings(self, actor: Actor, limit: int) -> FindingQuery:
        """The same as a question to the store."""
        asked: dict[str, Any] = {
            "state": () if self.state == ANY else (self.state,),
            "severity": self.level,
            "disposition": _disposition(self.disposition),
            "assignee": _assignee(self.assignee, actor),
            "detection": (self.detection,) if self.detection else (),
            "title": self.text,
            "since": self._since(),
            "cursor": self.cursor,
            "limit": limit,
        }
        return FindingQuery.model_validate(asked)

    def _since(self) -> str | AskedMoment | None:
        if self.since or not self.within:
            return self.since
        return iso(max(0, now_ms() - WITHIN[self.within]))

    def address(self, **changed: Any) -> str:
        """The filter as it stands in an address, with these values changed."""
        told = self.model_dump(mode="json", exclude={"cursor", "since"}, exclude_defaults=True)
        pairs = {**told, **changed}
        return urlencode({name: value for name, value in pairs.items() if value}, doseq=True)


def chosen(pairs: Sequence[tuple[str, str]]) -> Chosen:
    """The filter in an address. Raises ValidationError for a value that none can have."""
    given = [(name, value) for name, value in pairs if value]
    told: dict[str, Any] = dict(given)
    for name in _SEVERAL:
        told[name] = tuple(dict.fromkeys(value for key, value in given if key == name))
    return Chosen.model_validate(told)


def chosen_text(text: str) -> Chosen | None:
    """The filter in the text of an address; None where it is none."""
    try:
        return chosen(parse_qsl(text[:_MOST_TEXT]))
    except (ValidationError, ValueError):
        return None


def _disposition(asked: str) -> tuple[Disposition, ...]:
    return (Disposition("" if asked == NONE else asked),) if asked else ()


def _assignee(asked: str, actor: Actor) -> tuple[str, ...]:
    special = {ME: actor.name, NOBODY: ""}
    return cast("tuple[str, ...]", (special.get(asked, asked),)) if asked else ()
