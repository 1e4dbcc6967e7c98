"""Errors outside of Tocsin. A user's mistake in a file is a Diagnostic, not an exception."""

from os import PathLike
from typing import Any, ClassVar

from tocsin.secrets import scrub


class TocsinError(Exception):
    """Something outside went wrong: shown as one message and a hint, never as a stack trace.

    Exit codes: 1 findings, 2 usage or configuration, 3 our bug, 130 interrupted. `code` is what
    programs tell errors apart by. `refuses`: it keeps a deployment from being done, which the
    ledger records.
    """

    code: ClassVar[str] = "error"
    refuses: ClassVar[bool] = False

    def __init__(self, message: str, *, hint: str = "", exit_code: int = 2) -> None:
        super().__init__(scrub(message))
        self.message = scrub(message)
        self.hint = scrub(hint)
        self.exit_code = exit_code

    def as_json(self) -> dict[str, Any]:
        """What the command line says of it in JSON."""
        return {"code": self.code, "message": self.message, "hint": self.hint}


class ConfigError(TocsinError):
    """The project's settings or the command's arguments are wrong; where, if a file says it."""

    code = "config"

    def __init__(  # noqa: PLR0913 - what is said, and where
        self,
        message: str,
        *,
        hint: str = "",
        exit_code: int = 2,
        file: str | PathLike[str] = "",
        line: int = 0,
        column: int = 0,
    ) -> None:
        super().__init__(message, hint=hint, exit_code=exit_code)
        self.place = {"file": str(file), "line": line, "column": column}

    def as_json(self) -> dict[str, Any]:
        """With what is known of the place."""
        known = {key: value for key, value in self.place.items() if value}
        return {**super().as_json(), **known}


class EngineError(TocsinError):
    """A real engine is missing, unreachable or refused a request."""

    code = "engine"


class LedgerError(TocsinError):
    """The ledger of an environment is missing, damaged or locked by someone else."""

    code = "ledger"


class BusyError(LedgerError):
    """Somebody else is at it."""

    code = "busy"
    refuses = True


class ProblemsError(LedgerError):
    """A plan has problems, and is not applied."""

    code = "problems"
    refuses = True


class StaleError(LedgerError):
    """Something has changed since the plan was made: plan again."""

    code = "stale"
    refuses = True

    def __init__(self, message: str, *, hint: str = "plan again") -> None:
        super().__init__(message, hint=hint, exit_code=1)


class DeclinedError(TocsinError):
    """Someone was asked, and does not want it done."""

    code = "declined"


class Unsupported(Exception):  # noqa: N818 - reads as the verdict it is
    """A backend refuses a detection, before any text is made.

    `node` is the IR node's type name, `reason` a stable code in kebab case.
    """

    def __init__(self, node: str, reason: str, detail: str = "") -> None:
        super().__init__(f"{node}: {reason}" + (f" ({detail})" if detail else ""))
        self.node = node
        self.reason = reason
        self.detail = detail
