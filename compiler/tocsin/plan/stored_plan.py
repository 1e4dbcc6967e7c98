"""A plan as a release stores it, read quickly: ledgers have hundreds of large ones."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import orjson

from tocsin import gate
from tocsin.canonical import digest_bytes, plain_bytes
from tocsin.plan.steps import PLAN, Plan
from tocsin.release.entry import Action

_NO_MAKING = {"source": {"commit": "", "dirty": False}, "tools": {}, "warnings": []}
_NOTHING_FOUND = {"live": "", "packs": [], "problems": []}
_PLANNED = {"action": str(Action.UNCHANGED), "isolated": False}
_MUTING = ("mute", "unmute")


class StoredPlan:
    """Its names are those of the text that is stored, whatever fields plans have today."""

    def __init__(self, data: bytes) -> None:
        """Read it. Raises ValueError, TypeError or ValidationError for what is no plan."""
        quick = _canonical(data)
        self._quick = quick is not None
        self._told: dict[str, Any] = quick or gate.loads(data)
        self.asked: Plan = PLAN.validate_python(self._told | {"result": ()})
        """What policies ask about: the plan without its result."""

    @property
    def project(self) -> str:
        """Its project."""
        return self.asked.project

    @property
    def environment(self) -> str:
        """Its environment."""
        return self.asked.environment

    @property
    def base(self) -> str:
        """The commit of the release that it starts from."""
        return self.asked.base

    @cached_property
    def identity(self) -> str:
        """As that of the plan."""
        return self._digest(self._told | _NO_MAKING)

    @cached_property
    def intended(self) -> str:
        """As that of the plan."""
        muting = [_muting(step) for step in self._told["steps"] if step["kind"] in _MUTING]
        entries = [_planned(entry) for entry in self._told["result"]]
        own = {"steps": muting, "result": entries}
        return self._digest(["intended", self._told | _NO_MAKING | _NOTHING_FOUND | own])

    def _digest(self, value: Any) -> str:
        if self._quick:
            return digest_bytes(orjson.dumps(value, option=orjson.OPT_SORT_KEYS))
        return digest_bytes(plain_bytes(value))


def _canonical(data: bytes) -> dict[str, Any] | None:
    """What is in it, if orjson, several times as fast, writes that as we do."""
    try:
        told: dict[str, Any] = orjson.loads(data)
        return told if orjson.dumps(told, option=orjson.OPT_SORT_KEYS) == data else None
    except (orjson.JSONDecodeError, TypeError):
        return None


def _muting(step: dict[str, Any]) -> dict[str, Any]:
    return step | {"after": _planned(step["after"])}


def _planned(entry: dict[str, Any]) -> dict[str, Any]:
    return entry | _PLANNED
