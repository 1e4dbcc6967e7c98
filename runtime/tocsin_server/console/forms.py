"""What forms of a finding say, as the services take it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tocsin_server.alerts.models import AlertFinding
from tocsin_server.alerts.state import Disposition, FindingState
from tocsin_server.console.visitor import Posted
from tocsin_server.dispositions.schemas import Triage
from tocsin_server.suppressions.rules import ExceptionRules
from tocsin_server.suppressions.schemas import ExceptionAsked, SilenceAsked
from tocsin_server.web.problem import Fault, ProblemError

HOURS = {"1": "1 hour", "8": "8 hours", "24": "1 day", "168": "7 days", "720": "30 days"}
DAYS = {"7": "7 days", "30": "30 days", "90": "90 days", "366": "a year"}


def triage(posted: Posted, state: FindingState) -> Triage:
    """A disposition. Its box closes the finding, and opens it again."""
    asked: dict[str, Any] = {"comment": posted.one("comment").strip()}
    if "disposition" in posted.fields:
        asked["disposition"] = Disposition(_one_of(posted, "disposition", list(Disposition)))
    if posted.one("close"):
        asked["state"] = FindingState.CLOSED
    elif state is FindingState.CLOSED:
        asked["state"] = FindingState.OPEN
    return Triage.model_validate(asked)


def silence(posted: Posted, finding: AlertFinding) -> SilenceAsked:
    """A silence on what the finding's alerts have in common, as far as its boxes are ticked."""
    ticked = posted.fields.get("field", ())
    common = {name: values(value) for name, value in finding.by.items() if name in ticked}
    hours = int(_one_of(posted, "hours", HOURS))
    asked = {
        "detection": finding.detection if posted.one("detection") else "",
        "environment": finding.environment,
        "fields": {name: given for name, given in common.items() if given},
        "reason": posted.one("reason").strip(),
        "expires": datetime.now(UTC) + timedelta(hours=hours),
    }
    return SilenceAsked.model_validate(asked)


def exception(
    posted: Posted, finding: AlertFinding, rules: ExceptionRules | None
) -> ExceptionAsked:
    """An exception from the finding's detection. Raises RefusedError for what is no YAML."""
    if rules is None:
        detail = "this server has no detections at hand, to test the exception on their cases"
        raise ProblemError(409, "no-detections", detail)
    days = int(_one_of(posted, "days", DAYS))
    asked = {
        "detection": finding.detection,
        "environment": finding.environment,
        "condition": rules.section(posted.one("condition")),
        **{name: posted.one(name).strip() for name in ("reason", "owner", "ticket")},
        "expires": datetime.now(UTC) + timedelta(days=days),
    }
    return ExceptionAsked.model_validate(asked)


def values(value: object) -> list[str]:
    """The texts of a value that a finding is grouped by."""
    if isinstance(value, list):
        return [each for each in value if isinstance(each, str)]
    return [value] if isinstance(value, str) else []


def _one_of(posted: Posted, name: str, known: Any) -> str:
    given = posted.one(name)
    if given not in known:
        fault = Fault(place=name, message=f"{name}: none of those that the form has")
        raise ProblemError(422, "invalid", "the form has a wrong value", errors=[fault])
    return given
