"""Style sheet, scripts and icon, each under an address that changes with its bytes."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from fastapi import APIRouter, Response

from tocsin.canonical import digest_bytes
from tocsin_server.web.problem import missing

router = APIRouter()
_MEDIA = {
    "console.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "htmx.min.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_KEEP = {"Cache-Control": "public, max-age=31536000, immutable"}


@router.get("/assets/{digest}/{name}")
def asset(digest: str, name: str) -> Response:
    """A file; browsers keep it for good."""
    if name not in _MEDIA or digest != _digest(name):
        raise missing("file")
    return Response(_bytes(name), media_type=_MEDIA[name], headers=_KEEP)


def asset_path(name: str) -> str:
    """Where a file is, below the console."""
    return f"/assets/{_digest(name)}/{name}"


@lru_cache(maxsize=len(_MEDIA))
def _bytes(name: str) -> bytes:
    return files("tocsin_server.console").joinpath("assets", name).read_bytes()


@lru_cache(maxsize=len(_MEDIA))
def _digest(name: str) -> str:
    return digest_bytes(_bytes(name))[:16]
