"""The `tocsin:` block of a rule, and its cases: shape checked by pydantic, places kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)

from tocsin.diagnostics import Diagnostic, near
from tocsin.front.yaml import Path_, YamlDocument
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


MOST_VALUES = 200_000
"""Values in the events of a file's cases, `base` counted with each."""
_LONGEST = 100 * 365 * _MILLISECONDS["d"]


def milliseconds(value: Any) -> int:
    """A duration such as `90s`, `10m`, `2h`, of 100 years at most; raises ValueError."""
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise ValueError("a duration is an integer and a unit (ms, s, m, h, d or w), such as 10m")
    duration = int(found[1]) * _MILLISECONDS[found[2]]
    if abs(duration) > _LONGEST:
        raise ValueError("a duration is at most 100 years")
    return duration


_WRITTEN = {"type": "string", "pattern": rf"^{_DURATION.pattern}$"}
Duration = Annotated[int, BeforeValidator(milliseconds), WithJsonSchema(_WRITTEN)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DedupBlock(_Strict):
    """Which alerts are about the same: equal values of `by` in a stretch of time."""

    by: list[str]
    for_: Duration = Field(alias="for", gt=0)


class AlertSettings(_Strict):
    """What alerts say of themselves; workers carry it, and act on none of it."""

    dedup: DedupBlock | None = None
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
        default_factory=dict, max_length=1000
    )
    promote: Promote | None = None
    alert: AlertSettings | None = None
    tests: list[CaseBlock] = Field(default_factory=list)


def findings(
    error: ValidationError, document: YamlDocument, path: Path_, code: str, model: type[BaseModel]
) -> list[Diagnostic]:
    """Errors of pydantic on a model as findings at their places."""
    found = []
    for where, message, hint in complaints(error, model):
        name = ".".join(map(str, (*path, *where))) or "the file"
        span = document.span((*path, *where), key=message == _UNKNOWN)
        found.append(Diagnostic(code, f"{name}: {message}", span, hint=hint))
    return found


Complaint = tuple[Path_, str, str]
"""Where it is wrong, what is wrong, and a hint."""


def complaints(error: ValidationError, model: type[BaseModel]) -> Iterator[Complaint]:
    """What is wrong, in our words."""
    for item in error.errors(include_url=False):
        where = tuple(part for part in item["loc"] if isinstance(part, str | int))
        message = _MESSAGES.get(item["type"]) or item["msg"].removeprefix("Value error, ")
        message = message.replace("Input should be", "must be")
        yield where, message, _known_keys(model, where) if message == _UNKNOWN else ""


_UNKNOWN = "unknown key"
_MESSAGES = {
    "extra_forbidden": _UNKNOWN,
    "missing": "is missing",
    "model_type": "must be a map",
    "dict_type": "must be a map",
    "list_type": "must be a list",
    "string_type": "must be text",
}


def _known_keys(model: type[BaseModel], where: Path_) -> str:
    """What could stand in place of an unknown key, whose path is given from the model on."""
    models = [model]
    for part in where[:-1]:
        models = [m for each in models for m in _models(each, part)] or models
    keys = [f.alias or name for each in models for name, f in each.model_fields.items()]
    close = near(str(where[-1]), keys)
    return f"did you mean {close!r}?" if close else f"known keys: {', '.join(keys)}"


def _models(model: type[BaseModel], part: str | int) -> list[type[BaseModel]]:
    fields = {f.alias or name: f.annotation for name, f in model.model_fields.items()}
    open_types = [fields.get(str(part))]
    found: list[type[BaseModel]] = []
    while open_types:
        kind = open_types.pop()
        open_types += get_args(kind)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found.append(kind)
    return found


def read_cases(
    blocks: list[CaseBlock], base: dict[str, Any], document: YamlDocument, path: Path_
) -> tuple[list[Case], list[Diagnostic]]:
    """The cases with times in milliseconds and the base merged in."""
    cases: list[Case] = []
    wrong: list[Diagnostic] = []
    heavy = _heavy(blocks, base)
    if heavy is not None:
        span = document.span((*path, heavy))
        message = (
            f"{blocks[heavy].name}: with `base`, its events hold more than {MOST_VALUES} values"
        )
        return [], [Diagnostic("TOC051", message, span, hint="use fewer events, or a smaller base")]
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
            hint = "write `alerts: N` or `events: [n, …]`"
            wrong.append(
                Diagnostic(
                    "TOC051", f"{block.name}: `expect` says nothing of alerts", at, hint=hint
                )
            )
        numbers = None if expect.events is None else tuple(expect.events)
        wanted = Expect(expect.alerts, numbers, expect.first, expect.last)
        cases.append(Case(block.name, tuple(events), wanted, document.span((*path, n))))
    return cases, wrong


def _heavy(blocks: Sequence[CaseBlock], base: dict[str, Any]) -> int | None:
    """The number of the case at which the file's events, each with the base, get too many."""
    each, total = _values(base), 0
    for n, block in enumerate(blocks):
        total += sum(each + _values(event) for event in block.events)
        if total > MOST_VALUES:
            return n
    return None


def _values(value: Any) -> int:
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(_values, below))


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
