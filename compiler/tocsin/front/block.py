"""The `tocsin:` block of a rule, and its cases: shape checked by pydantic, places kept."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from tocsin.diagnostics import Diagnostic
from tocsin.front.yaml import Document, Path_
from tocsin.model.detection import Case, CaseEvent, Expect

_DURATION = re.compile(r"(-?[0-9]+)(ms|s|m|h|d|w)")
_MILLISECONDS = {
    "ms": 1,
    "s": 1000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
    "w": 604_800_000,
}


_LONGEST = 100 * 365 * _MILLISECONDS["d"]


def milliseconds(value: Any) -> int:
    """A duration such as `90s`, `10m`, `2h`, of 100 years at most; raises ValueError."""
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise ValueError("a duration is an integer and one of ms s m h d w, such as 10m")
    duration = int(found[1]) * _MILLISECONDS[found[2]]
    if abs(duration) > _LONGEST:
        raise ValueError("a duration is at most 100 years")
    return duration


Duration = Annotated[int, BeforeValidator(milliseconds)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Dedup(_Strict):
    """Thins repeated alerts: one per value of `by` in a stretch of time."""

    by: list[str]
    for_: Duration = Field(alias="for", gt=0)


class AlertSettings(_Strict):
    """What happens to an alert."""

    dedup: Dedup | None = None
    playbook: str = ""


class Promote(_Strict):
    """When a shadow version may go live."""

    after: Annotated[Duration, Field(ge=0)]
    max_alerts_per_day: float | None = None


class ExpectBlock(_Strict):
    """What a case must give."""

    alerts: Annotated[int, Field(ge=0)] | None = None
    events: list[Annotated[int, Field(ge=0)]] | None = None
    first: dict[str, Any] = Field(default_factory=dict)
    last: dict[str, Any] = Field(default_factory=dict)


class CaseBlock(_Strict):
    """A case as written: events are plain maps with the reserved keys `at` and `arrives`."""

    name: Annotated[str, Field(min_length=1)]
    events: Annotated[list[dict[str, Any]], Field(min_length=1)]
    expect: ExpectBlock


class CaseFile(_Strict):
    """A `<slug>.test.yml`; `base` is merged under every event."""

    base: dict[str, Any] = Field(default_factory=dict)
    cases: Annotated[list[CaseBlock], Field(min_length=1)]


class Block(_Strict):
    """The `tocsin:` block."""

    owner: str = ""
    controls: list[str] = Field(default_factory=list)
    source: str = ""
    deploy: dict[str, Literal["live", "shadow", "off", "keep", "replay", "reset"]] = Field(
        default_factory=dict
    )
    promote: Promote | None = None
    alert: AlertSettings | None = None
    tests: list[CaseBlock] = Field(default_factory=list)


def findings(
    error: ValidationError, document: Document, path: Path_, code: str
) -> list[Diagnostic]:
    """Errors of pydantic as findings at their places."""
    found = []
    for item in error.errors(include_url=False):
        where = tuple(part for part in item["loc"] if isinstance(part, str | int))
        unknown = item["type"] == "extra_forbidden"
        message = "unknown key" if unknown else item["msg"].removeprefix("Value error, ")
        name = ".".join(map(str, (*path, *where)))
        span = document.span((*path, *where), key=unknown)
        found.append(Diagnostic(code, f"{name}: {message}", span))
    return found


def read_cases(
    blocks: list[CaseBlock], base: dict[str, Any], document: Document, path: Path_
) -> tuple[list[Case], list[Diagnostic]]:
    """The cases with times in milliseconds and the base merged in."""
    cases: list[Case] = []
    wrong: list[Diagnostic] = []
    for n, block in enumerate(blocks):
        events = []
        for k, event in enumerate(block.events):
            try:
                events.append(_event(event, base))
            except ValueError as error:
                at = document.span((*path, n, "events", k))
                wrong.append(Diagnostic("TOC051", f"{block.name}: {error}", at))
        expect = block.expect
        if expect.alerts is None and expect.events is None:
            at = document.span((*path, n, "expect"))
            hint = "say `alerts: N` or `events: [n, …]`"
            wrong.append(Diagnostic("TOC051", f"{block.name}: expects nothing", at, hint=hint))
        numbers = None if expect.events is None else tuple(expect.events)
        wanted = Expect(expect.alerts, numbers, expect.first, expect.last)
        cases.append(Case(block.name, tuple(events), wanted, document.span((*path, n))))
    return cases, wrong


def _event(event: dict[str, Any], base: dict[str, Any]) -> CaseEvent:
    at = milliseconds(event.get("at", "0s"))
    arrives = milliseconds(event["arrives"]) if "arrives" in event else at
    body = {k: v for k, v in event.items() if k not in ("at", "arrives")}
    if set(body) == {"event"} and isinstance(body["event"], dict):
        body = body["event"]
    if arrives < at:
        raise ValueError("an event cannot arrive before it happens")
    return CaseEvent(at, arrives, _merge(base, body))


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        both = isinstance(below, dict) and isinstance(value, dict)
        merged[key] = _merge(below, value) if isinstance(below, dict) and both else value
    return merged
