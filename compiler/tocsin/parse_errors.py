"""What parsers complain of at length, in a line."""

from __future__ import annotations

from pydantic import ValidationError


def first_line(error: Exception) -> str:
    """The short form of a parser's long complaint."""
    if isinstance(error, ValidationError):
        problem = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, problem["loc"]))
        return f"{place}: {problem['msg']}" if place else problem["msg"]
    return str(error).splitlines()[0] if str(error) else type(error).__name__
