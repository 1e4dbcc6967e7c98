"""What the server refuses, as an error."""

from __future__ import annotations

import httpx

from tocsin.errors import EngineError

_LONGEST_WAIT = 60.0


class ApiError(EngineError):
    """The server answered with a problem. `problem` is what programs tell problems apart by.

    `wrong`: each value that is wrong, and why. `after`: seconds until it may be asked again.
    """

    code = "api"

    def __init__(
        self,
        status: int,
        problem: str,
        detail: str,
        *,
        wrong: dict[str, str] | None = None,
        after: float | None = None,
    ) -> None:
        self.status, self.problem, self.wrong, self.after = status, problem, wrong or {}, after
        said = "".join(f"; {place}: {why}" for place, why in self.wrong.items())
        super().__init__(f"the server answers {status} {problem}: {detail}{said}")

    @property
    def passes(self) -> bool:
        """Whether the same request may be answered later."""
        return self.status in (429, 503)


class ChangedMeanwhileError(ApiError):
    """What was to be changed is no longer what was read: read it again."""

    code = "changed-meanwhile"


def error_of(answer: httpx.Response) -> ApiError:
    """The problem in an answer; also of a proxy in between, which speaks of none."""
    kind = (
        ChangedMeanwhileError if answer.status_code == httpx.codes.PRECONDITION_FAILED else ApiError
    )
    after = answer.headers.get("retry-after", "")
    told = _told(answer)
    return kind(
        answer.status_code,
        str(told.get("code") or "unknown"),
        str(told.get("detail") or answer.reason_phrase),
        wrong=_wrong(told.get("errors")),
        after=min(float(after), _LONGEST_WAIT) if after.isdecimal() else None,
    )


def _told(answer: httpx.Response) -> dict[str, object]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _wrong(errors: object) -> dict[str, str]:
    faults = errors if isinstance(errors, list) else []
    return {
        str(each.get("place")): str(each.get("message"))
        for each in faults
        if isinstance(each, dict)
    }
