"""What lies beside `release.json` in a release of form 2, and the digests that it has of it."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.canonical import digest

CONTENT = "content/"
"""Above the project's files, by their path in the project."""
ARTIFACTS = "artifacts/"
PLAN = "plan.json"
ATTACK = "attack.json"
"""The data of ATT&CK that tags were read with."""


def content_digest(digests: Mapping[str, str]) -> str:
    """One digest of the project's files, of the digests of all files by path; empty for none."""
    content = {path: each for path, each in digests.items() if path.startswith(CONTENT)}
    return digest(content) if content else ""


def beside(digests: Mapping[str, str], *but: str) -> dict[str, str]:
    """The digests of what no other part of `release.json` answers for."""
    return {
        path: each
        for path, each in sorted(digests.items())
        if not path.startswith((CONTENT, ARTIFACTS)) and path not in (PLAN, *but)
    }
