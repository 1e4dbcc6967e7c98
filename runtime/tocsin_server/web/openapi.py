"""The description of the API: what every route may answer beside its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from tocsin import __version__
from tocsin_server.web.problem import MEDIA, Problem

_ABOUT = (
    "Alerts of detections, the findings that fold them, and what people make of these. Times are "
    "ISO 8601 in UTC. Lists come in pages: send `next` of a page as `cursor` for the one after it."
)
_ALWAYS = {
    "400": "Broken: no JSON, or a cursor of another list.",
    "401": "No token, or none that is valid.",
    "403": "The token's role does not suffice.",
    "413": "The body is too large.",
    "422": "A value has the wrong form.",
    "429": "Too many requests: `Retry-After` says when to ask again.",
    "503": "The database does not answer at the moment.",
}
_WITH_ID = {"404": "Nothing has this id."}
_CHANGES = {
    "409": "What is there does not allow it.",
    "412": "It has changed since it was read.",
    "428": "There is no If-Match.",
}
_UNUSED = ("HTTPValidationError", "ValidationError")
_REFERENCE = {"$ref": "#/components/schemas/Problem"}


def description(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """A function that makes the description once."""

    def made() -> dict[str, Any]:
        if not app.openapi_schema:
            app.openapi_schema = _made(app)
        return app.openapi_schema

    return made


def _made(app: FastAPI) -> dict[str, Any]:
    told = get_openapi(title="Tocsin", version=__version__, description=_ABOUT, routes=app.routes)
    for path, operations in told["paths"].items():
        for method, operation in operations.items():
            operation["responses"].update(_problems(path, method))
    schemas = told["components"]["schemas"]
    for name in _UNUSED:
        schemas.pop(name, None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem
    return told


def _problems(path: str, method: str) -> dict[str, Any]:
    said = {**_ALWAYS, **(_WITH_ID if "{" in path else {}), **(_CHANGES if method != "get" else {})}
    return {
        status: {"description": words, "content": {MEDIA: {"schema": _REFERENCE}}}
        for status, words in said.items()
    }
